//! The policy of a machine: from a registry export and from JSON.

use upn_resolver::windows::logon_policy::{
    ImportWarningKind, ImportedPolicy, LogonPolicy, PolicyState, PolicySwitch, RemovalBehaviour, RootCleanup,
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
        .with_state(PolicySwitch::AllowCertificatesWithNoEku, PolicyState::Enabled)
        .with_state(PolicySwitch::FilterDuplicateCerts, PolicyState::Disabled)
        .with_state(PolicySwitch::X509HintsNeeded, PolicyState::Enabled)
        .with_state(PolicySwitch::CertPropEnabled, PolicyState::Disabled)
        .with_state(PolicySwitch::UseSubjectAltName, PolicyState::Disabled)
        .with_blocked_message("Call \"Service\" in C:\\desk")
        .with_root_cleanup(RootCleanup::AtRemoval)
        .with_removal_behaviour(RemovalBehaviour::LockWorkstation);
    assert_eq!(imported.policy(), &expected);
    let warnings: Vec<_> = imported
        .warnings()
        .iter()
        .map(|remark| (remark.line(), remark.name(), remark.kind()))
        .collect();
    let other_key = ImportWarningKind::OtherKey {
        documented: PolicySwitch::AllowSignatureOnlyKeys.key(),
    };
    assert_eq!(
        warnings,
        [
            (
                9,
                "EnumerateECCCerts",
                ImportWarningKind::WrongType { expected: "a dword" }
            ),
            (11, "Colour", ImportWarningKind::UnknownName),
            (19, "UseSubjectAltName", ImportWarningKind::NumberedControlSet),
            (26, "AllowSignatureOnlyKeys", other_key),
        ]
    );
    for remark in imported.warnings() {
        assert!(remark.to_string().contains(remark.name()), "{remark}");
    }
}

const OWN_KEY: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider";

