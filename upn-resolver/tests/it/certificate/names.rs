//! Names: every string type is decoded, and deceptive text is refused.

use crate::build::{Pieces, element, other_name, principal_name, with_principal_name};
use std::borrow::Cow;
use upn_resolver::certificate::{Certificate, GeneralName, NameProblem, Note, NoteKind, StringType};

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn utf32(text: &str) -> Vec<u8> {
    text.chars()
        .flat_map(|character| u32::from(character).to_be_bytes())
        .collect()
}

#[track_caller]
fn text(tag: u8, bytes: &[u8]) -> (StringType, Result<String, NameProblem>) {
    let der = with_principal_name(tag, bytes);
    let certificate = Certificate::from_der(&der).unwrap_or_else(|error| panic!("{error}"));
    let name = certificate.principal_names().next().expect("a principal name");
    assert_eq!(name.as_bytes(), bytes);
    (name.string_type(), name.text().map(Cow::into_owned))
}

#[test]
fn every_string_type_is_decoded() {
    let plain = "ada@example.com";
    let wide = "ådå.🂡@bücher.example";
    let cases: [(u8, Vec<u8>, StringType, &str); 10] = [
        (0x0C, wide.into(), StringType::Utf8, wide),
        (0x12, b"123456".to_vec(), StringType::Numeric, "123456"),
        (0x13, plain.into(), StringType::Printable, plain),
        (
            0x14,
            b"ad\xE9@example.com".to_vec(),
            StringType::Teletex,
            "adé@example.com",
        ),
        // CertNameToStr reads it as UTF-8 first.
        (0x14, wide.into(), StringType::Teletex, wide),
        (0x16, plain.into(), StringType::Ia5, plain),
        (0x1A, plain.into(), StringType::Visible, plain),
        (0x1C, utf32(wide), StringType::Universal, wide),
        (0x1E, utf16(wide), StringType::Bmp, wide),
        (0x0C, Vec::new(), StringType::Utf8, ""),
    ];
    for (tag, bytes, string_type, expected) in cases {
        assert_eq!(
            text(tag, &bytes),
            (string_type, Ok(expected.to_owned())),
            "tag {tag:02X}"
        );
    }
}

#[test]
fn plain_text_is_borrowed() {
    for tag in [0x0C, 0x13, 0x16] {
        let der = with_principal_name(tag, b"ada@example.com");
        let certificate = Certificate::from_der(&der).unwrap();
        let text = certificate.principal_names().next().unwrap().text().unwrap();
        let Cow::Borrowed(text) = text else {
            panic!("tag {tag:02X} is copied")
        };
        assert!(der.as_ptr_range().contains(&text.as_ptr()));
    }
}

#[test]
fn deceptive_characters_are_named_and_never_shown() {
    let bidi = |character| NameProblem::Bidi { character };
    let control = |character| NameProblem::Control { character };
    let invisible = |character| NameProblem::Invisible { character };
    let cases = [
        ('\0', control('\0')),
        ('\n', control('\n')),
        ('\u{7F}', control('\u{7F}')),
        ('\u{85}', control('\u{85}')),
        ('\u{2028}', control('\u{2028}')),
        ('\u{AD}', invisible('\u{AD}')),
        ('\u{61C}', bidi('\u{61C}')),
        ('\u{200B}', invisible('\u{200B}')),
        ('\u{200D}', invisible('\u{200D}')),
        ('\u{200F}', bidi('\u{200F}')),
        ('\u{202E}', bidi('\u{202E}')),
        ('\u{2060}', invisible('\u{2060}')),
        ('\u{2066}', bidi('\u{2066}')),
        ('\u{FE0F}', invisible('\u{FE0F}')),
        ('\u{FEFF}', invisible('\u{FEFF}')),
        ('\u{E0041}', invisible('\u{E0041}')),
    ];
    for (character, problem) in cases {
        let name = format!("ada{character}@example.com");
        assert_eq!(text(0x0C, name.as_bytes()).1, Err(problem));
        assert_eq!(text(0x1E, &utf16(&name)).1, Err(problem));
        assert_eq!(text(0x1C, &utf32(&name)).1, Err(problem));
        let der = with_principal_name(0x0C, name.as_bytes());
        let certificate = Certificate::from_der(&der).unwrap();
        let shown = format!("{:?} {problem}", certificate.principal_names().next());
        assert!(!shown.contains(character), "{shown:?}");
        assert!(
            shown.contains(&format!("U+{:04X}", u32::from(character))),
            "{shown:?}"
        );
    }
    for harmless in ["ada", "Ada Ünal", "山田", "Ω@example.com", "a_b#EXT#@c"] {
        assert_eq!(text(0x0C, harmless.as_bytes()).1.as_deref(), Ok(harmless));
    }
}

