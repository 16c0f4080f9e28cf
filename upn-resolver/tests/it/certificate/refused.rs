//! The published list of reasons to refuse a certificate, `manual::what_is_refused`, compared with the reader and
//! OpenSSL.

use crate::build::{
    ECDSA_WITH_SHA256, Pieces, UPN, alternative_names, attribute, element, extended_key_usage, extension,
    key_usage, name, other_name, principal_name, sequence,
};
use openssl::x509::X509;
use proptest::prelude::*;
use std::collections::BTreeSet;
use upn_resolver::certificate::Certificate;

/// A row of the list.
struct Row {
    code: &'static str,
    fields: Vec<&'static str>,
    openssl: OpenSsl,
}

/// What OpenSSL does with the certificates of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum OpenSsl {
    /// Its versions differ.
    ByVersion,
    /// It depends on the field.
    Depends,
    Reads,
    Refuses,
}

fn rows() -> Vec<Row> {
    let page = include_str!("../../../src/manual/what_is_refused.rs");
    let (_, list) = page.split_once("# Reasons to refuse").unwrap();
    let row = |line: &'static str| {
        let cells: Vec<_> = line.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let [code, fields, _, openssl] = cells[..] else {
            panic!("{line}")
        };
        Row {
            code: code.trim_end_matches('`'),
            fields: fields.split(", ").collect(),
            openssl: match openssl {
                "reads" => OpenSsl::Reads,
                "refuses" => OpenSsl::Refuses,
                "by version" => OpenSsl::ByVersion,
                "depends" => OpenSsl::Depends,
                other => panic!("{other}"),
            },
        }
    };
    list.lines()
        .filter_map(|line| line.strip_prefix("//! | `"))
        .map(row)
        .collect()
}

fn row_of<'r>(rows: &'r [Row], code: &str, field: &str) -> Option<&'r Row> {
    rows.iter()
        .find(|row| row.code == code && (row.fields == ["any"] || row.fields.contains(&field)))
}

/// Code and field of the reason for which a certificate is refused.
fn reason(der: &[u8]) -> Option<(&'static str, String)> {
    let error = Certificate::from_der(der).err()?;
    Some((error.code(), error.field().to_string()))
}

fn openssl_reads(der: &[u8]) -> bool {
    X509::from_der(der).is_ok()
}

