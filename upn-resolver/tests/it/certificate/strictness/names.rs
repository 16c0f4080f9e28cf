//! Names that influence a decision, and names that do not.

use super::*;
use upn_resolver::certificate::GeneralName;
use upn_resolver::entra::WindowsName;

/// Issuer and subject are written into binding values; a directory name is not.
#[test]
fn characters_of_names() {
    let with = |field: Field, name: Vec<u8>| match field {
        Field::Issuer => Pieces {
            issuer: name,
            ..good()
        },
        Field::Subject => Pieces {
            subject: name,
            ..good()
        },
        _ => good().with_names(&[&element(0xA4, &name)]),
    };
    let outside: [(u8, &[u8]); 12] = [
        (0x13, b"M\xFCller"),
        (0x13, "Müller".as_bytes()),
        (0x13, b"ada@example.com"),
        (0x13, b"*.example.com"),
        (0x13, b"a_b & c"),
        (0x12, b"12-34"),
        (0x12, b"12\xB2"),
        (0x16, b"M\xFCller"),
        (0x1A, b"M\xFCller"),
        (0x1A, "Müller".as_bytes()),
        (0x13, b"a;b"),
        (0x16, b"\xE9"),
    ];
    for field in [Field::Issuer, Field::Subject, Field::SubjectAltName] {
        for (tag, text) in outside {
            let name = name(&[attribute(b"\x55\x04\x03", tag, text)]);
            noted(&with(field, name).der(), field, NoteKind::Characters);
        }
        for (tag, text) in [
            (0x13, &b"A z0 '()+,-./:=?"[..]),
            (0x12, b"12 34"),
            (0x16, b"a@b_*&;"),
            (0x1A, b"~ @"),
            (0x14, b"M\xFCller"),
        ] {
            let name = name(&[attribute(b"\x55\x04\x03", tag, text)]);
            assert_eq!(accepted(&with(field, name).der()).notes().count(), 0, "{tag:02X}");
        }
        // What can't be decoded is refused where it would be written into a value.
        for (tag, text) in [
            (0x0C, &b"\xFF"[..]),
            (0x1E, b"\x00a\x00"),
            (0x1C, b"\x00\x00\x00a\x00"),
        ] {
            let der = with(field, name(&[attribute(b"\x55\x04\x03", tag, text)])).der();
            match field {
                Field::SubjectAltName => malformed(&der, field, Problem::String),
                _ => refused(&der, field, Problem::String),
            }
        }
    }
}

/// Control characters in names: they are read, noted, and never written into a value.
#[test]
fn control_characters_of_names() {
    for (tag, text) in [
        (0x13_u8, &b"a\x07b"[..]),
        (0x1A, b"a\nb"),
        (0x16, b"a\0b"),
        (0x0C, b"a\x1Bb"),
    ] {
        let der = Pieces {
            subject: name(&[attribute(b"\x55\x04\x03", tag, text)]),
            ..good()
        }
        .der();
        let certificate = accepted(&der);
        let notes: Vec<_> = certificate.notes().map(Note::code).collect();
        assert!(notes.contains(&"control-character"), "{notes:?}");
        assert!(WindowsName::new(certificate.subject()).problem().is_some());
    }
}

/// An unreadable name does not hide the names after it.
#[test]
fn broken_names_hide_no_others() {
    let broken = [
        element(0xA4, b"\x31\x00"), // directoryName without its SEQUENCE
        element(0xA4, &name(&[cn("x"), b"\x05\x00".to_vec()])), // what is not an attribute
        element(0xA4, b""),
        element(0x88, b"\x80"),
        element(0x87, b"\x01"), // no address has one byte
        element(0x82, b"\xFF"),
        element(0xA3, b"\x0C\x01\xFF"),
        element(0xA5, b"\x0C\x01\xFF"),
        other_name(b"\x06\x02\x2A\x03", b"\x0C\x01\xFF"),
    ];
    for broken in broken {
        let upn = principal_name(0x0C, b"ada@example.com");
        let mail = element(0x81, b"ada@mail.example.com");
        let der = good().with_names(&[&broken, &upn, &broken, &mail]).der();
        let certificate = accepted(&der);
        assert_eq!(certificate.subject_alternative_names().count(), 4);
        assert_eq!(certificate.principal_names().count(), 1);
        assert_eq!(certificate.rfc822_names().count(), 1);
    }
    let der = good().with_names(&[b"\xA4\x00"]).der();
    let name = accepted(&der).subject_alternative_names().next();
    assert!(matches!(
        name,
        Some(GeneralName::Malformed {
            tag: 0xA4,
            content: []
        })
    ));
}
