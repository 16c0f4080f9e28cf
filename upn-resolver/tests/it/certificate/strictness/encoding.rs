//! The encoding of elements: X.690.

use super::*;

#[test]
fn lengths() {
    let serial = |der: &[u8]| {
        Pieces {
            serial_number: der.to_vec(),
            ..good()
        }
        .der()
    };
    refused(
        &serial(b"\x02\x80\x01\x00\x00"),
        Field::SerialNumber,
        Problem::IndefiniteLength,
    );
    refused(
        &serial(b"\x02\x81\x01\x11"),
        Field::SerialNumber,
        Problem::NonMinimalLength,
    );
    refused(
        &serial(b"\x02\x82\x00\x01\x11"),
        Field::SerialNumber,
        Problem::NonMinimalLength,
    );
    refused(
        &serial(b"\x02\x83\x00\x00\x01\x11"),
        Field::SerialNumber,
        Problem::NonMinimalLength,
    );
    refused(
        &serial(b"\x02\x84\x7F\xFF\xFF\xFF\x11"),
        Field::SerialNumber,
        Problem::Truncated,
    );
    refused(&serial(b"\x02\xFF\x11"), Field::SerialNumber, Problem::Truncated);
    // The same for long elements, which are read by other code.
    let der = good().der();
    assert_eq!(der[..2], [0x30, 0x82]);
    let padded = [&[0x30, 0x83, 0x00], &der[2..]].concat();
    refused(&padded, Field::Certificate, Problem::NonMinimalLength);
    let short = Pieces {
        signature_value: element(0x03, &[0; 200]),
        ..good()
    }
    .der();
    let padded = short
        .windows(3)
        .position(|bytes| bytes == [0x03, 0x81, 200])
        .unwrap();
    let padded = [&short[..padded], &[0x03, 0x82, 0x00, 200], &short[padded + 3..]].concat();
    let padded = [
        &[0x30, 0x82],
        &u16::try_from(padded.len() - 4).unwrap().to_be_bytes()[..],
        &padded[4..],
    ]
    .concat();
    refused(&padded, Field::SignatureValue, Problem::NonMinimalLength);
}

#[test]
fn tags() {
    let serial = |der: &[u8]| {
        Pieces {
            serial_number: der.to_vec(),
            ..good()
        }
        .der()
    };
    let found = |found| Problem::UnexpectedTag {
        expected: 0x02,
        found,
    };
    refused(&serial(b"\x04\x01\x11"), Field::SerialNumber, found(0x04));
    refused(&serial(b"\x82\x01\x11"), Field::SerialNumber, found(0x82));
    refused(
        &serial(b"\x1F\x02\x01\x11"),
        Field::SerialNumber,
        Problem::HighTagNumber,
    );
    let names = good().with_names(&[b"\x9F\x01\x01a"]).der();
    refused(&names, Field::SubjectAltName, Problem::HighTagNumber);
    let names = good().with_names(&[b"\x89\x01a"]).der();
    refused(
        &names,
        Field::SubjectAltName,
        Problem::UnexpectedTag {
            expected: 0xA0,
            found: 0x89,
        },
    );
    let names = good().with_names(&[&other_name(UPN, b"\x00\x00")]).der();
    refused(&names, Field::SubjectAltName, Problem::ReservedTag);
    // rfc822Name made of elements.
    let names = good().with_names(&[b"\xA1\x03\x16\x01a"]).der();
    refused(
        &names,
        Field::SubjectAltName,
        Problem::UnexpectedTag {
            expected: 0xA0,
            found: 0xA1,
        },
    );
}

#[test]
fn constructed_strings() {
    let names = good().with_names(&[&other_name(UPN, b"\x2C\x03\x0C\x01a")]).der();
    refused(&names, Field::SubjectAltName, Problem::ConstructedString);
    let subject = name(&[attribute(b"\x55\x04\x03", 0x33, b"\x13\x01a")]);
    refused(
        &Pieces { subject, ..good() }.der(),
        Field::Subject,
        Problem::ConstructedString,
    );
    let serial_number = b"\x22\x03\x02\x01\x11".to_vec();
    refused(
        &Pieces {
            serial_number,
            ..good()
        }
        .der(),
        Field::SerialNumber,
        Problem::ConstructedString,
    );
    let signature_value = b"\x23\x04\x03\x02\x00\x11".to_vec();
    refused(
        &Pieces {
            signature_value,
            ..good()
        }
        .der(),
        Field::SignatureValue,
        Problem::ConstructedString,
    );
    value_refused(
        SKI,
        b"\x24\x03\x04\x01a",
        Field::SubjectKeyIdentifier,
        Problem::ConstructedString,
    );
}

