//! `eligible`.

use crate::programs::{ELIGIBLE, Files, code, err, json, out};

/// Seconds in June 2025, when both certificates are valid or made so.
const AT: &str = "1750000000";

#[test]
fn eligible_shows_tiles_and_why_others_are_hidden() {
    let files = Files::new();
    files.add(
        "policy.reg",
        "Windows Registry Editor Version 5.00\r\n\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
         \"AllowCertificatesWithNoEKU\"=dword:00000001\r\n\"EnumerateECCCerts\"=dword:00000001\r\n\"Typo\"=dword:1\r\n",
    );
    let hidden = files.run(ELIGIBLE, &["microsoft.der", "--at", AT], b"");
    assert_eq!(code(&hidden), 1, "{}", err(&hidden));
    assert!(
        out(&hidden).contains("shown with: AllowCertificatesWithNoEKU enabled, EnumerateECCCerts enabled")
    );

    let shown = files.run(
        ELIGIBLE,
        &["microsoft.der", "--at", AT, "--policy", "policy.reg", "--json"],
        b"",
    );
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    assert_eq!(json(&shown)["tiles"][0]["title"], "Contoso User");
    assert_eq!(
        json(&shown)["tiles"][0]["principal_name"],
        "contoso@microsoft.com"
    );
    assert!(
        err(&shown).contains("policy.reg: line 6: \"Typo\" is not a known smart-card setting"),
        "{}",
        err(&shown)
    );

    files.add(
        "policy.json",
        r#"{"AllowCertificatesWithNoEKU": true, "EnumerateECCCerts": true}"#,
    );
    let keys = [
        "microsoft.der",
        "--at",
        AT,
        "--policy",
        "policy.json",
        "--signature-key",
        "1",
        "--json",
    ];
    let signature = json(&files.run(ELIGIBLE, &keys, b""));
    assert_eq!(signature["hidden"][0]["gate"], "key-type");
    assert_eq!(
        signature["hidden"][0]["shown_with"][0]["policy"],
        "AllowSignatureOnlyKeys"
    );
}

#[test]
fn a_policy_is_read_in_every_usual_encoding() {
    let files = Files::new();
    let json = r#"{"AllowCertificatesWithNoEKU": true, "EnumerateECCCerts": true}"#;
    let reg = "Windows Registry Editor Version 5.00\r\n\
               [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
               \"AllowCertificatesWithNoEKU\"=dword:00000001 ; for all\r\n\"EnumerateECCCerts\"=dword:00000001\r\n";
    let run = |name: &str| {
        let arguments = ["microsoft.der", "--at", AT, "--json", "--policy", name];
        let output = files.run(ELIGIBLE, &arguments, b"");
        assert_eq!(err(&output), "", "{name}");
        out(&output)
    };
    files.add("plain.json", json);
    let expected = run("plain.json");
    for text in [json, reg] {
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.clone().into_bytes(),
            marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ] {
            files.add("policy", bytes);
            assert_eq!(run("policy"), expected, "{text}");
        }
    }
    files.add("bom.json", b"\xef\xbb\xbf{\"X509HintsNeeded\":true}");
    run("bom.json");
}

#[test]
fn eligible_refuses_bad_input_clearly() {
    let files = Files::new();
    files.add("no.reg", "hello");
    files.add("no.json", r#"{"EnumerateECC": true}"#);
    files.add("text.der", "hello, world");
    for (arguments, expected, message) in [
        (
            &["microsoft.der", "--policy", "no.reg"][..],
            2,
            "no.reg: as a registry export: line 1: not a registry export",
        ),
        (
            &["microsoft.der", "--policy", "no.json"],
            2,
            "unknown smart-card setting \"EnumerateECC\"",
        ),
        (&["microsoft.der", "--policy", "none.reg"], 2, "none.reg: "),
        (
            &["microsoft.der", "--signature-key", "2"],
            2,
            "there is no certificate 2: certificates are numbered from 1 to 1",
        ),
        (&["text.der"], 3, "text.der has no readable certificate"),
        (&[], 2, "Usage"),
    ] {
        let output = files.run(ELIGIBLE, arguments, b"");
        assert_eq!(code(&output), expected, "{arguments:?}");
        assert!(err(&output).contains(message), "{arguments:?}: {}", err(&output));
    }
}
