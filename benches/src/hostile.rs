//! Certificates of up to 64 KB that are made to be slow: each has as many of one element as possible.

use test_certificates::build::{
    Pieces, attribute, element, extension, name, other_name, principal_name, sequence,
};

const AUTHORITY_INFO_ACCESS: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x01\x01";
const DISTRIBUTION_POINTS: &[u8] = b"\x55\x1D\x1F";
const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1D\x25";
const POLICIES: &[u8] = b"\x55\x1D\x20";

/// The certificates with their names. Most are refused, which also takes time.
#[must_use]
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("every part full", every_part_full()),
        ("1,700 unknown extensions", unknown_extensions()),
        ("32 unknown extensions that look alike", extensions_alike()),
        (
            "2,700 principal names",
            names(&principal_name(0x0C, b"a@b").repeat(2_700)),
        ),
        ("20,000 e-mail addresses", names(&b"\x81\x01a".repeat(21_000))),
        ("1,900 names that nest", names(&nesting_name().repeat(1_900))),
        (
            "one name of 60 KB",
            names(&principal_name(0x0C, &vec![b'a'; 60_000])),
        ),
        (
            "one name of 60 KB beyond ASCII",
            names(&principal_name(0x0C, "é".repeat(30_000).as_bytes())),
        ),
        (
            "one name of 31,000 elements",
            names(&other_name(ID, &list(&b"\x05\x00".repeat(31_000)))),
        ),
        (
            "4,900 relative names",
            subject(&relative_name(&cn(b"")).repeat(4_900)),
        ),
        (
            "one relative name of 4,200 attributes",
            subject(&relative_name(&attributes(4_200))),
        ),
        (
            "21,000 purposes",
            with_value(EXTENDED_KEY_USAGE, &b"\x06\x01\x2A".repeat(21_000)),
        ),
        (
            "12,500 policies",
            with_value(POLICIES, &b"\x30\x03\x06\x01\x2A".repeat(12_500)),
        ),
        (
            "one policy of 60 KB",
            with_value(POLICIES, &list(&long_identifier(b"\x81"))),
        ),
        (
            "one policy of 60 KB with a byte 80",
            with_value(POLICIES, &list(&long_identifier(b"\x80"))),
        ),
        (
            "31,000 distribution points",
            with_value(DISTRIBUTION_POINTS, &b"\x30\x00".repeat(31_000)),
        ),
        ("a public key of 60 KB", public_key(60_000)),
    ]
}

/// An object identifier, with tag and length.
const ID: &[u8] = b"\x06\x02\x2A\x03";

fn list(content: &[u8]) -> Vec<u8> {
    element(0x30, content)
}

fn cn(value: &[u8]) -> Vec<u8> {
    attribute(b"\x55\x04\x03", 0x0C, value)
}

fn relative_name(attributes: &[u8]) -> Vec<u8> {
    element(0x31, attributes)
}

fn attributes(count: u16) -> Vec<u8> {
    (0..count)
        .flat_map(|number| cn(format!("{number:04}").as_bytes()))
        .collect()
}

/// A certificate with these relative names in its subject.
fn subject(relative_names: &[u8]) -> Vec<u8> {
    Pieces {
        subject: list(relative_names),
        ..Pieces::default()
    }
    .der()
}

/// A certificate with these general names in its subjectAltName.
fn names(names: &[u8]) -> Vec<u8> {
    Pieces::default().with_names(&[names]).der()
}

/// A certificate with this list in an extension, instead of its extended key usage.
fn with_value(id: &[u8], content: &[u8]) -> Vec<u8> {
    let mut pieces = Pieces::default();
    pieces.extensions[1] = extension(id, &list(content));
    pieces.der()
}

fn nesting_name() -> Vec<u8> {
    let nested = (0..11).fold(b"\x05\x00".to_vec(), |inner, _| list(&inner));
    other_name(ID, &nested)
}

fn long_identifier(before_last: &[u8]) -> Vec<u8> {
    element(
        0x06,
        &[vec![0x81; 60_000].as_slice(), before_last, b"\x01"].concat(),
    )
}

fn unknown_extensions() -> Vec<u8> {
    let many = (0..1_700).map(|number: u16| {
        let [high, low] = number.to_be_bytes();
        let component = [
            0x81 + (high >> 6),
            0x80 | (high << 1 & 0x7F) | low >> 7,
            low & 0x7F,
        ];
        extension(&[&[0x2A], &component[..]].concat(), b"anything of some length")
    });
    many.fold(Pieces::default(), Pieces::with).der()
}

fn extensions_alike() -> Vec<u8> {
    let alike = (0..32).map(|number| extension(&[0x2A, 0x03, number, 0x04, 0x05], &[number; 1_900]));
    alike.fold(Pieces::default(), Pieces::with).der()
}

fn public_key(length: usize) -> Vec<u8> {
    let key = sequence(&[&element(0x02, &vec![0x11; length]), b"\x02\x01\x03"]);
    let algorithm: &[u8] = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00";
    let bits = element(0x03, &[&[0], key.as_slice()].concat());
    Pieces {
        public_key: sequence(&[algorithm, &bits]),
        ..Pieces::default()
    }
    .der()
}

/// Every list has the maximum number of elements of the reader: 384.
fn every_part_full() -> Vec<u8> {
    let uri: &[u8] = b"\x86\x12http://example.org";
    let full_name = name(&vec![cn(b"a name of a length"); 96]);
    let point = sequence(&[&element(0xA0, &element(0xA0, uri))]);
    let access = sequence(&[ID, uri]);
    let other = other_name(ID, b"\x0C\x12http://example.org");
    let purpose: &[u8] = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02";
    let mut pieces = Pieces {
        issuer: full_name.clone(),
        subject: full_name,
        ..Pieces::default()
    };
    pieces.extensions[1] = extension(EXTENDED_KEY_USAGE, &list(&purpose.repeat(384)));
    pieces
        .with_names(&[&other.repeat(96)])
        .with(extension(POLICIES, &list(&sequence(&[ID]).repeat(192))))
        .with(extension(DISTRIBUTION_POINTS, &list(&point.repeat(96))))
        .with(extension(AUTHORITY_INFO_ACCESS, &list(&access.repeat(128))))
        .der()
}
