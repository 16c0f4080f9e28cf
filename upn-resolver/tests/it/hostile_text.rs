//! Untrusted texts of any content: nothing panics, and what is written is read back.

use proptest::prelude::*;
use upn_resolver::entra::{CertificateField, StoredUserId, Strength, StrengthRule};
use upn_resolver::windows::logon_policy::LogonPolicy;

/// Pieces of registry exports, so that texts get past the first line.
fn registry_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\CertProp]".to_owned()),
        Just("[-HKLM\\SOFTWARE".to_owned()),
        Just("\"CertPropEnabled\"=dword:0000000".to_owned()),
        Just("\"RootCertificateCleanupOption\"=".to_owned()),
        Just("=hex(2):25,\\".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..20)
        .prop_map(|pieces| format!("Windows Registry Editor Version 5.00\n{}", pieces.concat()))
}

proptest! {
    #[test]
    fn registry_exports(text in registry_text(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = LogonPolicy::from_registry_export(&text);
        let _ = LogonPolicy::from_registry_file(&bytes);
        let _ = LogonPolicy::from_registry_file(&[b"\xff\xfe", &bytes[..]].concat());
    }

    #[test]
    fn user_ids(text in "(X509:)?(<(I|S|SR|SKI|PN|RFC822|SHA1-PUKEY)>)?.{0,40}(<(S|SR)>)?[0-9a-fA-F]{0,41}") {
        if let Ok(value) = StoredUserId::parse(&text) {
            prop_assert!(CertificateField::ALL.contains(&value.field()));
            prop_assert!(text.starts_with("X509:<"));
        }
    }

    #[test]
    fn issuers(text in any::<String>(), name in "(CN|O|C|DC|E)=[a-z\"\\\\, ]{0,20}(,(CN|O)=.{0,10})?") {
        let _ = StrengthRule::for_issuer(&text, Strength::Multifactor);
        let _ = StrengthRule::for_issuer(&name, Strength::Multifactor);
        let _ = StrengthRule::for_policy(&text, Strength::Multifactor);
    }
}
