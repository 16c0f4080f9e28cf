//! Texts from outside, of any content: nothing panics, and what is written comes back.

use proptest::prelude::*;
use upn_resolver::entra::{
    Account, CertificateField, DirectoryBuilder, IndexKey, NameIndex, StoredUserId, Strength, StrengthRule,
};
use upn_resolver::windows::logon_policy::LogonPolicy;

/// Pieces of registry exports, so that the reader gets past the first line.
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

/// Fields in CSV, quoted as RFC 4180 says.
fn csv(records: &[Vec<String>]) -> String {
    let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
    records
        .iter()
        .map(|record| record.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n")
        .collect()
}

proptest! {
    #[test]
    fn registry_exports(text in registry_text(), octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = LogonPolicy::from_registry_export(&text);
        let _ = LogonPolicy::from_registry_file(&octets);
        let _ = LogonPolicy::from_registry_file(&[b"\xff\xfe", &octets[..]].concat());
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

    #[test]
    fn any_csv_is_survived(text in any::<String>(), rest in "[\"a@,;\t\r\n]{0,60}") {
        let _ = DirectoryBuilder::new().add_csv(&text);
        let _ = DirectoryBuilder::new().add_csv(&format!("userPrincipalName,b\n{rest}"));
    }

    #[test]
    fn fields_of_csv_come_back(names in prop::collection::vec("[a-z,;\"\r\n@ ]{0,12}", 1..8)) {
        let mut records = vec![vec!["note".to_owned(), "userPrincipalName".to_owned()]];
        records.extend(names.iter().zip(0..).map(|(note, n)| vec![note.clone(), format!("user{n}@contoso.com")]));
        let mut users = DirectoryBuilder::new();
        users.add_csv(&csv(&records)).unwrap();
        let directory = users.build(IndexKey::from_seed([3; 16])).unwrap();
        prop_assert!(directory.problems().is_empty(), "{:?}", directory.problems());
        let read: Vec<String> = directory.users().map(|user| user.user_principal_name().to_owned()).collect();
        let written: Vec<String> = records.into_iter().skip(1).map(|record| record[1].clone()).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn the_index_finds_exactly_what_it_holds(
        names in prop::collection::vec("[a-cA-C]{0,3}|[à-ÿ]{1,2}", 0..60),
        seed in any::<[u8; 16]>(),
        asked in "[a-cA-C]{0,3}",
    ) {
        let index = NameIndex::build(IndexKey::from_seed(seed), names.iter().map(String::as_str).zip(0..)).unwrap();
        for asked in names.iter().chain([&asked]) {
            let expected: Vec<u32> = names
                .iter()
                .zip(0..)
                .filter(|(name, _)| name.to_lowercase() == asked.to_lowercase())
                .map(|(_, number)| number)
                .collect();
            prop_assert_eq!(index.find(asked), &expected[..]);
        }
    }
}
