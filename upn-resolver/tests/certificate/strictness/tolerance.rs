//! What decides nothing is noted and not refused.

use super::*;
use crate::build::critical_extension;
use upn_resolver::certificate::{GeneralName, Notes};
use upn_resolver::entra::WindowsName;

macro_rules! field {
    ($name:literal, $field:ident, $kind:expr) => {
        (
            $name,
            include_bytes!(concat!("../../certificates/field/", $name, ".der")),
            Field::$field,
            $kind,
        )
    };
}

/// The certificates of the field reports: the same certificate, with one thing that a real issuer gets wrong.
#[test]
fn certificates_of_field_reports() {
    use NoteKind::{AlgorithmParameters, Characters, Malformed, RsaNumber};
    let cases: [(&str, &[u8], Field, Option<NoteKind>); 9] = [
        field!("good", Certificate, None),
        field!(
            "policy-utf8string-latin1",
            CertificatePolicies,
            Some(Malformed(Problem::String))
        ),
        field!(
            "policy-visiblestring-latin1",
            CertificatePolicies,
            Some(Malformed(Problem::String))
        ),
        field!("rsa-modulus-without-00", SubjectPublicKeyInfo, Some(RsaNumber)),
        field!(
            "rsa-params-absent",
            SubjectPublicKeyInfo,
            Some(AlgorithmParameters)
        ),
        field!("san-empty", SubjectAltName, Some(Malformed(Problem::Empty))),
        field!("serial-high", SerialNumber, None),
        field!(
            "signature-unused-bits",
            SignatureValue,
            Some(Malformed(Problem::BitString))
        ),
        field!("subject-printable-latin1", Subject, Some(Characters)),
    ];
    for (name, der, field, kind) in cases {
        let notes: Vec<_> = accepted(der)
            .notes()
            .map(|note| (note.field(), note.kind()))
            .collect();
        let expected: Vec<_> = kind.into_iter().map(|kind| (field, kind)).collect();
        assert_eq!(notes, expected, "{name}");
    }
}

/// A user notice, a reference in it, a CPS: all of RFC 5280, section 4.2.1.4, is for people.
#[test]
fn policy_qualifiers() {
    const CPS: &[u8] = b"\x06\x08\x2B\x06\x01\x05\x05\x07\x02\x01";
    const NOTICE: &[u8] = b"\x06\x08\x2B\x06\x01\x05\x05\x07\x02\x02";
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    let policy = |qualifier: &[u8]| {
        let value = sequence(&[&sequence(&[b"\x06\x02\x2A\x03", &sequence(&[qualifier])])]);
        good().with(extension(POLICIES, &value)).der()
    };
    let qualifier = |id: &[u8], value: &[u8]| policy(&sequence(&[id, value]));
    let text = |tag: u8, text: &[u8]| qualifier(NOTICE, &sequence(&[&element(tag, text)]));
    let reference = |organization: &[u8], numbers: &[u8]| {
        let reference = sequence(&[organization, numbers]);
        qualifier(NOTICE, &sequence(&[&reference, b"\x0C\x01x"]))
    };
    for der in [
        qualifier(CPS, b"\x16\x01x"),
        qualifier(NOTICE, b"\x30\x00"),
        qualifier(b"\x06\x02\x2A\x09", b"\x02\x01\x01"),
        text(0x16, b"x"),
        text(0x1A, b"x"),
        text(0x1E, b"\x00x"),
        text(0x0C, "ü".as_bytes()),
        reference(b"\x0C\x01x", b"\x30\x06\x02\x01\x01\x02\x01\x02"),
    ] {
        assert_eq!(accepted(&der).notes().count(), 0);
        assert_eq!(accepted(&der).certificate_policies().count(), 1);
    }
    let cases = [
        // Text that its type does not have.
        (text(0x1A, b"\xE6"), Problem::String),
        (text(0x16, b"\xE6"), Problem::String),
        (text(0x0C, b"\xE6"), Problem::String),
        (text(0x1E, b"\x00x\x00"), Problem::String),
        // Text of a type that is not allowed.
        (text(0x13, b"x"), found(0x0C, 0x13)),
        (text(0x14, b"\xE6"), found(0x0C, 0x14)),
        (text(0x04, b"x"), found(0x0C, 0x04)),
        // A CPS of another type, or not in ASCII.
        (qualifier(CPS, b"\x0C\x01x"), found(0x16, 0x0C)),
        (qualifier(CPS, b"\x13\x01x"), found(0x16, 0x13)),
        (qualifier(CPS, b"\x16\x01\xE6"), Problem::String),
        (qualifier(CPS, b""), Problem::Truncated),
        // References: an organization of a wrong type, numbers that are not a list or not numbers.
        (reference(b"\x13\x01x", b"\x30\x00"), found(0x0C, 0x13)),
        (reference(b"\x0C\x01x", b"\x02\x01\x01"), found(0x30, 0x02)),
        (reference(b"\x0C\x01x", b"\x30\x03\x0C\x01x"), found(0x02, 0x0C)),
        (
            reference(b"\x0C\x01x", b"\x30\x04\x02\x02\x00\x01"),
            Problem::Integer,
        ),
        (reference(b"\x0C\x01x", b""), Problem::Truncated),
        (qualifier(NOTICE, b"\x0C\x01x"), found(0x30, 0x0C)),
        (
            qualifier(NOTICE, b"\x30\x06\x0C\x01x\x0C\x01y"),
            Problem::TrailingData,
        ),
        // Unknown qualifiers, and what is not a qualifier.
        (qualifier(b"\x06\x02\x2A\x09", b"\x0C\x01\xE6"), Problem::String),
        (
            qualifier(b"\x06\x02\x80\x09", b"\x05\x00"),
            Problem::ObjectIdentifier,
        ),
        (qualifier(b"\x06\x02\x2A\x09", b""), Problem::Truncated),
        (policy(b"\x0C\x01x"), found(0x30, 0x0C)),
    ];
    for (der, problem) in cases {
        malformed(&der, Field::CertificatePolicies, problem);
        assert_eq!(accepted(&der).certificate_policies().count(), 1);
    }
    // Each qualifier has its own note.
    let two = [
        sequence(&[NOTICE, b"\x30\x03\x1A\x01\xE6"]),
        sequence(&[CPS, b"\x0C\x01x"]),
    ]
    .concat();
    assert_eq!(accepted(&policy(&two)).notes().count(), 2);
}

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

