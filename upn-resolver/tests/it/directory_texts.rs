//! Directories of any content: nothing panics, and what is written is read back.

use proptest::prelude::*;
use upn_resolver::entra::{
    Account, Directory, DirectoryBuilder, IndexKey, MAX_CSV_RECORD, NameAttribute, NameIndex,
};

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
    fn csv_in_parts_is_the_same_as_csv_at_once(
        text in "[\"a@,\r\n]{0,80}",
        names in prop::collection::vec("[a-z,\"\r\n]{0,6}@[a-c]{0,2}", 0..12),
        header in "(sep=,\r?\n|\n|\r\n|#TYPE x\n){0,2}note,userPrincipalName\r?\n",
        size in 1_usize..60,
    ) {
        let rows: Vec<Vec<String>> = names.into_iter().map(|name| vec!["x\ny".to_owned(), name]).collect();
        let text = header + &csv(&rows) + &text;
        let mut whole = DirectoryBuilder::new();
        whole.add_csv(&text).unwrap();
        let parts = in_parts(&text, size).build(IndexKey::from_seed([1; 16])).unwrap();
        let whole = whole.build(IndexKey::from_seed([2; 16])).unwrap();
        prop_assert_eq!(whole.problems(), parts.problems());
        prop_assert_eq!(whole.skipped(), parts.skipped());
        prop_assert!(whole.users().eq(parts.users()));
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
            prop_assert_eq!(index.candidates(asked), &expected[..]);
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

/// Reads a text as a stream is read, this many bytes at a time, with a builder for each part.
fn in_parts(text: &str, size: usize) -> DirectoryBuilder {
    let mut users = DirectoryBuilder::new();
    let header = users.add_csv_header(text).unwrap();
    let (mut place, mut start, mut end) = (header.end(), header.size(), header.size());
    while start < text.len() {
        end = (end + size).min(text.len());
        let known = &text.as_bytes()[start..end];
        let (length, after) = header.whole_records(place, known, end == text.len());
        let mut part = DirectoryBuilder::new();
        let records = std::str::from_utf8(&known[..length]).unwrap();
        assert_eq!(part.add_csv_records(&header, place, records), after);
        users.append(part);
        (place, start) = (after, start + length);
    }
    users
}

#[test]
fn a_quote_that_is_never_closed_ends_at_its_line_however_much_follows() {
    let lines = "user@contoso.com\n".repeat(2 * MAX_CSV_RECORD / 17);
    let text = format!("userPrincipalName\na@contoso.com\n\"b@contoso.com\n{lines}");
    let mut whole = DirectoryBuilder::new();
    whole.add_csv(&text).unwrap();
    let mut users = DirectoryBuilder::new();
    let header = users.add_csv_header(&text[..100]).unwrap();
    let records = &text[header.size()..];
    // The record is not closed in what is known, and closing it would be possible until the limit is passed.
    let (size, after) = header.whole_records(header.end(), &records.as_bytes()[..1000], false);
    assert_eq!((&records[..size], after.line()), ("a@contoso.com\n", 3));
    let rest = &records[size..];
    let known = &rest.as_bytes()[..=MAX_CSV_RECORD];
    let (size, line_by_line) = header.whole_records(after, known, false);
    assert_eq!((size, line_by_line.line()), (0, 3));
    assert_ne!(line_by_line, after);
    let (size, _) = header.whole_records(line_by_line, known, false);
    assert!(size > MAX_CSV_RECORD - 20, "{size}");
    users.add_csv_records(&header, header.end(), "a@contoso.com\n");
    users.add_csv_records(&header, line_by_line, rest);
    assert_eq!((users.len(), whole.len()), (whole.len(), lines.len() / 17 + 1));
    let key = IndexKey::from_seed([4; 16]);
    let (parts, whole) = (users.build(key).unwrap(), whole.build(key).unwrap());
    assert_eq!(parts.problems(), whole.problems());
    assert_eq!(whole.problems()[0].line(), 3);
}

/// More users than a piece of memory holds, of every length, and values that several of them have.
#[test]
fn joined_builders_are_the_same_as_one() {
    let add = |users: &mut DirectoryBuilder, number: u32| {
        let name = format!(
            "{}{number}@contoso.com",
            "x".repeat(usize::try_from(number % 700).unwrap())
        );
        let long = format!("X509:<PN>{}", "y".repeat(usize::try_from(number % 301).unwrap()));
        users
            .add(&name)
            .with_line(number)
            .with_on_premises(if number % 3 == 0 { "same@corp.local" } else { "" })
            .with_certificate_user_id(&long)
            .finish();
    };
    let mut one = DirectoryBuilder::new();
    (0..6_000).for_each(|number| add(&mut one, number));
    let mut joined = DirectoryBuilder::new();
    for start in (0..6_000).step_by(750) {
        let mut part = DirectoryBuilder::new();
        (start..start + 750).for_each(|number| add(&mut part, number));
        joined.append(part);
    }
    joined.append(DirectoryBuilder::new());
    assert_eq!(joined.len(), 6_000);
    let (one, joined) = (
        one.build(IndexKey::from_seed([5; 16])).unwrap(),
        joined.build(IndexKey::from_seed([6; 16])).unwrap(),
    );
    assert!(one.users().eq(joined.users()));
    assert_eq!(one.problems(), joined.problems());
    for user in one.users() {
        let name = user.user_principal_name();
        let found: Vec<_> = joined
            .users_with(NameAttribute::UserPrincipalName, name)
            .collect();
        assert_eq!(found, [user]);
    }
    assert_eq!(
        joined
            .users_with(NameAttribute::OnPremisesUserPrincipalName, "SAME@corp.local")
            .count(),
        2_000
    );
}

#[test]
#[cfg(feature = "std")]
fn a_directory_built_on_threads_is_the_same() {
    let mut users = DirectoryBuilder::new();
    for number in 0..3_000 {
        let value = format!("X509:<PN>user{}", number / 2);
        let on_premises = format!("user{number}@corp.local");
        users
            .add(&format!("User{}@contoso.com", number % 2_900))
            .with_line(number)
            .with_on_premises(if number % 3 == 0 { &on_premises } else { "" })
            .with_certificate_user_id(&value)
            .finish();
    }
    let one = users.clone().build(IndexKey::from_seed([5; 16])).unwrap();
    let other = users.build_on_threads(IndexKey::from_seed([6; 16])).unwrap();
    assert!(one.users().eq(other.users()));
    assert_eq!(one.problems(), other.problems());
    assert_eq!(one.problems().len(), 100 + 1_500);
    for user in one.users() {
        let name = user.user_principal_name();
        for (attribute, name) in [
            (NameAttribute::UserPrincipalName, name),
            (
                NameAttribute::OnPremisesUserPrincipalName,
                user.on_premises_user_principal_name().unwrap_or(name),
            ),
        ] {
            assert!(
                one.users_with(attribute, name)
                    .eq(other.users_with(attribute, name))
            );
        }
        for value in user.certificate_user_ids() {
            assert!(one.users_with_id(value).eq(other.users_with_id(value)));
            assert_eq!(other.users_with_id(value).count(), 2);
        }
    }
}

/// With 200,000 names, some share the 32 bits of hash that the index keeps.
#[test]
fn names_with_one_hash_are_distinguished() {
    let mut users = DirectoryBuilder::new();
    for number in 0..200_000 {
        users
            .add(&format!("user{number}@contoso.com"))
            .with_certificate_user_id(&format!("X509:<PN>user{number}"))
            .finish();
    }
    let directory = users.build(IndexKey::from_seed([9; 16])).unwrap();
    assert_eq!(directory.problems(), []);
    for number in 0..200_000 {
        let name = format!("user{number}@contoso.com");
        let found: Vec<_> = directory
            .users_with(NameAttribute::UserPrincipalName, &name)
            .collect();
        assert!(
            matches!(&found[..], [user] if user.user_principal_name() == name),
            "{found:?}"
        );
        assert_eq!(
            directory.users_with_id(&format!("X509:<PN>user{number}")).count(),
            1
        );
    }
    assert_eq!(directory.users_with_id("X509:<PN>user200000").count(), 0);
}
