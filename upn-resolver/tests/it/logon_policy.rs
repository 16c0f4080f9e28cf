//! The policy of a machine: from a registry export and from JSON.

use upn_resolver::windows::logon_policy::{
    LogonPolicy, RemarkKind, RemovalBehaviour, RootCleanup, Setting, Switch,
};

const EXPORT: &str = r#"Windows Registry Editor Version 5.00

; Taken with: reg export HKLM\SOFTWARE\Policies\Microsoft\Windows policies.reg
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider]
"AllowCertificatesWithNoEKU"=dword:00000001
"FilterDuplicateCerts"=dword:00000000
"IntegratedUnblockPromptString"="Call \"Service\" in C:\\desk"
"X509HintsNeeded"=dword:00000001
"EnumerateECCCerts"="1"
@="nothing"
"Colour"=hex(2):25,00,53,00,79,00,73,00,\
  74,00,65,00,00,00

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\CertProp]
"CertPropEnabled"=dword:00000000
"RootCertificateCleanupOption"=dword:00000001

[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Kdc]
"UseSubjectAltName"=dword:00000000
"Description"="the key distribution centre"

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon]
"scremoveoption"="1"

[HKEY_CURRENT_USER\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider]
"AllowSignatureOnlyKeys"=dword:00000001
"#;

#[test]
fn a_registry_export_is_read() {
    let imported = LogonPolicy::from_registry_export(EXPORT).unwrap();
    let expected = LogonPolicy::new()
        .with(Switch::AllowCertificatesWithNoEku, Setting::Enabled)
        .with(Switch::FilterDuplicateCerts, Setting::Disabled)
        .with(Switch::X509HintsNeeded, Setting::Enabled)
        .with(Switch::CertPropEnabled, Setting::Disabled)
        .with(Switch::UseSubjectAltName, Setting::Disabled)
        .with_blocked_message("Call \"Service\" in C:\\desk")
        .with_root_cleanup(RootCleanup::AtRemoval)
        .with_removal_behaviour(RemovalBehaviour::LockWorkstation);
    assert_eq!(imported.policy(), &expected);
    let remarks: Vec<String> = imported.remarks().iter().map(ToString::to_string).collect();
    assert_eq!(
        remarks,
        [
            "line 9: \"EnumerateECCCerts\" must be a dword; ignored",
            "line 11: \"Colour\" is no known smart-card setting; ignored",
        ]
    );
}

#[test]
fn the_file_may_be_utf_16_as_windows_writes_it() {
    let text = format!("\u{feff}{}", EXPORT.replace('\n', "\r\n"));
    let file: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        LogonPolicy::from_registry_file(&file).unwrap(),
        LogonPolicy::from_registry_export(EXPORT).unwrap()
    );
    assert_eq!(
        LogonPolicy::from_registry_file(EXPORT.as_bytes()).unwrap(),
        LogonPolicy::from_registry_export(EXPORT).unwrap()
    );
}

#[test]
fn a_later_line_takes_back_an_earlier_one() {
    let key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider";
    for taken_back in [
        format!("[{key}]\n\"X509HintsNeeded\"=-\n\"IntegratedUnblockPromptString\"=-"),
        format!("[-{key}]"),
        r"[-HKEY_LOCAL_MACHINE\software\Policies]".to_owned(),
    ] {
        let text = format!(
            "REGEDIT4\n[{key}]\n\"X509HintsNeeded\"=dword:1\n\"IntegratedUnblockPromptString\"=\"x\"\n{taken_back}\n"
        );
        let imported = LogonPolicy::from_registry_export(&text).unwrap();
        assert_eq!(imported.policy(), &LogonPolicy::new(), "{taken_back}");
    }
}

#[test]
fn a_deleted_key_takes_those_below_it_and_no_others() {
    let text = |deleted: &str| {
        format!(
            "REGEDIT4\n[HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\CertProp]\n\"CertPropEnabled\"=dword:0\n\
             \"RootCertificateCleanupOption\"=dword:0\n\
             [HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon]\n\"scremoveoption\"=\"1\"\n[-HKLM\\{deleted}]\n"
        )
    };
    for (deleted, certificates_left, removal_left) in [
        ("SOFTWARE", false, false),
        ("SOFTWARE\\Policies\\Microsoft", false, true),
        ("SOFTWARE\\Microsoft\\Windows NT", true, false),
        ("SOFTWARE\\Microsoft\\Windows", true, true),
        (
            "SOFTWARE\\Policies\\Microsoft\\Windows\\CertProp\\Below",
            true,
            true,
        ),
    ] {
        let imported = LogonPolicy::from_registry_export(&text(deleted)).unwrap();
        let policy = imported.policy();
        assert_eq!(
            policy.setting(Switch::CertPropEnabled) == Setting::Disabled,
            certificates_left,
            "{deleted}"
        );
        assert_eq!(
            policy.root_cleanup() == RootCleanup::Never,
            certificates_left,
            "{deleted}"
        );
        assert_eq!(
            policy.removal_behaviour() == RemovalBehaviour::LockWorkstation,
            removal_left,
            "{deleted}"
        );
    }
}