/// A name that is not read ends nothing: the names behind it are found.
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

/// Distribution points and access descriptions that are not read hide no others either.
#[test]
fn places_that_are_not_read() {
    let uri = element(0x86, b"http://x");
    let point = |names: &[u8]| sequence(&[&element(0xA0, &element(0xA0, names))]);
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    let points = [
        (sequence(&[&element(0xA0, &uri)]), found(0xA0, 0x86)), // without fullName
        (uri.clone(), found(0x30, 0x86)),
        (point(b"\x89\x01x"), found(0xA0, 0x89)),
        (
            sequence(&[b"\x81\x02\x00\x80", b"\xA0\x00"]),
            Problem::TrailingData,
        ),
        (sequence(&[b"\x81\x01\x09"]), Problem::BitString),
    ];
    for (broken, problem) in points {
        // `uri` alone ends what can be noted of the list.
        let value = sequence(&[&broken, &point(&uri)]);
        value_malformed(
            CRL_DISTRIBUTION_POINTS,
            &value,
            Field::CrlDistributionPoints,
            problem,
        );
        let der = good().with(extension(CRL_DISTRIBUTION_POINTS, &value)).der();
        let last = accepted(&der).crl_distribution_points().last().unwrap();
        assert_eq!(last.full_name().count(), 1, "{problem}");
    }
    let latin1 = point(&element(0x86, b"ldap:///CN=M\xFCller"));
    let der = good()
        .with(extension(CRL_DISTRIBUTION_POINTS, &sequence(&[&latin1])))
        .der();
    noted(&der, Field::CrlDistributionPoints, NoteKind::Characters);

    let description = |method: &[u8], location: &[u8]| sequence(&[method, location]);
    let method = b"\x06\x02\x2A\x03";
    let descriptions = [
        (description(method, b""), Problem::Truncated),
        (description(method, b"\x16\x01x"), found(0xA0, 0x16)),
        (description(b"\x06\x01\x80", &uri), Problem::ObjectIdentifier),
        (
            description(method, &[&uri[..], b"\x05\x00"].concat()),
            Problem::TrailingData,
        ),
        (element(0x31, &uri), found(0x30, 0x31)),
    ];
    for (broken, problem) in descriptions {
        let value = sequence(&[&broken, &description(method, &uri)]);
        value_malformed(AIA, &value, Field::AuthorityInfoAccess, problem);
        let der = good().with(extension(AIA, &value)).der();
        let last = accepted(&der).authority_info_access().last().unwrap();
        assert!(matches!(last.location(), GeneralName::Uri(_)), "{problem}");
    }
    // The whole value is of another type.
    value_malformed(AIA, b"\x04\x01x", Field::AuthorityInfoAccess, found(0x30, 0x04));
    value_malformed(
        CRL_DISTRIBUTION_POINTS,
        b"\x86\x01x",
        Field::CrlDistributionPoints,
        found(0x30, 0x86),
    );
}

