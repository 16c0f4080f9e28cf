//! Directories of any content: nothing panics, and what is written comes back.

use proptest::prelude::*;
use upn_resolver::entra::{Account, DirectoryBuilder, IndexKey, NameIndex};

proptest! {
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

/// Fields in CSV, quoted as RFC 4180 says.
fn csv(records: &[Vec<String>]) -> String {
    let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
    records
        .iter()
        .map(|record| record.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n")
        .collect()
}