#[test]
fn every_reason_is_tested_and_every_test_has_a_reason() {
    let rows = rows();
    assert!(rows.len() > 30);
    let mut seen = BTreeSet::new();
    for der in samples() {
        let Some((code, field)) = reason(&der) else {
            panic!("accepted: {der:02X?}");
        };
        let row = row_of(&rows, code, &field).unwrap_or_else(|| panic!("not on the list: {code} {field}"));
        match (row.openssl, openssl_reads(&der)) {
            (OpenSsl::Reads, false) | (OpenSsl::Refuses, true) => {
                panic!(
                    "OpenSSL: {:?} is wrong for {code} {field}: {der:02X?}",
                    row.openssl
                )
            }
            (_, reads) => seen.insert((code, field, reads)),
        };
    }
    for row in &rows {
        for listed in &row.fields {
            let of_row: Vec<_> = seen
                .iter()
                .filter(|(code, field, _)| *code == row.code && (*listed == "any" || field == listed))
                .map(|(.., reads)| *reads)
                .collect();
            assert!(!of_row.is_empty(), "no certificate for {} in {listed}", row.code);
            if row.openssl == OpenSsl::Depends && row.fields.len() == 1 {
                assert!(
                    of_row.contains(&true) && of_row.contains(&false),
                    "OpenSSL for {}",
                    row.code
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_openssl_reads_is_refused_for_a_published_reason(der in crate::certificate::properties::mutant()) {
        if let Some((code, field)) = reason(&der) {
            let rows = rows();
            let row = row_of(&rows, code, &field);
            prop_assert!(row.is_some(), "{code} {field}");
            if openssl_reads(&der) {
                prop_assert!(row.is_some_and(|row| row.openssl != OpenSsl::Refuses), "{code} {field}");
            }
        }
    }
}

/// Certificates that are refused, at least one for each reason and field of the list.
fn samples() -> Vec<Vec<u8>> {
    let mut all = of_the_encoding();
    all.extend(of_fields());
    all.extend(of_keys());
    all.extend(of_extensions());
    all.extend(beyond_limits());
    all
}

fn good() -> Pieces {
    Pieces::default()
}

fn serial(der: &[u8]) -> Vec<u8> {
    Pieces {
        serial_number: der.to_vec(),
        ..good()
    }
    .der()
}

fn issuer(der: Vec<u8>) -> Vec<u8> {
    Pieces {
        issuer: der,
        ..good()
    }
    .der()
}

fn subject(der: Vec<u8>) -> Vec<u8> {
    Pieces {
        subject: der,
        ..good()
    }
    .der()
}

fn value(id: &[u8], value: &[u8]) -> Vec<u8> {
    good().with(extension(id, value)).der()
}

fn names(names: &[&[u8]]) -> Vec<u8> {
    good().with_names(names).der()
}

const SKI: &[u8] = b"\x55\x1D\x0E";
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1D\x13";
const POLICIES: &[u8] = b"\x55\x1D\x20";
const TEMPLATE: &[u8] = b"\x2B\x06\x01\x04\x01\x82\x37\x15\x07";
const SID: &[u8] = b"\x2B\x06\x01\x04\x01\x82\x37\x19\x02";

/// Lengths and tags.
fn of_the_encoding() -> Vec<Vec<u8>> {
    let upn = principal_name(0x0C, b"ada@example.com");
    let mut after_all = good().der();
    after_all.push(0);
    let mut cut = good().der();
    cut.pop();
    vec![
        serial(b"\x02\x80\x01\x00\x00"),
        value(POLICIES, b"\x30\x80\x00\x00"),
        serial(b"\x02\x81\x01\x11"),
        value(POLICIES, b"\x30\x81\x00"),
        serial(b"\x1F\x02\x01\x11"),
        names(&[b"\x9F\x01\x01a"]),
        cut,
        value(POLICIES, b""),
        names(&[&upn[..upn.len() - 1]]),
        after_all,
        serial(b"\x02\x01\x11\x05\x00"),
        names(&[&other_name(UPN, b"\x0C\x01a\x05\x00")]),
        value(POLICIES, b"\x30\x00\x05\x00"),
        // Constructed strings.
        serial(b"\x22\x03\x02\x01\x11"),
        issuer(name(&[attribute(b"\x55\x04\x03", 0x33, b"\x13\x01a")])),
        subject(name(&[attribute(b"\x55\x04\x03", 0x2C, b"\x0C\x01a")])),
        Pieces {
            signature_value: b"\x23\x04\x03\x02\x00\x11".to_vec(),
            ..good()
        }
        .der(),
        names(&[&other_name(UPN, b"\x2C\x03\x0C\x01a")]),
        value(SKI, b"\x24\x03\x04\x01a"),
    ]
}

/// RFC 5280, section 4.1.
fn of_fields() -> Vec<Vec<u8>> {
    let bit_string = |bits: &[u8]| {
        Pieces {
            signature_value: element(0x03, bits),
            ..good()
        }
        .der()
    };
    let algorithm = |der: Vec<u8>| {
        Pieces {
            signature: der.clone(),
            signature_algorithm: der,
            ..good()
        }
        .der()
    };
    let other = b"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03".to_vec();
    let until = |tag: u8, text: &[u8]| {
        let start = element(0x17, b"000101000000Z");
        Pieces {
            validity: sequence(&[&start, &element(tag, text)]),
            ..good()
        }
        .der()
    };
    let version = |der: &[u8], extensions| {
        Pieces {
            version: der.to_vec(),
            extensions,
            ..good()
        }
        .der()
    };
    let text = |tag: u8, text: &[u8]| name(&[attribute(b"\x55\x04\x03", tag, text)]);
    let nothing = || b"\x30\x02\x31\x00".to_vec();
    let id = |id: &[u8]| name(&[attribute(id, 0x0C, b"x")]);
    let outer = |tbs: &[u8]| sequence(&[tbs, ECDSA_WITH_SHA256, &good().signature_value]);
    let mut certificates = vec![
        serial(b"\x02\x00"),
        serial(b"\x02\x02\x00\x11"),
        serial(b"\x02\x02\xFF\x80"),
        serial(b"\x04\x01\x11"),
        bit_string(b""),
        bit_string(b"\x08\x00"),
        Pieces {
            signature_algorithm: other,
            ..good()
        }
        .der(),
        algorithm(b"\x30\x04\x06\x02\x2A\x80".to_vec()),
        algorithm(b"\x30\x02\x05\x00".to_vec()),
        algorithm(b"\x05\x00".to_vec()),
        until(0x17, b"2901010000Z"),
        until(0x17, b"290101000000+0000"),
        until(0x17, b"290230000000Z"),
        until(0x18, b"20510101000000.5Z"),
        until(0x18, b"205101010000Z"),
        until(0x13, b"290101000000Z"),
        until(0x17, b"290101000000Z\x05\x00"),
        Pieces {
            validity: sequence(&[
                &[0x17, 13],
                b"260101000000Z",
                &[0x17, 13],
                b"290101000000Z",
                b"\x05\x00",
            ]),
            ..good()
        }
        .der(),
        version(b"\xA0\x03\x02\x01\x03", Vec::new()),
        version(b"\xA0\x04\x02\x02\x00\x02", Vec::new()),
        version(b"", good().extensions),
        version(b"\xA0\x03\x02\x01\x00", good().extensions),
        version(b"\xA0\x03\x02\x01\x01", good().extensions),
        // The certificate as a whole.
        b"\x31\x00".to_vec(),
        outer(b"\x31\x00"),
        sequence(&[&sequence(&[]), b"\x04\x00"]),
        outer(&sequence(&[
            b"\xA0\x03\x02\x01\x02",
            b"\x02\x01\x11",
            b"\x05\x00",
        ])),
        sequence(&[&sequence(&[]), ECDSA_WITH_SHA256, b"\x04\x00"]),
    ];
    for build in [issuer as fn(Vec<u8>) -> Vec<u8>, subject] {
        certificates.extend([
            build(nothing()),
            build(text(0x0C, b"\xFF")),
            build(text(0x1E, b"\x00a\x00")),
            build(text(0x1C, b"\x00\x00\x00a\x00")),
            build(id(b"\x55\x04\x83")),
            build(id(b"")),
            build(b"\x31\x00".to_vec()),
            build(b"\x30\x02\x30\x00".to_vec()),
        ]);
    }
    certificates
}

/// RFC 5280, section 4.1.2.7.
fn of_keys() -> Vec<Vec<u8>> {
    let key = |der: Vec<u8>| {
        Pieces {
            public_key: der,
            ..good()
        }
        .der()
    };
    let rsa = |numbers: &[u8]| {
        let algorithm = sequence(&[b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01", b"\x05\x00"]);
        key(sequence(&[&algorithm, &element(0x03, numbers)]))
    };
    let p256: &[u8] = b"\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07";
    let point = |bits: &[u8]| key(sequence(&[p256, &element(0x03, bits)]));
    vec![
        point(b"\x01\x02\x11"),
        point(b"\x00\x04\x11"),
        point(&[&[0, 5], [0x11; 64].as_slice()].concat()),
        point(b"\x00"),
        key(sequence(&[
            b"\x30\x05\x06\x03\x2B\x65\x70",
            &element(0x03, &[0; 32]),
        ])),
        key(sequence(&[b"\x30\x03\x06\x01\x80", b"\x03\x02\x00\x11"])),
        key(sequence(&[p256, b"\x04\x02\x00\x11"])),
        key(b"\x31\x00".to_vec()),
        rsa(b"\x00\x30\x06\x02\x01\x00\x02\x01\x03"),
        rsa(b"\x00\x31\x06\x02\x01\x11\x02\x01\x03"),
        rsa(b"\x00\x30\x06\x02\x01\x11\x04\x01\x03"),
    ]
}

/// RFC 5280, sections 4.1.2.9 and 4.2; \[MS-WCCE\], section 2.2.2.7.7.
fn of_extensions() -> Vec<Vec<u8>> {
    let critical = |boolean: &[u8]| {
        let id: &[u8] = b"\x06\x03\x55\x1D\x0E";
        good()
            .with(sequence(&[id, boolean, b"\x04\x03\x04\x01\x11"]))
            .der()
    };
    let usage = |bits: &[u8]| {
        let mut pieces = good();
        pieces.extensions[0] = key_usage(bits);
        pieces.der()
    };
    let purpose = |id: &[u8]| {
        let mut pieces = good();
        pieces.extensions[1] = extended_key_usage(&[id]);
        pieces.der()
    };
    let purposes = |value: &[u8]| {
        let mut pieces = good();
        pieces.extensions[1] = extension(b"\x55\x1D\x25", value);
        pieces.der()
    };
    let all_names = |der: &[u8]| {
        let mut pieces = good();
        pieces.extensions[2] = extension(b"\x55\x1D\x11", der);
        pieces.der()
    };
    let upn = |der: &[u8]| names(&[&other_name(UPN, der)]);
    let twice = |id: &[u8]| {
        let one = extension(id, b"\x04\x01\x11");
        good().with(one.clone()).with(one).der()
    };
    let sid = |kind: &[u8]| sequence(&[&other_name(kind, b"\x04\x01S")]);
    vec![
        usage(b"\x03\x02\x07\xC0"),
        usage(b"\x03\x02\x08\x80"),
        usage(b"\x03\x04\x00\x80\x00\x01"),
        usage(b"\x04\x02\x07\x80"),
        purpose(b""),
        purpose(b"\x80\x01"),
        purpose(b"\x2A\x83"),
        purposes(b"\x31\x00"),
        purposes(b"\x30\x03\x0C\x01x"),
        critical(b"\x01\x00"),
        critical(b"\x01\x02\xFF\xFF"),
        critical(b"\x02\x01\xFF"),
        twice(SKI),
        twice(b"\x2A\x03\x04"),
        good().with(alternative_names(&[&element(0x81, b"a@b")])).der(),
        good().with(extension(b"\x55\x1D\x83", b"x")).der(),
        value(SKI, b"\x30\x00"),
        value(SKI, &[0x11; 20]), // the identifier without its OCTET STRING
        value(BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x01"),
        value(BASIC_CONSTRAINTS, b"\x31\x00"),
        value(POLICIES, b"\x31\x00"),
        value(POLICIES, b"\x30\x05\x30\x03\x06\x01\x80"),
        value(TEMPLATE, b"\x31\x00"),
        value(TEMPLATE, b"\x30\x03\x06\x01\x80"),
        value(TEMPLATE, b"\x30\x0B\x06\x02\x2A\x03\x02\x05\x01\x00\x00\x00\x00"),
        value(TEMPLATE, b"\x30\x07\x06\x02\x2A\x03\x02\x01\xFF"),
        value(SID, b"\x31\x00"),
        value(SID, &sid(b"\x06\x01\x80")),
        // Names.
        all_names(b"\x31\x00"),
        names(&[b"\x89\x01a"]),
        names(&[b"\xA1\x03\x16\x01a"]),
        names(&[b"\x0C\x01a"]),
        names(&[&other_name(b"\x06\x01\x80", b"\x05\x00")]),
        upn(b"\x0C\x01\xFF"),
        upn(b"\x13\x01\xE9"),
        upn(b"\x1E\x01a"),
        names(&[&element(0x81, b"\xE9@example.com")]),
        upn(b"\x03\x02\x08\x00"),
        upn(b"\x01\x01\x01"),
        upn(b"\x02\x02\x00\x01"),
        upn(b"\x00\x00"),
        upn(b"\x0F\x00"),
    ]
}

fn beyond_limits() -> Vec<Vec<u8>> {
    let nested = |depth: usize| (1..depth).fold(b"\x05\x00".to_vec(), |inner, _| element(0x30, &inner));
    let unknown = (0..33).fold(good(), |pieces, n| pieces.with(extension(&[0x2A, 0x03, n], b"x")));
    let one = attribute(b"\x55\x04\x03", 0x0C, b"x");
    vec![
        names(&[&other_name(b"\x06\x02\x2A\x03", &nested(13))]),
        value(POLICIES, &nested(20)),
        names(&[&element(0x81, b"a@b").repeat(385)]),
        subject(name(&vec![one; 97])),
        unknown.der(),
        value(b"\x2A\x03\x04", &vec![0; 65_536]),
        names(&[&principal_name(0x0C, "é".repeat(2_049).as_bytes())]),
    ]
}
