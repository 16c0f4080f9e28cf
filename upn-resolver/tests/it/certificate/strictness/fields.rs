//! The fields of the certificate: RFC 5280, section 4.1.

use super::*;
use upn_resolver::certificate::{KeyKind, Version};

#[test]
fn serial_numbers() {
    let serial = |bytes: &[u8]| {
        Pieces {
            serial_number: element(0x02, bytes),
            ..good()
        }
        .der()
    };
    for bytes in [&b""[..], b"\x00\x00", b"\x00\x7F", b"\xFF\x80", b"\xFF\xFF"] {
        refused(&serial(bytes), Field::SerialNumber, Problem::Integer);
    }
    let notes = |bytes: &[u8]| {
        accepted(&serial(bytes))
            .notes()
            .map(Note::kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(notes(b"\x00\xFF"), []);
    assert_eq!(notes(b"\x00"), [NoteKind::SerialNumberZero]);
    assert_eq!(notes(b"\x80"), [NoteKind::SerialNumberNegative]);
    assert_eq!(notes(&[0x11; 20]), []);
    assert_eq!(notes(&[0x11; 21]), [NoteKind::SerialNumberLong]);
    assert_eq!(
        notes(&[0xEE; 21]),
        [NoteKind::SerialNumberLong, NoteKind::SerialNumberNegative]
    );
}

#[test]
fn times() {
    let until = |tag: u8, text: &[u8]| {
        let end = element(tag, text);
        Pieces {
            validity: sequence(&[&element(0x17, b"000101000000Z"), &end]),
            ..good()
        }
        .der()
    };
    let refused_times: &[(u8, &[u8])] = &[
        (0x17, b"2901010000Z"),       // no seconds
        (0x17, b"290101000000+0000"), // an offset
        (0x17, b"290101000000"),      // no Z
        (0x17, b"29010100000aZ"),     // no digit
        (0x17, b"2901010000 0Z"),
        (0x17, b"290001000000Z"), // no month
        (0x17, b"291301000000Z"),
        (0x17, b"290100000000Z"), // no day
        (0x17, b"290230000000Z"), // 30 February
        (0x17, b"290229000000Z"), // 29 February in a common year
        (0x17, b"290431000000Z"), // 31 April
        (0x17, b"290101240000Z"), // no hour
        (0x17, b"290101006000Z"), // no minute
        (0x17, b"290101000060Z"), // a leap second
        (0x17, b""),
        (0x18, b"20510101000000.5Z"), // a fraction
        (0x18, b"205101010000Z"),
        (0x18, b"20510101000000"),
        (0x18, b"20510101000000+00"),
        (0x18, b"21000229000000Z"), // 29 February in a common year
        (0x18, b"2x510101000000Z"),
    ];
    for (tag, text) in refused_times {
        refused(&until(*tag, text), Field::Validity, Problem::Time);
    }
    let found = Problem::UnexpectedTag {
        expected: 0x17,
        found: 0x13,
    };
    refused(&until(0x13, b"290101000000Z"), Field::Validity, found);
    let accepted_times: &[(u8, &[u8], i64)] = &[
        (0x17, b"280229235959Z", 1_835_481_599),
        (0x17, b"491231235959Z", 2_524_607_999),
        (0x17, b"500101000000Z", -631_152_000),
        (0x17, b"991231235959Z", 946_684_799),
        (0x18, b"20500101000000Z", 2_524_608_000),
        (0x18, b"24000229000000Z", 13_574_563_200),
        (0x18, b"99991231235959Z", 253_402_300_799),
    ];
    for (tag, text, seconds) in accepted_times {
        let der = until(*tag, text);
        assert_eq!(accepted(&der).validity().not_after().unix_seconds(), *seconds);
        assert_eq!(accepted(&der).notes().count(), 0);
    }
    let early = until(0x18, b"20491231235959Z");
    assert_eq!(
        accepted(&early).notes().map(Note::kind).collect::<Vec<_>>(),
        [NoteKind::GeneralizedTimeBefore2050]
    );
}

#[test]
fn algorithms_agree() {
    let other = b"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03".to_vec();
    let pieces = Pieces {
        signature_algorithm: other.clone(),
        ..good()
    };
    refused(
        &pieces.der(),
        Field::SignatureAlgorithm,
        Problem::AlgorithmMismatch,
    );
    accepted(
        &Pieces {
            signature: other.clone(),
            signature_algorithm: other,
            ..good()
        }
        .der(),
    );
    let with_null = sequence(&[&ECDSA_WITH_SHA256[2..], b"\x05\x00"]);
    let pieces = Pieces {
        signature_algorithm: with_null,
        ..good()
    };
    refused(
        &pieces.der(),
        Field::SignatureAlgorithm,
        Problem::AlgorithmMismatch,
    );
}

#[test]
fn versions() {
    let version = |bytes: &[u8]| Pieces {
        version: bytes.to_vec(),
        ..good()
    };
    let stated = Pieces {
        extensions: Vec::new(),
        ..version(b"\xA0\x03\x02\x01\x00")
    };
    malformed(&stated.der(), Field::Version, Problem::DefaultEncoded);
    assert_eq!(accepted(&stated.der()).version(), Version::V1);
    refused(
        &version(b"\xA0\x03\x02\x01\x03").der(),
        Field::Version,
        Problem::Version,
    );
    refused(
        &version(b"\xA0\x03\x02\x01\xFF").der(),
        Field::Version,
        Problem::Version,
    );
    refused(
        &version(b"\xA0\x04\x02\x02\x00\x02").der(),
        Field::Version,
        Problem::Version,
    );
    for bytes in [&b""[..], b"\xA0\x03\x02\x01\x00", b"\xA0\x03\x02\x01\x01"] {
        refused(
            &version(bytes).der(),
            Field::Extensions,
            Problem::NotInThisVersion,
        );
        accepted(
            &Pieces {
                extensions: Vec::new(),
                ..version(bytes)
            }
            .der(),
        );
    }
    let unique_identifiers = b"\x81\x02\x00\x11\x82\x02\x00\x22".to_vec();
    accepted(
        &Pieces {
            unique_identifiers: unique_identifiers.clone(),
            ..good()
        }
        .der(),
    );
    let in_v1 = Pieces {
        unique_identifiers,
        extensions: Vec::new(),
        ..version(b"")
    };
    let der = in_v1.der();
    let notes: Vec<_> = accepted(&der).notes().map(Note::kind).collect();
    assert_eq!(notes, [NoteKind::Malformed(Problem::NotInThisVersion); 2]);
    let unused_bits = Pieces {
        unique_identifiers: b"\x81\x02\x03\x11".to_vec(),
        ..good()
    };
    malformed(&unused_bits.der(), Field::UniqueIdentifier, Problem::BitString);
}

#[test]
fn public_keys() {
    let key = |der: Vec<u8>| {
        Pieces {
            public_key: der,
            ..good()
        }
        .der()
    };
    let rsa = |parameters: &[u8], modulus: &[u8], exponent: &[u8]| {
        let id: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";
        let numbers = sequence(&[&element(0x02, modulus), &element(0x02, exponent)]);
        key(sequence(&[
            &sequence(&[id, parameters]),
            &element(0x03, &[&[0], numbers.as_slice()].concat()),
        ]))
    };
    let modulus = [&[0x00, 0xC1], [0x11; 255].as_slice()].concat();
    let exponent = b"\x01\x00\x01";
    let fault = (Field::SubjectPublicKeyInfo, Problem::PublicKey);
    assert_eq!(accepted(&rsa(b"\x05\x00", &modulus, exponent)).notes().count(), 0);
    // None, none that are allowed, none that can be read.
    for parameters in [
        &b""[..],
        b"\x04\x00",
        b"\x30\x03\x02\x01\x20",
        b"\x05\x00\x05\x00",
    ] {
        let der = rsa(parameters, &modulus, exponent);
        match parameters {
            [5, ..] => refused(&der, fault.0, Problem::TrailingData),
            _ => noted(&der, fault.0, NoteKind::AlgorithmParameters),
        }
    }
    for (modulus, exponent) in [
        (&modulus[1..], &exponent[..]),
        (&[&[0x00], modulus.as_slice()].concat(), exponent),
        (&modulus, b"\x81"),
        (&modulus, b"\x00\x03"),
        (&modulus, b"\x00"),
        (&modulus, b""),
    ] {
        let der = rsa(b"\x05\x00", modulus, exponent);
        noted(&der, fault.0, NoteKind::RsaNumber);
        assert_eq!(accepted(&der).public_key().kind(), KeyKind::Rsa { bits: 2048 });
    }
    let short = rsa(b"\x05\x00", b"\x1F\xFF", exponent);
    assert_eq!(accepted(&short).public_key().kind(), KeyKind::Rsa { bits: 13 });
    for modulus in [&b"\x00"[..], b"", b"\x00\x00"] {
        refused(&rsa(b"\x05\x00", modulus, b"\x03"), fault.0, fault.1);
    }

    for parameters in [&b"\x05\x00"[..], b"\x06\x02\x2A\x03"] {
        let algorithm = sequence(&[b"\x06\x03\x2B\x65\x70", parameters]);
        let der = key(sequence(&[&algorithm, &element(0x03, &[0; 33])]));
        noted(&der, fault.0, NoteKind::AlgorithmParameters);
        assert_eq!(accepted(&der).public_key().kind(), KeyKind::Ed25519);
    }
    for parameters in [&b""[..], b"\x05\x00"] {
        let algorithm = sequence(&[b"\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01", parameters]);
        let der = key(sequence(&[&algorithm, &element(0x03, &[0, 4, 0x11, 0x11])]));
        noted(&der, fault.0, NoteKind::AlgorithmParameters);
    }

    let p256: &[u8] = b"\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07";
    let point = |bytes: &[u8]| key(sequence(&[p256, &element(0x03, &[&[0], bytes].concat())]));
    accepted(&point(&[&[0x02], [0x11; 32].as_slice()].concat()));
    refused(
        &point(&[&[0x04], [0x11; 63].as_slice()].concat()),
        fault.0,
        fault.1,
    );
    refused(
        &point(&[&[0x05], [0x11; 64].as_slice()].concat()),
        fault.0,
        fault.1,
    );
    refused(&point(b""), fault.0, fault.1);
    refused(
        &key(sequence(&[ED25519, &element(0x03, &[0; 32])])),
        fault.0,
        fault.1,
    );
}
