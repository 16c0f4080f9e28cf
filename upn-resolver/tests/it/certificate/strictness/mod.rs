//! Each point of strictness: a good certificate, one thing made wrong, and the right refusal.

mod encoding;
mod extensions;
mod fields;
mod names;
mod policies;
mod tolerance;

pub(crate) use tolerance::field_reports;

use crate::build::{
    ECDSA_WITH_SHA256, Pieces, UPN, alternative_names, attribute, element, extended_key_usage, extension,
    key_usage, name, other_name, principal_name, sequence,
};
use upn_resolver::certificate::{Certificate, Field, Limit, Note, NoteKind, Problem};

#[track_caller]
fn refused(der: &[u8], field: Field, problem: Problem) {
    match Certificate::from_der(der) {
        Ok(_) => panic!("accepted, not {field}: {problem}: {der:02X?}"),
        Err(error) => assert_eq!((error.field(), error.problem()), (field, problem), "{error}"),
    }
}

#[track_caller]
fn accepted(der: &[u8]) -> Certificate<'_> {
    Certificate::from_der(der).unwrap_or_else(|error| panic!("{error}"))
}

/// Asserts that the certificate is accepted with only this note.
#[track_caller]
fn noted(der: &[u8], field: Field, kind: NoteKind) {
    let certificate = accepted(der);
    let notes: Vec<_> = certificate
        .notes()
        .map(|note| (note.field(), note.kind()))
        .collect();
    assert_eq!(notes, [(field, kind)]);
    assert!(
        certificate
            .notes()
            .all(|note| (1..=der.len()).contains(&note.offset()))
    );
}

#[track_caller]
fn malformed(der: &[u8], field: Field, problem: Problem) {
    noted(der, field, NoteKind::Malformed(problem));
}

fn good() -> Pieces {
    Pieces::default()
}

/// The valid certificate with this value in a known extension.
#[track_caller]
fn value_refused(id: &[u8], value: &[u8], field: Field, problem: Problem) {
    refused(&good().with(extension(id, value)).der(), field, problem);
}

/// The good certificate with this in the value of an extension that decides nothing.
#[track_caller]
fn value_malformed(id: &[u8], value: &[u8], field: Field, problem: Problem) {
    malformed(&good().with(extension(id, value)).der(), field, problem);
}

const SKI: &[u8] = b"\x55\x1D\x0E";
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1D\x13";
const CRL_DISTRIBUTION_POINTS: &[u8] = b"\x55\x1D\x1F";
const POLICIES: &[u8] = b"\x55\x1D\x20";
const AKI: &[u8] = b"\x55\x1D\x23";
const AIA: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x01\x01";
const TEMPLATE_NAME: &[u8] = b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02";
const TEMPLATE: &[u8] = b"\x2B\x06\x01\x04\x01\x82\x37\x15\x07";
const SID: &[u8] = b"\x2B\x06\x01\x04\x01\x82\x37\x19\x02";

#[test]
fn the_good_certificate_is_good() {
    let der = good().der();
    assert_eq!(accepted(&der).notes().count(), 0);
}

#[test]
fn every_truncation_is_refused() {
    let der = good().der();
    for length in 0..der.len() {
        assert!(Certificate::from_der(&der[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn trailing_data_at_any_level() {
    let mut der = good().der();
    der.push(0);
    refused(&der, Field::Certificate, Problem::TrailingData);

    let with_more = |pieces: Pieces, field| refused(&pieces.der(), field, Problem::TrailingData);
    let null: &[u8] = b"\x05\x00";
    with_more(
        Pieces {
            signature_value: [&good().signature_value, null].concat(),
            ..good()
        },
        Field::Certificate,
    );
    let end: &[u8] = &[0x17, 13];
    let time = [end, b"290101000000Z"].concat();
    with_more(
        Pieces {
            validity: sequence(&[&time, &time, &time]),
            ..good()
        },
        Field::Validity,
    );
    with_more(
        Pieces {
            issuer: element(
                0x30,
                &element(0x31, &sequence(&[b"\x06\x03\x55\x04\x03", b"\x0C\x01x", null])),
            ),
            ..good()
        },
        Field::Issuer,
    );
    let key = sequence(&[ED25519, &element(0x03, &[0; 33]), null]);
    with_more(
        Pieces {
            public_key: key,
            ..good()
        },
        Field::SubjectPublicKeyInfo,
    );
    let id: &[u8] = b"\x06\x03\x55\x1D\x0E";
    with_more(
        good().with(sequence(&[id, b"\x04\x02\x04\x00", null])),
        Field::Extensions,
    );
    with_more(
        good().with(extension(SKI, b"\x04\x00\x05\x00")),
        Field::Extensions,
    );
    with_more(
        good().with_names(&[&other_name(UPN, b"\x0C\x01a\x05\x00")]),
        Field::SubjectAltName,
    );
    let after_list = [element(
        0xA3,
        &[sequence(&[&good().extensions[0]]), null.to_vec()].concat(),
    )]
    .concat();
    refused(
        &good().der_with(&after_list),
        Field::Extensions,
        Problem::TrailingData,
    );
    let after_extensions = [element(0xA3, &sequence(&[&good().extensions[0]])), null.to_vec()].concat();
    refused(
        &good().der_with(&after_extensions),
        Field::TbsCertificate,
        Problem::TrailingData,
    );
}

const ED25519: &[u8] = b"\x30\x05\x06\x03\x2B\x65\x70";

fn cn(text: &str) -> Vec<u8> {
    attribute(b"\x55\x04\x03", 0x0C, text.as_bytes())
}

#[test]
fn errors_say_where() {
    let der = Pieces {
        serial_number: b"\x02\x02\x00\x11".to_vec(),
        ..good()
    }
    .der();
    let error = Certificate::from_der(&der).unwrap_err();
    let place = der
        .windows(4)
        .position(|bytes| bytes == b"\x02\x02\x00\x11")
        .unwrap();
    assert_eq!(error.offset(), place + 2);
    assert_eq!(
        error.to_string(),
        format!(
            "byte {}: serialNumber (RFC 5280, section 4.1.2.2): INTEGER that is empty, longer than needed, or out of range",
            place + 2
        )
    );
    assert_eq!(size_of_val(&error), 8);
}