fn import(text: &str) -> ImportedPolicy {
    let text = format!("Windows Registry Editor Version 5.00\r\n\r\n{text}");
    LogonPolicy::from_registry_export(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_comment_may_follow_a_key_or_a_value() {
    for (value, setting) in [
        ("dword:00000001 ; on", PolicyState::Enabled),
        ("dword:00000001;on", PolicyState::Enabled),
        ("dword:00000000\t; \"off\" = [0]", PolicyState::Disabled),
        ("DWORD:1", PolicyState::Enabled),
        ("- ; taken back", PolicyState::NotConfigured),
        ("hex(4):01,00,00,00 ; a dword", PolicyState::Enabled),
        ("hex(4):00,00,\\\r\n  00,00", PolicyState::Disabled),
    ] {
        for comment in ["", " ; the [key] of the cards", ";x"] {
            let imported = import(&format!(
                "[{OWN_KEY}]{comment}\r\n\"X509HintsNeeded\"={value}\r\n"
            ));
            assert_eq!(
                imported.policy().state(PolicySwitch::X509HintsNeeded),
                setting,
                "{value}"
            );
            assert_eq!(imported.warnings(), [], "{value}");
        }
    }
    let message = import(&format!(
        "[{OWN_KEY}]\r\n\"IntegratedUnblockPromptString\"=\"a; b\" ; \"c\"\r\n"
    ));
    assert_eq!(message.policy().blocked_message(), Some("a; b"));
}

/// Strings in hexadecimal, and strings with line ends, as `regedit` writes them.
#[test]
fn strings_are_read_in_every_form() {
    let wide: Vec<String> = "Call 7\0"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    for (value, expected) in [
        ("\"Call 7\"".to_owned(), "Call 7"),
        (format!("hex(1):{}", wide.join(",")), "Call 7"),
        (format!("hex(2):{}", wide.join(",\\\r\n  ")), "Call 7"),
        ("\"Call\r\n\r\n  [7]\"".to_owned(), "Call\n\n  [7]"),
        ("\"Call \\\"7\\\"\r\n\\\\\"".to_owned(), "Call \"7\"\n\\"),
    ] {
        let text = format!(
            "[{OWN_KEY}]\r\n\"IntegratedUnblockPromptString\"={value}\r\n\"X509HintsNeeded\"=dword:1\r\n"
        );
        let imported = import(&text);
        assert_eq!(imported.policy().blocked_message(), Some(expected), "{value}");
        assert!(imported.policy().is_on(PolicySwitch::X509HintsNeeded), "{value}");
        assert_eq!(imported.warnings(), [], "{value}");
    }
    for value in [
        "hex(b):01,00,00,00,00,00,00,00",
        "hex:01,00,00,00",
        "hex(7):00,00",
        "hex(4):01",
        "hex(4):0x",
        "\"1\"",
    ] {
        let imported = import(&format!("[{OWN_KEY}]\r\n\"X509HintsNeeded\"={value}\r\n"));
        let [remark] = imported.warnings() else {
            panic!("{value}: {imported:?}")
        };
        assert!(
            matches!(remark.kind(), ImportWarningKind::WrongType { .. }),
            "{value}"
        );
    }
    // In a code page.
    let file = b"REGEDIT4\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
                 \"IntegratedUnblockPromptString\"=\"B\xfcro\"\r\n\"X509HintsNeeded\"=dword:1\r\n";
    let imported = LogonPolicy::from_registry_file(file).unwrap();
    assert_eq!(imported.policy().blocked_message(), Some("B\u{fffd}ro"));
    assert!(imported.policy().is_on(PolicySwitch::X509HintsNeeded));
}

#[test]
fn a_setting_in_another_key_is_reported() {
    const POLICIES: &str = r"Policies\Microsoft\Windows\SmartCardCredentialProvider";
    for key in [
        format!(r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\{POLICIES}"),
        format!(r"HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432node\{POLICIES}"),
        format!(r"HKEY_CURRENT_USER\SOFTWARE\{POLICIES}"),
        format!(r"HKCU\Software\{POLICIES}"),
        format!(r"HKEY_USERS\S-1-5-21-1-2-3-1001\SOFTWARE\{POLICIES}"),
        format!(r"HKEY_USERS\.DEFAULT\Software\{POLICIES}"),
        format!(r"HKEY_LOCAL_MACHINE\OFFLINE\{POLICIES}"),
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\PolicyManager\current\device\ADMX_Smartcard".to_owned(),
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\PolicyManager\providers\1\default\Device\ADMX_Smartcard"
            .to_owned(),
        format!(
            r"HKEY_CURRENT_USER\SOFTWARE\Microsoft\Windows\CurrentVersion\Group Policy Objects\{{0}}Machine\Software\{POLICIES}"
        ),
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCard".to_owned(),
    ] {
        let imported = import(&format!(
            "[{key}]\r\n\"x509HintsNeeded\"=dword:1\r\n\"X509HintsNeeded\"=-\r\n"
        ));
        assert_eq!(imported.policy(), &LogonPolicy::new(), "{key}");
        let [remark] = imported.warnings() else {
            panic!("{key}: {imported:?}")
        };
        let documented = PolicySwitch::X509HintsNeeded.key();
        assert_eq!(
            (remark.line(), remark.kind()),
            (4, ImportWarningKind::OtherKey { documented }),
            "{key}"
        );
    }
    // A name that is not known, in a key that is only another hive's.
    let imported = import(&format!(
        "[HKEY_CURRENT_USER\\SOFTWARE\\{POLICIES}]\r\n\"Colour\"=\"red\"\r\n"
    ));
    assert_eq!(imported.warnings().len(), 1);
    for (key, value) in [
        (
            r"HKEY_CURRENT_USER\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
            "\"scremoveoption\"=\"1\"",
        ),
        (
            r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet002\Services\Kdc",
            "\"UseSubjectAltName\"=dword:0",
        ),
        (
            r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\LSA",
            "\"UseSubjectAltName\"=dword:0",
        ),
    ] {
        assert_eq!(
            import(&format!("[{key}]\r\n{value}\r\n")).warnings().len(),
            1,
            "{key}"
        );
    }
    // Other programs' values are not reported, and need not be understood.
    let foreign = import(
        "[HKEY_CURRENT_USER\\Console]\r\n\"X\"=dword:1\r\n\"Y\"=qword:2\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n\"Z\"=?\r\n",
    );
    assert_eq!(foreign.warnings(), []);
}

/// A string that is never closed is read once, regardless of the length of the rest.
#[test]
fn a_string_of_very_many_lines_is_read_in_one_pass() {
    let lines = "x\\\r\n".repeat(300_000);
    let text = format!("REGEDIT4\r\n[{OWN_KEY}]\r\n\"IntegratedUnblockPromptString\"=\"{lines}");
    assert_eq!(LogonPolicy::from_registry_export(&text).unwrap_err().line(), 3);
}

#[test]
fn the_file_may_be_utf_16_as_windows_writes_it() {
    let text = format!("\u{feff}{}", EXPORT.replace('\n', "\r\n"));
    let bare = &text[3..];
    for file in [
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        bare.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.clone().into_bytes(),
    ] {
        assert_eq!(
            LogonPolicy::from_registry_file(&file).unwrap(),
            LogonPolicy::from_registry_export(EXPORT).unwrap()
        );
    }
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
            policy.state(PolicySwitch::CertPropEnabled) == PolicyState::Disabled,
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

/// A hexadecimal value can continue over any number of lines. Reading it again at each line end would take hours.
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
fn what_could_not_be_used_is_reported_with_its_line() {
    let text = r#"REGEDIT4
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider]
"X509HintsNeeded"=dword:1
"NoSuchSetting"=dword:1
"EnumerateECCCerts"="yes"
"#;
    let imported = LogonPolicy::from_registry_export(text).unwrap();
    let warnings: Vec<_> = imported
        .warnings()
        .iter()
        .map(|remark| (remark.line(), remark.name(), remark.kind()))
        .collect();
    assert_eq!(warnings[0], (4, "NoSuchSetting", ImportWarningKind::UnknownName));
    let (line, name, ImportWarningKind::WrongType { expected }) = warnings[1] else {
        panic!("{warnings:?}")
    };
    assert_eq!((warnings.len(), line, name), (2, 5, "EnumerateECCCerts"));
    assert!(imported.warnings()[1].to_string().contains(expected));
    assert_eq!(
        imported.into_policy(),
        LogonPolicy::new().with_state(PolicySwitch::X509HintsNeeded, PolicyState::Enabled)
    );
}

#[test]
fn text_that_is_not_an_export_is_refused_with_its_line() {
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
    use upn_resolver::windows::logon_policy::DefaultSource;

    let policy: LogonPolicy = serde_json::from_str(
        r#"{"EnumerateECCCerts": true, "FilterDuplicateCerts": false, "ReverseSubject": null,
            "scremoveoption": "2", "RootCertificateCleanupOption": "never", "DefaultsFrom": "group-policy-page"}"#,
    )
    .unwrap();
    let expected = LogonPolicy::new()
        .with_state(PolicySwitch::EnumerateEccCerts, PolicyState::Enabled)
        .with_state(PolicySwitch::FilterDuplicateCerts, PolicyState::Disabled)
        .with_removal_behaviour(RemovalBehaviour::ForceLogoff)
        .with_root_cleanup(RootCleanup::Never)
        .with_default_source(DefaultSource::GroupPolicyPage);
    assert_eq!(policy, expected);
    // Get-ItemProperty HKLM:\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider | ConvertTo-Json
    let numbers: LogonPolicy = serde_json::from_str(
        r#"{"EnumerateECCCerts": 1, "FilterDuplicateCerts": 0, "PSPath": "x", "PSParentPath": "x", "PSChildName": "x",
            "PSDrive": {"Name": "HKLM"}, "PSProvider": null}"#,
    )
    .unwrap();
    let expected = LogonPolicy::new()
        .with_state(PolicySwitch::EnumerateEccCerts, PolicyState::Enabled)
        .with_state(PolicySwitch::FilterDuplicateCerts, PolicyState::Disabled);
    assert_eq!(numbers, expected);
    for value in ["-1", "1.5", "\"1\"", "[]"] {
        let text = format!(r#"{{"EnumerateECCCerts": {value}}}"#);
        assert!(serde_json::from_str::<LogonPolicy>(&text).is_err(), "{value}");
    }
    let written = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<LogonPolicy>(&written).unwrap(), policy);

    let error = serde_json::from_str::<LogonPolicy>(r#"{"EnumerateEccCerts": true}"#).unwrap_err();
    assert!(error.to_string().contains("EnumerateEccCerts"), "{error}");
    let error = serde_json::from_str::<LogonPolicy>(r#"{"scremoveoption": "9"}"#).unwrap_err();
    assert!(error.to_string().contains("must be one of"), "{error}");
    let error = serde_json::from_str::<LogonPolicy>(r#"{"X509HintsNeeded": true, "X509HintsNeeded": false}"#)
        .unwrap_err();
    assert!(error.to_string().contains("duplicate member"), "{error}");
}
