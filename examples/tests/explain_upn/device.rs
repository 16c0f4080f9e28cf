//! The device: how it is joined, its policies, its Windows build.

use std::path::Path;

use crate::program::{Certificates, PRINCIPAL, code, explain, json, message};

#[test]
fn the_join_state_comes_from_dsregcmd_in_any_encoding() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let status = |entra, domain| {
        format!("AzureAdJoined : {entra}\r\nEnterpriseJoined : NO\r\nDomainJoined : {domain}\r\n")
    };
    let utf16 = |text: &str| {
        format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    for (file, arguments, upn) in [
        (status("YES", "NO").into_bytes(), vec![], "bob@contoso.com"),
        (
            utf16(&status("YES", "YES")),
            vec!["--ad-upn", "bob@corp.local"],
            "bob@corp.local",
        ),
    ] {
        let file = certificates.file("status.txt", file);
        let arguments = [&["--dsregcmd", file.to_str().unwrap(), "--json"][..], &arguments].concat();
        assert_eq!(json(&explain(&card, &arguments))["upn"], upn);
    }
    for (text, says) in [
        (status("NO", "YES"), "the device is domain joined"),
        (status("NO", "NO"), "the device is not joined"),
        (
            "nothing of the kind".into(),
            "does not say how the device is joined",
        ),
    ] {
        let file = certificates.file("status.txt", text);
        let output = explain(&card, &["--dsregcmd", file.to_str().unwrap()]);
        assert_eq!(code(&output), 2);
        assert!(message(&output).contains(says), "{}", message(&output));
    }
    assert_eq!(code(&explain(&card, &["--dsregcmd", "/no/such/file"])), 2);
    assert_eq!(code(&explain(&card, &["--dsregcmd", "x", "--join", "entra"])), 2);
}

#[test]
fn the_name_that_windows_sent_last_is_compared() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    for (sent, says) in [
        ("BOB@contoso.com", "sent the same name (BOB@contoso.com)"),
        ("x@y", "sent another name (x@y)"),
    ] {
        let status = format!(
            "AzureAdJoined : YES\nDomainJoined : NO\nAzureAdPrt : NO\nAcquirePrtDiagnostics : PRESENT\n\
             Attempt Status : 0xc000005f\nUser Identity : {sent}\n"
        );
        let status = certificates.file("status.txt", status);
        let output = explain(&card, &["--dsregcmd", status.to_str().unwrap()]);
        assert!(message(&output).contains(says), "{}", message(&output));
        assert!(message(&output).contains("0xc000005f (STATUS_NO_SUCH_LOGON_SESSION)"));
        let redacted = explain(&card, &["--dsregcmd", status.to_str().unwrap(), "--redact"]);
        assert!(!message(&redacted).contains(sent), "{}", message(&redacted));
    }
}

#[test]
fn a_policy_decides_about_the_hint_field_and_the_tile() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let policy = |hints: u8| {
        let text = format!(
            "Windows Registry Editor Version 5.00\r\n\r\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
             \"X509HintsNeeded\"=dword:0000000{hints}\r\n"
        );
        certificates.file(&format!("policy-{hints}.reg"), text)
    };
    let (off, on) = (policy(0), policy(1));
    let hinted = |policy: &Path, extra: &[&str]| {
        let arguments = [
            "--join",
            "entra",
            "--hint",
            "me@contoso.com",
            "--policy",
            policy.to_str().unwrap(),
        ];
        explain(&card, &[&arguments[..], extra].concat())
    };
    let with = json(&hinted(&on, &["--json"]));
    assert_eq!(
        (with["upn"].as_str(), with["source"].as_str()),
        (Some("me@contoso.com"), Some("hint"))
    );
    // A certificate on P-256 without a purpose, which Windows shows only by policy.
    assert_eq!(with["eligibility"]["offered"], false);
    assert!(with["eligibility"]["reason"].is_string() && with["eligibility"]["shown_with"].is_array());
    let without = hinted(&off, &["--json"]);
    assert_eq!(json(&without)["upn"], "bob@contoso.com");
    assert!(message(&without).contains("without X509HintsNeeded"));
    let text = String::from_utf8(hinted(&on, &[]).stdout).unwrap();
    assert!(text.contains("\nnot offered: "), "{text}");
}

#[test]
fn a_policy_in_json_shows_the_tile_and_a_broken_one_is_refused() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let open = r#"{"EnumerateECCCerts": true, "AllowCertificatesWithNoEKU": true}"#;
    let open = certificates.file("policy.json", open);
    let arguments = ["--join", "entra", "--policy", open.to_str().unwrap()];
    let text = String::from_utf8(explain(&card, &arguments).stdout).unwrap();
    assert!(
        text.contains("\noffered: Windows shows a tile for this certificate, "),
        "{text}"
    );
    let redacted = explain(&card, &[&arguments[..], &["--redact"]].concat());
    assert!(!String::from_utf8(redacted.stdout).unwrap().contains("contoso"));

    for (name, content) in [
        ("policy.txt", "no policy at all"),
        ("broken.json", "{\"EnumerateECCCerts\": 7"),
    ] {
        let broken = certificates.file(name, content);
        let output = explain(&card, &["--join", "entra", "--policy", broken.to_str().unwrap()]);
        assert_eq!(code(&output), 2);
        assert!(message(&output).contains("cannot be read as a policy"));
    }
}

#[test]
fn a_windows_build_is_checked_in_addition_to_the_decision() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let output = explain(&card, &["--join", "entra", "--windows-build", "10.0.22000.918"]);
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("Windows 22000.918: requires KB5017383")
    );
    assert_eq!(
        code(&explain(&card, &["--join", "entra", "--windows-build", "11"])),
        2
    );
}

/// The buffer `UPN_DNS_INFO` ([MS-PAC] 2.10) for this UPN and these flags.
fn upn_dns_info(upn: &str, flags: u8) -> Vec<u8> {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let (upn, domain) = (utf16(upn), utf16("CORP.LOCAL"));
    let (upn_length, domain_length) = (
        u8::try_from(upn.len()).unwrap(),
        u8::try_from(domain.len()).unwrap(),
    );
    let header = [
        upn_length,
        0,
        16,
        0,
        domain_length,
        0,
        16 + upn_length,
        0,
        flags,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    [&header[..], &upn, &domain].concat()
}

#[test]
fn the_upn_can_come_from_the_pac() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let file = certificates.file("info", "");
    for (flags, implicit) in [(0, &[][..]), (1, &["--implicit"])] {
        std::fs::write(&file, upn_dns_info("bob@corp.local", flags)).unwrap();
        let from_pac = [
            "--join",
            "hybrid",
            "--upn-dns-info",
            file.to_str().unwrap(),
            "--json",
        ];
        let typed = [
            &["--join", "hybrid", "--ad-upn", "bob@corp.local", "--json"][..],
            implicit,
        ]
        .concat();
        let (from_pac, typed) = (explain(&card, &from_pac), explain(&card, &typed));
        assert_eq!(code(&from_pac), 0, "{}", message(&from_pac));
        assert_eq!(from_pac.stdout, typed.stdout);
    }
    for damaged in [
        &b""[..],
        b"PAC",
        &upn_dns_info("bob", 0),
        &upn_dns_info("bob@corp.local", 0)[..20],
    ] {
        std::fs::write(&file, damaged).unwrap();
        let output = explain(
            &card,
            &["--join", "hybrid", "--upn-dns-info", file.to_str().unwrap()],
        );
        assert_eq!(code(&output), 2, "{damaged:?}");
    }
}