#[test]
fn bytes_that_are_not_text() {
    assert_eq!(text(0x1E, b"\xD8\x00\x00a").1, Err(NameProblem::Undecodable));
    assert_eq!(text(0x1C, b"\x00\x11\x00\x00").1, Err(NameProblem::Undecodable));
    assert_eq!(
        text(0x04, b"ada"),
        (
            StringType::NotAString(0x04),
            Err(NameProblem::NotAString { tag: 0x04 })
        )
    );
    assert_eq!(
        text(0x30, b"\x0C\x01a").1,
        Err(NameProblem::NotAString { tag: 0x30 })
    );
}

#[test]
fn entries_keep_their_order() {
    let fasc_n = other_name(
        b"\x06\x08\x60\x86\x48\x01\x65\x03\x06\x06",
        &element(0x04, &[0xD4; 25]),
    );
    let der = Pieces::default()
        .with_names(&[
            &fasc_n,
            &element(0x81, b"first@example.com"),
            &principal_name(0x0C, b"one@example.com"),
            &element(0x86, b"urn:uuid:00000000-0000-4000-8000-000000000000"),
            &element(0x82, b"card.example.com"),
            &element(0x87, &[127, 0, 0, 1]),
            &element(0x88, b"\x2A\x03\x04"),
            &principal_name(0x0C, b"two@example.com"),
            &element(0x81, b"second@example.com"),
        ])
        .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let names: Vec<_> = certificate.subject_alternative_names().collect();
    assert_eq!(names.len(), 9);
    let GeneralName::OtherName(first) = names[0] else {
        panic!("{:?}", names[0])
    };
    assert_eq!(first.fasc_n(), Some(&[0xD4; 25][..]));
    assert_eq!(first.kerberos_principal(), None);
    assert!(matches!(names[3], GeneralName::Uri(uri) if uri.text().unwrap().starts_with("urn:uuid:")));
    assert!(
        matches!(names[4], GeneralName::DnsName(name) if name.text().as_deref() == Ok("card.example.com"))
    );
    assert_eq!(names[5], GeneralName::IpAddress(&[127, 0, 0, 1]));
    assert!(matches!(names[6], GeneralName::RegisteredId(id) if id == "1.2.3.4"));
    let texts = |names: Vec<_>| {
        names
            .into_iter()
            .map(|name: Result<Cow<'_, str>, _>| name.unwrap().into_owned())
            .collect::<Vec<_>>()
    };
    let principal_names = texts(
        certificate
            .principal_names()
            .map(upn_resolver::certificate::NameString::text)
            .collect(),
    );
    assert_eq!(principal_names, ["one@example.com", "two@example.com"]);
    let addresses = texts(
        certificate
            .rfc822_names()
            .map(upn_resolver::certificate::NameString::text)
            .collect(),
    );
    assert_eq!(addresses, ["first@example.com", "second@example.com"]);
    assert_eq!(
        certificate.notes().map(Note::kind).collect::<Vec<_>>(),
        [NoteKind::SeveralPrincipalNames]
    );
}

#[test]
fn kerberos_principals() {
    let string = |text: &[u8]| element(0x1B, text);
    let components = element(0x30, &[string(b"ada"), string(b"admin")].concat());
    let name = [element(0xA0, b"\x02\x01\x01"), element(0xA1, &components)].concat();
    let value = [
        element(0xA0, &string(b"EXAMPLE.COM")),
        element(0xA1, &element(0x30, &name)),
    ]
    .concat();
    let id: &[u8] = b"\x06\x06\x2B\x06\x01\x05\x02\x02";
    let principal_of = |value: &[u8]| {
        let der = Pieces::default().with_names(&[&other_name(id, value)]).der();
        let certificate = Certificate::from_der(&der).unwrap();
        let Some(GeneralName::OtherName(name)) = certificate.subject_alternative_names().next() else {
            panic!()
        };
        name.kerberos_principal().map(|principal| {
            let mut parts = vec![principal.realm().text().unwrap().into_owned()];
            parts.extend(
                principal
                    .components()
                    .map(|part| part.text().unwrap().into_owned()),
            );
            parts
        })
    };
    let parts = ["EXAMPLE.COM", "ada", "admin"].map(str::to_owned).to_vec();
    assert_eq!(principal_of(&element(0x30, &value)), Some(parts));
    assert_eq!(
        principal_of(&element(0x30, &element(0xA0, &string(b"EXAMPLE.COM")))),
        None
    );
    assert_eq!(principal_of(b"\x0C\x03ada"), None);
}