#[test]
fn booleans() {
    let critical = |value: u8| {
        let id: &[u8] = b"\x06\x03\x55\x1D\x0E";
        good()
            .with(sequence(&[id, &[0x01, 0x01, value], b"\x04\x03\x04\x01\x11"]))
            .der()
    };
    accepted(&critical(0xFF));
    // TRUE as BER has it, where nothing depends on it.
    malformed(&critical(0x01), Field::Extensions, Problem::Boolean);
    assert!(
        accepted(&critical(0x01))
            .extensions()
            .any(|extension| extension.id() == "2.5.29.14" && extension.is_critical())
    );
    let id: &[u8] = b"\x06\x03\x55\x1D\x0E";
    let two_bytes = good().with(sequence(&[id, b"\x01\x02\xFF\xFF", b"\x04\x03\x04\x01\x11"]));
    refused(&two_bytes.der(), Field::Extensions, Problem::Boolean);
    let constraints = b"\x30\x03\x01\x01\x01";
    value_refused(
        BASIC_CONSTRAINTS,
        constraints,
        Field::BasicConstraints,
        Problem::Boolean,
    );
    value_refused(
        BASIC_CONSTRAINTS,
        b"\x30\x04\x01\x02\xFF\xFF",
        Field::BasicConstraints,
        Problem::Boolean,
    );
    // FALSE, encoded where it is the default: DER forbids it, too many issuers do it.
    let with_note = critical(0x00);
    assert_eq!(
        accepted(&with_note).notes().map(Note::kind).collect::<Vec<_>>(),
        [NoteKind::DefaultFalseEncoded]
    );
    let with_note = good()
        .with(extension(BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x00"))
        .der();
    assert_eq!(
        accepted(&with_note).notes().map(Note::kind).collect::<Vec<_>>(),
        [NoteKind::DefaultFalseEncoded]
    );
}

#[test]
fn bit_strings() {
    let usage = |bits: &[u8]| {
        let mut pieces = good();
        pieces.extensions[0] = key_usage(bits);
        pieces.der()
    };
    let fault = (Field::KeyUsage, Problem::BitString);
    for bits in [
        &b"\x03\x00"[..],
        b"\x03\x02\x08\x80",
        b"\x03\x01\x07",
        b"\x03\x02\x07\xC0",
        b"\x03\x04\x00\x80\x00\x01",
    ] {
        refused(&usage(bits), fault.0, fault.1);
    }
    let notes = |der: &[u8]| accepted(der).notes().map(Note::kind).collect::<Vec<_>>();
    assert_eq!(
        notes(&usage(b"\x03\x02\x00\x80")),
        [NoteKind::KeyUsageTrailingZeros]
    );
    assert_eq!(
        notes(&usage(b"\x03\x04\x00\x80\x00\x00")),
        [NoteKind::KeyUsageTrailingZeros]
    );
    assert_eq!(notes(&usage(b"\x03\x01\x00")), [NoteKind::KeyUsageEmpty]);
    let key = sequence(&[ED25519, &element(0x03, &[[1].as_slice(), &[0; 32]].concat())]);
    let key = Pieces {
        public_key: key,
        ..good()
    }
    .der();
    refused(&key, Field::SubjectPublicKeyInfo, Problem::BitString);
    let signature = |bytes: &[u8]| {
        Pieces {
            signature_value: bytes.to_vec(),
            ..good()
        }
        .der()
    };
    for bytes in [&b"\x03\x00"[..], b"\x03\x01\x01", b"\x03\x02\x08\x00"] {
        refused(&signature(bytes), Field::SignatureValue, Problem::BitString);
    }
    for bytes in [
        &b"\x03\x03\x01\xAB\x02"[..],
        b"\x03\x03\x07\xAB\x00",
        b"\x03\x03\x04\xAB\xFF",
    ] {
        malformed(&signature(bytes), Field::SignatureValue, Problem::BitString);
        let der = signature(bytes);
        assert_eq!(accepted(&der).signature(), &bytes[3..]);
        let note = accepted(&der).notes().next().unwrap();
        assert_eq!(note.offset(), der.len() - 3);
    }
}

#[test]
fn object_identifiers() {
    let purpose = |id: &[u8]| {
        let mut pieces = good();
        pieces.extensions[1] = extended_key_usage(&[b"\x2A\x03\x04", id]);
        pieces.der()
    };
    let faulty: [&[u8]; 7] = [
        b"",
        b"\x80\x01",
        b"\x2A\x80\x01",
        b"\x2A\x03\x04\x80\x80\x01",
        b"\x2A\x03\x84",
        b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x80\x02",
        b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x82",
    ];
    for id in faulty {
        refused(&purpose(id), Field::ExtKeyUsage, Problem::ObjectIdentifier);
    }
    // An byte 80 inside of a component is a digit like any other.
    let inside: [&[u8]; 2] = [b"\x2A\x81\x80\x00", b"\x2B\x06\x01\x04\x01\x81\x80\x80\x00\x05"];
    for id in inside {
        let der = purpose(id);
        assert_eq!(
            accepted(&der)
                .extended_key_usage()
                .nth(1)
                .map(upn_resolver::certificate::Oid::as_bytes),
            Some(id)
        );
    }
    let subject = name(&[attribute(b"\x55\x04\x83", 0x0C, b"x")]);
    refused(
        &Pieces { subject, ..good() }.der(),
        Field::Subject,
        Problem::ObjectIdentifier,
    );
    let unknown = good().with(extension(b"\x55\x1D\x83", b"x")).der();
    refused(&unknown, Field::Extensions, Problem::ObjectIdentifier);
    let names = good().with_names(&[b"\x88\x02\x80\x01"]).der();
    malformed(&names, Field::SubjectAltName, Problem::ObjectIdentifier);
    let names = good()
        .with_names(&[&other_name(b"\x06\x02\x80\x01", b"\x05\x00")])
        .der();
    refused(&names, Field::SubjectAltName, Problem::ObjectIdentifier);
}

#[test]
fn text() {
    let in_name = |tag: u8, text: &[u8]| good().with_names(&[&principal_name(tag, text)]).der();
    let fault = (Field::SubjectAltName, Problem::String);
    let bad_utf8: [&[u8]; 6] = [
        b"\xFF",
        b"a\xC0\x80",
        b"\xE0\x80\xAF",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"ab\xE2\x82",
    ];
    for text in bad_utf8 {
        refused(&in_name(0x0C, text), fault.0, fault.1);
        let subject = name(&[attribute(b"\x55\x04\x03", 0x0C, text)]);
        refused(
            &Pieces { subject, ..good() }.der(),
            Field::Subject,
            Problem::String,
        );
    }
    refused(&in_name(0x16, b"\xE9"), fault.0, fault.1);
    refused(
        &in_name(0x13, b"long enough for two words, \xE9"),
        fault.0,
        fault.1,
    );
    refused(&in_name(0x1E, b"\x00a\x00"), fault.0, fault.1);
    refused(&in_name(0x1C, b"\x00\x00\x00a\x00"), fault.0, fault.1);
    let names = |tag: u8| {
        good()
            .with_names(&[&element(tag, "ü@example.com".as_bytes())])
            .der()
    };
    refused(&names(0x81), fault.0, fault.1);
    for tag in [0x82, 0x86] {
        noted(&names(tag), fault.0, NoteKind::Characters);
    }
}

#[test]
fn sets_in_order() {
    let pair = |first: &[u8], second: &[u8]| element(0x30, &element(0x31, &[first, second].concat()));
    let (a, b) = (cn("a"), cn("b"));
    accepted(
        &Pieces {
            subject: pair(&a, &b),
            ..good()
        }
        .der(),
    );
    for (first, second) in [(&b, &a), (&a, &a)] {
        malformed(
            &Pieces {
                subject: pair(first, second),
                ..good()
            }
            .der(),
            Field::Subject,
            Problem::SetOrder,
        );
    }
}