#[test]
fn authority_key_identifiers() {
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    for (value, problem) in [
        (&b"\x04\x01\x11"[..], found(0x30, 0x04)), // the identifier alone
        (b"\x30\x03\x04\x01\x11", Problem::TrailingData), // without its tag
        (b"\x30\x03\x83\x01\x11", Problem::TrailingData),
        (b"\x30\x04\x82\x02\x00\x01", Problem::Integer),
        (b"\x30\x02\x82\x00", Problem::Integer),
        (b"\x30\x04\xA1\x02\x31\x00", found(0xA0, 0x31)), // a name in the place of names
        (b"\x30\x06\x82\x01\x01\x80\x01\x11", Problem::TrailingData), // in another order
    ] {
        value_malformed(AKI, value, Field::AuthorityKeyIdentifier, problem);
    }
    // A serial number without an issuer, negative or zero: nobody looks.
    for value in [&b"\x30\x06\x80\x01\x11\x82\x01\x80"[..], b"\x30\x03\x82\x01\x00"] {
        let der = good().with(extension(AKI, value)).der();
        assert_eq!(accepted(&der).notes().count(), 0);
        assert!(
            accepted(&der)
                .authority_key_identifier()
                .unwrap()
                .serial_number()
                .is_some()
        );
    }
}

#[test]
fn basic_constraints() {
    let with = |value: &[u8]| good().with(extension(BASIC_CONSTRAINTS, value)).der();
    for (value, kinds) in [
        (&b"\x30\x03\x02\x01\x00"[..], &[NoteKind::PathLengthWithoutCa][..]),
        (
            b"\x30\x06\x01\x01\x00\x02\x01\x00",
            &[NoteKind::DefaultFalseEncoded, NoteKind::PathLengthWithoutCa],
        ),
        (
            b"\x30\x06\x01\x01\xFF\x02\x01\xFF",
            &[NoteKind::Malformed(Problem::Integer)],
        ),
        (
            b"\x30\x07\x01\x01\xFF\x02\x02\x00\x01",
            &[NoteKind::Malformed(Problem::Integer)],
        ),
    ] {
        let der = with(value);
        let notes: Vec<_> = accepted(&der).notes().map(Note::kind).collect();
        assert_eq!(notes, kinds);
    }
    assert_eq!(
        accepted(&with(b"\x30\x06\x01\x01\xFF\x02\x01\xFF"))
            .basic_constraints()
            .unwrap()
            .path_length(),
        None
    );
    value_refused(
        BASIC_CONSTRAINTS,
        b"\x30\x03\x01\x01\x01",
        Field::BasicConstraints,
        Problem::Boolean,
    );
}

#[test]
fn template_names() {
    let found = |found| Problem::UnexpectedTag {
        expected: 0x1E,
        found,
    };
    for (value, problem) in [
        (&b"\x0C\x04User"[..], found(0x0C)),
        (b"\x13\x04User", found(0x13)),
        (b"\x1E\x01a", Problem::String),
        (b"\x30\x00", found(0x30)),
    ] {
        value_malformed(TEMPLATE_NAME, value, Field::TemplateName, problem);
    }
    let der = good().with(extension(TEMPLATE_NAME, b"\x0C\x04User")).der();
    assert_eq!(
        accepted(&der).template_name().unwrap().text().as_deref(),
        Ok("User")
    );
}

/// Extensions that this crate does not know, critical or not, are not looked into: nameConstraints, policyMappings,
/// inhibitAnyPolicy, private ones.
#[test]
fn unknown_extensions() {
    for id in [
        &b"\x55\x1D\x1E"[..],
        b"\x55\x1D\x21",
        b"\x55\x1D\x36",
        b"\x55\x1D\x10",
        b"\x2A\x03\x04",
    ] {
        for value in [&b""[..], b"\x30\x80", b"\xFF\xFF\xFF"] {
            for der in [
                good().with(extension(id, value)).der(),
                good().with(critical_extension(id, value)).der(),
            ] {
                assert_eq!(accepted(&der).notes().count(), 0);
            }
        }
    }
}

#[test]
fn algorithm_parameters() {
    let with = |parameters: &[u8]| {
        let algorithm = sequence(&[&ECDSA_WITH_SHA256[2..], parameters]);
        Pieces {
            signature: algorithm.clone(),
            signature_algorithm: algorithm,
            ..good()
        }
        .der()
    };
    malformed(
        &with(b"\x01\x01\x01"),
        Field::SignatureAlgorithm,
        Problem::Boolean,
    );
    malformed(
        &with(b"\x30\x04\x02\x02\x00\x01"),
        Field::SignatureAlgorithm,
        Problem::Integer,
    );
    refused(
        &with(b"\x30\x02\x02\x01"),
        Field::SignatureAlgorithm,
        Problem::Truncated,
    );
}

#[test]
fn notes_are_in_order_and_bounded() {
    let names: Vec<_> = (0..100).map(|_| element(0x82, b"\xFF")).collect();
    let names: Vec<_> = names.iter().map(Vec::as_slice).collect();
    let der = Pieces {
        signature_value: b"\x03\x02\x01\x00".to_vec(),
        serial_number: b"\x02\x01\x00".to_vec(),
        ..good().with_names(&names)
    }
    .der();
    let offsets: Vec<_> = accepted(&der).notes().map(Note::offset).collect();
    assert_eq!(offsets.len(), Notes::MAX);
    assert!(offsets.is_sorted());
}