/// A value in hexadecimal may go on over any number of lines. Looking at the whole of it at each line end would take hours.
#[test]
fn a_value_of_very_many_lines_is_read_in_one_pass() {
    let text = format!(
        "REGEDIT4\n[HKLM\\x]\n\"{}\"=hex:\\\n{}00\n",
        "n".repeat(1 << 20),
        "00,\\\n".repeat(500_000)
    );
    let imported = LogonPolicy::from_registry_export(&text).unwrap();
    assert_eq!(imported.policy(), &LogonPolicy::new());
}

#[test]
fn what_could_not_be_used_is_told_with_its_line() {
    let text = r#"REGEDIT4
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider]
"X509HintsNeeded"=dword:1
"NoSuchSetting"=dword:1
"EnumerateECCCerts"="yes"
"#;
    let imported = LogonPolicy::from_registry_export(text).unwrap();
    let remarks: Vec<_> = imported
        .remarks()
        .iter()
        .map(|remark| (remark.line(), remark.name(), remark.kind()))
        .collect();
    assert_eq!(remarks[0], (4, "NoSuchSetting", RemarkKind::UnknownName));
    let (line, name, RemarkKind::WrongType { expected }) = remarks[1] else {
        panic!("{remarks:?}")
    };
    assert_eq!((remarks.len(), line, name), (2, 5, "EnumerateECCCerts"));
    assert!(imported.remarks()[1].to_string().contains(expected));
    assert_eq!(
        imported.into_policy(),
        LogonPolicy::new().with(Switch::X509HintsNeeded, Setting::Enabled)
    );
}

#[test]
fn what_is_no_export_is_refused_with_its_line() {
    let key = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]";
    for (text, line) in [
        (String::new(), 1),
        ("<html>".to_owned(), 1),
        (format!("REGEDIT4\n{key}\nX509HintsNeeded=1"), 3),
        (format!("REGEDIT4\n\n{key}\n\"X509HintsNeeded\"=dword:zz"), 4),
        (format!("REGEDIT4\n\n{key}\n\"X509HintsNeeded\"=dword:+1"), 4),
        (format!("REGEDIT4\n{key}\n\"X509HintsNeeded=dword:1"), 3),
        ("REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE".to_owned(), 2),
    ] {
        let error = LogonPolicy::from_registry_export(&text).unwrap_err();
        assert_eq!(error.line(), line, "{text:?}: {error}");
    }
    let error = LogonPolicy::from_registry_file(b"\xff\xfeW").unwrap_err();
    assert!(error.to_string().contains("regedit"), "{error}");
}

#[cfg(feature = "serde")]
#[test]
fn json_has_the_names_of_the_registry() {
    use upn_resolver::windows::logon_policy::DefaultsFrom;

    let policy: LogonPolicy = serde_json::from_str(
        r#"{"EnumerateECCCerts": true, "FilterDuplicateCerts": false, "ReverseSubject": null,
            "scremoveoption": "2", "RootCertificateCleanupOption": "never", "DefaultsFrom": "group-policy-page"}"#,
    )
    .unwrap();
    let expected = LogonPolicy::new()
        .with(Switch::EnumerateEccCerts, Setting::Enabled)
        .with(Switch::FilterDuplicateCerts, Setting::Disabled)
        .with_removal_behaviour(RemovalBehaviour::ForceLogoff)
        .with_root_cleanup(RootCleanup::Never)
        .with_defaults_from(DefaultsFrom::GroupPolicyPage);
    assert_eq!(policy, expected);
    let written = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<LogonPolicy>(&written).unwrap(), policy);

    let error = serde_json::from_str::<LogonPolicy>(r#"{"EnumerateEccCerts": true}"#).unwrap_err();
    assert!(error.to_string().contains("EnumerateEccCerts"), "{error}");
    let error = serde_json::from_str::<LogonPolicy>(r#"{"scremoveoption": "9"}"#).unwrap_err();
    assert!(error.to_string().contains("must be one of"), "{error}");
    let error = serde_json::from_str::<LogonPolicy>(r#"{"X509HintsNeeded": true, "X509HintsNeeded": false}"#)
        .unwrap_err();
    assert!(error.to_string().contains("there twice"), "{error}");
}
