//! What decides nothing is noted and not refused.

use super::*;
use crate::build::critical_extension;
use NoteKind::{AlgorithmParameters, Characters, Malformed, Name, RsaNumber};
use upn_resolver::certificate::{GeneralName, NameProblem, Notes};

macro_rules! report {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../certificates/field/", $name, ".der")),
            None,
        )
    };
    ($name:literal, $field:ident, $kind:expr) => {
        (
            $name,
            include_bytes!(concat!("../../../certificates/field/", $name, ".der")),
            Some((Field::$field, $kind)),
        )
    };
}

/// The certificates of the field reports: the same certificate, each with one thing that a real issuer gets wrong.
pub(crate) fn field_reports() -> impl Iterator<Item = &'static [u8]> {
    FIELD_REPORTS.iter().map(|(_, der, _)| *der)
}

/// What is noted, and where.
type Noted = Option<(Field, NoteKind)>;

const FIELD_REPORTS: &[(&str, &[u8], Noted)] = &[
    report!("good"),
    report!(
        "policy-utf8string-latin1",
        CertificatePolicies,
        Malformed(Problem::String)
    ),
    report!(
        "policy-visiblestring-latin1",
        CertificatePolicies,
        Malformed(Problem::String)
    ),
    report!("rsa-modulus-without-00", SubjectPublicKeyInfo, RsaNumber),
    report!("rsa-params-absent", SubjectPublicKeyInfo, AlgorithmParameters),
    report!("san-empty", SubjectAltName, Malformed(Problem::Empty)),
    report!("serial-high"),
    report!(
        "signature-unused-bits",
        SignatureValue,
        Malformed(Problem::BitString)
    ),
    report!("subject-printable-latin1", Subject, Characters),
    report!(
        "subject-sinhala-zwj",
        Subject,
        Name(NameProblem::Invisible {
            character: '\u{200D}'
        })
    ),
    report!("subject-t61-utf8"),
];

#[test]
fn certificates_of_field_reports() {
    for (name, der, noted) in FIELD_REPORTS {
        let notes: Vec<_> = accepted(der)
            .notes()
            .map(|note| (note.field(), note.kind()))
            .collect();
        assert_eq!(notes, noted.iter().copied().collect::<Vec<_>>(), "{name}");
    }
}

/// Unreadable distribution points and access descriptions do not hide others.
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
        // After `uri`, nothing more of the list can be noted.
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
    // A serial number without an issuer, negative or zero: it is not checked.
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
