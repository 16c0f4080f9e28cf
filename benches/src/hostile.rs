//! Certificates of 64 KB that were made to cost time: each has as much of something as fits.

#[path = "../../upn-resolver/tests/support/build.rs"]
mod build;

use build::{Pieces, attribute, element, extension, name, other_name, principal_name, sequence};

/// What is on offer, by name. Some are refused; that takes its time too.
#[must_use]
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let cn = |value: &[u8]| attribute(b"\x55\x04\x03", 0x0C, value);
    let subject = |subject: Vec<u8>| {
        Pieces {
            subject,
            ..Pieces::default()
        }
        .der()
    };
    let extended = |id: &[u8], value: &[u8]| Pieces::default().with(extension(id, value)).der();
    let repeated = |count: usize, element: &[u8]| element.repeat(count);
    let names = |count: usize, name: &[u8]| Pieces::default().with_names(&[&repeated(count, name)]).der();
    let purposes = |count: usize| {
        let mut pieces = Pieces::default();
        pieces.extensions[1] = extension(b"\x55\x1D\x25", &element(0x30, &repeated(count, b"\x06\x01\x2A")));
        pieces.der()
    };
    let nested = (0..11).fold(b"\x05\x00".to_vec(), |inner, _| element(0x30, &inner));
    let every_part_full = {
        let list = |count: usize, element: &[u8]| self::element(0x30, &element.repeat(count));
        let full_name = name(&vec![cn(b"a name of a length"); 96]);
        let point = sequence(&[&element(0xA0, &element(0xA0, b"\x86\x12http://example.org"))]);
        let access = sequence(&[b"\x06\x02\x2A\x03", b"\x86\x12http://example.org"]);
        let other = other_name(b"\x06\x02\x2A\x03", b"\x0C\x12http://example.org");
        let pieces = Pieces {
            issuer: full_name.clone(),
            subject: full_name,
            ..Pieces::default()
        };
        let mut pieces = pieces.with_names(&[&other.repeat(96)]);
        pieces.extensions[1] = extension(
            b"\x55\x1D\x25",
            &list(384, b"\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02"),
        );
        pieces
            .with(extension(
                b"\x55\x1D\x20",
                &list(192, b"\x30\x04\x06\x02\x2A\x03"),
            ))
            .with(extension(b"\x55\x1D\x1F", &list(96, &point)))
            .with(extension(
                b"\x2B\x06\x01\x05\x05\x07\x01\x01",
                &list(128, &access),
            ))
            .der()
    };
    vec![
        ("every part full", every_part_full),
        ("1,700 unknown extensions", {
            let many = (0..1_700_u16)
                .map(|n| extension(&[&[0x2A], &component(n)[..]].concat(), b"anything of some length"));
            many.fold(Pieces::default(), Pieces::with).der()
        }),
        ("32 unknown extensions that look alike", {
            let alike = (0..32_u8).map(|n| extension(&[0x2A, 0x03, n, 0x04, 0x05], &[n; 1_900]));
            alike.fold(Pieces::default(), Pieces::with).der()
        }),
        (
            "2,700 principal names",
            names(2_700, &principal_name(0x0C, b"a@b")),
        ),
        ("20,000 e-mail addresses", names(21_000, b"\x81\x01a")),
        (
            "one name of 60 KB",
            names(1, &principal_name(0x0C, &[b'a'; 60_000])),
        ),
        (
            "one name of 60 KB in UTF-8",
            names(1, &principal_name(0x0C, "é".repeat(30_000).as_bytes())),
        ),
        (
            "one name of 60 KB, faulty at its end",
            names(1, &principal_name(0x0C, &[&[b'a'; 60_000][..], b"\xFF"].concat())),
        ),
        (
            "one name of many elements",
            names(
                1,
                &other_name(b"\x06\x01\x2A", &element(0x30, &repeated(31_000, b"\x05\x00"))),
            ),
        ),
        (
            "1,900 names that nest",
            names(1_900, &other_name(b"\x06\x01\x2A", &nested)),
        ),
        ("5,000 relative names", subject(name(&vec![cn(b""); 4_900]))),
        ("a relative name of 4,000 attributes", {
            let attributes: Vec<_> = (0..4_200_u16).map(|n| cn(format!("{n:04}").as_bytes())).collect();
            subject(element(0x30, &element(0x31, &attributes.concat())))
        }),
        ("20,000 purposes", purposes(21_000)),
        (
            "12,000 policies",
            extended(
                b"\x55\x1D\x20",
                &element(0x30, &repeated(12_500, b"\x30\x03\x06\x01\x2A")),
            ),
        ),
        (
            "31,000 distribution points",
            extended(b"\x55\x1D\x1F", &element(0x30, &repeated(31_000, b"\x30\x00"))),
        ),
        ("a policy of 60 KB", {
            let policy = element(0x06, &[&[0x81; 60_000][..], b"\x01"].concat());
            extended(b"\x55\x1D\x20", &element(0x30, &element(0x30, &policy)))
        }),
        ("a policy of 60 KB with an octet 80", {
            let policy = element(0x06, &[&[0x81; 60_000][..], b"\x80\x01"].concat());
            extended(b"\x55\x1D\x20", &element(0x30, &element(0x30, &policy)))
        }),
        ("a public key of 60 KB", {
            let modulus = element(0x02, &[0x11; 60_000]);
            let key = sequence(&[&modulus, b"\x02\x01\x03"]);
            let algorithm: &[u8] = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00";
            let bits = element(0x03, &[&[0], key.as_slice()].concat());
            Pieces {
                public_key: sequence(&[algorithm, &bits]),
                ..Pieces::default()
            }
            .der()
        }),
    ]
}

/// A component of an object identifier.
fn component(number: u16) -> [u8; 3] {
    let [high, low] = number.to_be_bytes();
    [
        0x81 + (high >> 6),
        0x80 | (high << 1 & 0x7F) | low >> 7,
        low & 0x7F,
    ]
}
