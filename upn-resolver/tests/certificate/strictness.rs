//! Each point of strictness: a good certificate, one thing made wrong, and the right refusal.

use crate::build::{
    ECDSA_WITH_SHA256, Pieces, UPN, alternative_names, attribute, element, extended_key_usage, extension,
    key_usage, name, other_name, principal_name, sequence,
};
use upn_resolver::certificate::{Certificate, Field, Limit, Note, Problem};

#[track_caller]
fn refused(der: &[u8], field: Field, problem: Problem) {
    match Certificate::from_der(der) {
        Ok(_) => panic!("accepted"),
        Err(error) => assert_eq!((error.field(), error.problem()), (field, problem), "{error}"),
    }
}

#[track_caller]
fn accepted(der: &[u8]) -> Certificate<'_> {
    Certificate::from_der(der).unwrap_or_else(|error| panic!("{error}"))
}

fn good() -> Pieces {
    Pieces::default()
}

/// The good certificate with this in the value of an extension that the reader knows.
#[track_caller]
fn value_refused(id: &[u8], value: &[u8], field: Field, problem: Problem) {
    refused(&good().with(extension(id, value)).der(), field, problem);
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
        assert!(Certificate::from_der(&der[..length]).is_err(), "{length} octets");
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
    // The same for the long elements, which have their own way through the reader.
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
        .position(|octets| octets == [0x03, 0x81, 200])
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
fn duplicate_extensions() {
    // Known by number, known by name, X.509's own but not known, not known at all.
    let pairs: [(&[u8], &[u8]); 5] = [
        (SKI, b"\x04\x01\x11"),
        (AIA, b"\x30\x0D\x30\x0B\x06\x03\x2A\x03\x04\x86\x04http"),
        (b"\x55\x1D\x09", b"anything"),
        (b"\x2A\x03\x04", b"anything"),
        (b"\x55\x1D\x81\x00", b"anything"),
    ];
    for (id, value) in pairs {
        accepted(&good().with(extension(id, value)).der());
        let twice = good().with(extension(id, value)).with(extension(id, value));
        refused(&twice.der(), Field::Extensions, Problem::DuplicateExtension);
        // Not next to each other, and one of them critical.
        let first = sequence(&[&element(0x06, id), b"\x01\x01\xFF", &element(0x04, value)]);
        let mut apart = good().with(extension(id, value));
        apart.extensions.insert(0, first);
        refused(&apart.der(), Field::Extensions, Problem::DuplicateExtension);
    }
    let san = good().extensions[2].clone();
    refused(
        &good().with(san).der(),
        Field::Extensions,
        Problem::DuplicateExtension,
    );
    // Extensions whose identifiers look alike are no duplicates.
    let alike = (0..32).fold(good(), |pieces, n| {
        pieces.with(extension(&[0x2A, 0x03, n, 0x04], b"x"))
    });
    accepted(&alike.der());
}

#[test]
fn limits() {
    let unknown =
        |count: u8| (0..count).fold(good(), |pieces, n| pieces.with(extension(&[0x2A, 0x03, n], b"x")));
    accepted(&unknown(32).der());
    refused(
        &unknown(33).der(),
        Field::Extensions,
        Problem::Limit(Limit::UnknownExtensions),
    );

    let of_size = |size: usize| {
        let id: &[u8] = b"\x2A\x03\x04";
        let length = good().with(extension(id, &vec![0; 60_000])).der().len();
        good().with(extension(id, &vec![0; 60_000 + size - length])).der()
    };
    assert_eq!(of_size(65_536).len(), 65_536);
    accepted(&of_size(65_536));
    refused(&of_size(65_537), Field::Certificate, Problem::Limit(Limit::Size));

    let nested = |depth: usize| (1..depth).fold(b"\x05\x00".to_vec(), |inner, _| element(0x30, &inner));
    let with_value = |value: &[u8]| {
        good()
            .with_names(&[&other_name(b"\x06\x02\x2A\x03", value)])
            .der()
    };
    accepted(&with_value(&nested(12)));
    refused(
        &with_value(&nested(13)),
        Field::SubjectAltName,
        Problem::Limit(Limit::Depth),
    );
    refused(
        &with_value(&nested(300)),
        Field::SubjectAltName,
        Problem::Limit(Limit::Depth),
    );
}

#[test]
fn limits_of_a_part() {
    let purposes = |count: usize| {
        let mut pieces = good();
        pieces.extensions[1] = extension(
            b"\x55\x1D\x25",
            &element(0x30, &b"\x06\x02\x2A\x03".repeat(count)),
        );
        pieces.der()
    };
    accepted(&purposes(384));
    refused(
        &purposes(385),
        Field::ExtKeyUsage,
        Problem::Limit(Limit::Elements),
    );
    let names = |count: usize| good().with_names(&[&element(0x81, b"a@b").repeat(count)]).der();
    accepted(&names(384));
    refused(
        &names(385),
        Field::SubjectAltName,
        Problem::Limit(Limit::Elements),
    );
    // Four elements a relative name.
    let subject = |count: usize| {
        Pieces {
            subject: name(&vec![cn("x"); count]),
            ..good()
        }
        .der()
    };
    accepted(&subject(96));
    refused(&subject(97), Field::Subject, Problem::Limit(Limit::Elements));

    let text = |text: &str| good().with_names(&[&principal_name(0x0C, text.as_bytes())]).der();
    accepted(&text(&"a".repeat(60_000)));
    accepted(&text(&"é".repeat(2_048)));
    refused(
        &text(&"é".repeat(2_049)),
        Field::SubjectAltName,
        Problem::Limit(Limit::WideText),
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
    refused(&critical(0x01), Field::Extensions, Problem::Boolean);
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
        accepted(&with_note).notes().collect::<Vec<_>>(),
        [Note::DefaultFalseEncoded]
    );
    let with_note = good()
        .with(extension(BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x00"))
        .der();
    assert_eq!(
        accepted(&with_note).notes().collect::<Vec<_>>(),
        [Note::DefaultFalseEncoded]
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
        b"\x03\x04\x00\x80\x00\x00",
    ] {
        refused(&usage(bits), fault.0, fault.1);
    }
    let notes = |der: &[u8]| accepted(der).notes().collect::<Vec<_>>();
    assert_eq!(notes(&usage(b"\x03\x02\x00\x80")), [Note::KeyUsageTrailingZeros]);
    assert_eq!(notes(&usage(b"\x03\x01\x00")), [Note::KeyUsageEmpty]);
    let key = sequence(&[ED25519, &element(0x03, &[[1].as_slice(), &[0; 32]].concat())]);
    let key = Pieces {
        public_key: key,
        ..good()
    }
    .der();
    refused(&key, Field::SubjectPublicKeyInfo, Problem::BitString);
    let signature_value = b"\x03\x02\x01\x02".to_vec();
    refused(
        &Pieces {
            signature_value,
            ..good()
        }
        .der(),
        Field::SignatureValue,
        Problem::BitString,
    );
}

#[test]
fn serial_numbers() {
    let serial = |octets: &[u8]| {
        Pieces {
            serial_number: element(0x02, octets),
            ..good()
        }
        .der()
    };
    for octets in [&b""[..], b"\x00\x00", b"\x00\x7F", b"\xFF\x80", b"\xFF\xFF"] {
        refused(&serial(octets), Field::SerialNumber, Problem::Integer);
    }
    let notes = |octets: &[u8]| accepted(&serial(octets)).notes().collect::<Vec<_>>();
    assert_eq!(notes(b"\x00\xFF"), []);
    assert_eq!(notes(b"\x00"), [Note::SerialNumberZero]);
    assert_eq!(notes(b"\x80"), [Note::SerialNumberNegative]);
    assert_eq!(notes(&[0x11; 20]), []);
    assert_eq!(notes(&[0x11; 21]), [Note::SerialNumberLong]);
    assert_eq!(
        notes(&[0xEE; 21]),
        [Note::SerialNumberLong, Note::SerialNumberNegative]
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
        accepted(&early).notes().collect::<Vec<_>>(),
        [Note::GeneralizedTimeBefore2050]
    );
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
    // An octet 80 inside of a component is a digit like any other.
    let inside: [&[u8]; 2] = [b"\x2A\x81\x80\x00", b"\x2B\x06\x01\x04\x01\x81\x80\x80\x00\x05"];
    for id in inside {
        let der = purpose(id);
        assert_eq!(
            accepted(&der)
                .extended_key_usage()
                .nth(1)
                .map(upn_resolver::certificate::Oid::as_octets),
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
    for tag in [0x81, 0x82, 0x86] {
        let names = good()
            .with_names(&[&element(tag, "ü@example.com".as_bytes())])
            .der();
        refused(&names, fault.0, fault.1);
    }
}

#[test]
fn empty_lists() {
    let empty = |pieces: Pieces, field| refused(&pieces.der(), field, Problem::Empty);
    empty(good().with_names(&[]), Field::SubjectAltName);
    let mut pieces = good();
    pieces.extensions[1] = extended_key_usage(&[]);
    empty(pieces, Field::ExtKeyUsage);
    refused(
        &good().der_with(b"\xA3\x02\x30\x00"),
        Field::Extensions,
        Problem::Empty,
    );
    empty(
        Pieces {
            subject: b"\x30\x02\x31\x00".to_vec(),
            ..good()
        },
        Field::Subject,
    );
    value_refused(POLICIES, b"\x30\x00", Field::CertificatePolicies, Problem::Empty);
    value_refused(
        POLICIES,
        b"\x30\x08\x30\x06\x06\x02\x2A\x03\x30\x00",
        Field::CertificatePolicies,
        Problem::Empty,
    );
    value_refused(
        CRL_DISTRIBUTION_POINTS,
        b"\x30\x00",
        Field::CrlDistributionPoints,
        Problem::Empty,
    );
    value_refused(AIA, b"\x30\x00", Field::AuthorityInfoAccess, Problem::Empty);
    // An empty subject is how certificates say that all names are in the subjectAltName.
    let der = Pieces {
        subject: b"\x30\x00".to_vec(),
        ..good()
    }
    .der();
    assert!(accepted(&der).subject().is_empty());
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
        refused(
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
    let version = |octets: &[u8]| Pieces {
        version: octets.to_vec(),
        ..good()
    };
    refused(
        &version(b"\xA0\x03\x02\x01\x00").der(),
        Field::Version,
        Problem::DefaultEncoded,
    );
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
    for octets in [&b""[..], b"\xA0\x03\x02\x01\x01"] {
        refused(
            &version(octets).der(),
            Field::Extensions,
            Problem::NotInThisVersion,
        );
        accepted(
            &Pieces {
                extensions: Vec::new(),
                ..version(octets)
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
    refused(&in_v1.der(), Field::UniqueIdentifier, Problem::NotInThisVersion);
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
    accepted(&rsa(b"\x05\x00", &modulus, b"\x01\x00\x01"));
    let fault = (Field::SubjectPublicKeyInfo, Problem::PublicKey);
    refused(&rsa(b"", &modulus, b"\x01\x00\x01"), fault.0, fault.1);
    refused(
        &rsa(b"\x05\x00", &modulus[1..], b"\x01\x00\x01"),
        fault.0,
        fault.1,
    );
    refused(&rsa(b"\x05\x00", &modulus, b"\x81"), fault.0, fault.1);
    refused(&rsa(b"\x05\x00", b"\x00", b"\x03"), fault.0, fault.1);
    refused(&rsa(b"\x05\x00", &modulus, b""), fault.0, Problem::Integer);

    let p256: &[u8] = b"\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07";
    let point = |octets: &[u8]| key(sequence(&[p256, &element(0x03, &[&[0], octets].concat())]));
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

#[test]
fn values_of_extensions() {
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    value_refused(SKI, b"\x30\x00", Field::SubjectKeyIdentifier, found(0x04, 0x30));
    value_refused(
        BASIC_CONSTRAINTS,
        b"\x30\x06\x01\x01\xFF\x02\x01\xFF",
        Field::BasicConstraints,
        Problem::Integer,
    );
    value_refused(
        AKI,
        b"\x30\x03\x83\x01\x11",
        Field::AuthorityKeyIdentifier,
        Problem::TrailingData,
    );
    value_refused(
        AKI,
        b"\x30\x04\x82\x02\x00\x01",
        Field::AuthorityKeyIdentifier,
        Problem::Integer,
    );
    value_refused(
        AKI,
        b"\x30\x02\xA1\x00",
        Field::AuthorityKeyIdentifier,
        Problem::Empty,
    );
    value_refused(
        POLICIES,
        b"\x30\x05\x30\x03\x06\x01\x80",
        Field::CertificatePolicies,
        Problem::ObjectIdentifier,
    );
    let qualifier = b"\x30\x0D\x30\x0B\x06\x02\x2A\x03\x30\x05\x30\x03\x06\x01\x2A";
    value_refused(
        POLICIES,
        qualifier,
        Field::CertificatePolicies,
        Problem::Truncated,
    );
    let points = sequence(&[&sequence(&[&element(
        0xA0,
        &element(0xA0, &element(0x86, b"\xFF")),
    )])]);
    value_refused(
        CRL_DISTRIBUTION_POINTS,
        &points,
        Field::CrlDistributionPoints,
        Problem::String,
    );
    let access = sequence(&[&sequence(&[b"\x06\x02\x2A\x03", b"\x86\x01a", b"\x05\x00"])]);
    value_refused(AIA, &access, Field::AuthorityInfoAccess, Problem::TrailingData);
    value_refused(TEMPLATE_NAME, b"\x1E\x01a", Field::TemplateName, Problem::String);
    value_refused(
        TEMPLATE_NAME,
        b"\x0C\x01a",
        Field::TemplateName,
        found(0x1E, 0x0C),
    );
    let too_large = b"\x30\x0B\x06\x02\x2A\x03\x02\x05\x01\x00\x00\x00\x00";
    value_refused(TEMPLATE, too_large, Field::CertificateTemplate, Problem::Integer);
    value_refused(SID, b"\x30\x00", Field::NtdsCaSecurity, Problem::Empty);
    let wide = alternative_names(&[&element(0xA4, &name(&[cn("x")]))]);
    let mut pieces = good();
    pieces.extensions[2] = wide;
    accepted(&pieces.der());
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
        .position(|octets| octets == b"\x02\x02\x00\x11")
        .unwrap();
    assert_eq!(error.offset(), place + 2);
    assert_eq!(
        error.to_string(),
        format!(
            "octet {}: serialNumber (RFC 5280, section 4.1.2.2): INTEGER that is empty, longer than needed, or out of range",
            place + 2
        )
    );
    assert_eq!(size_of_val(&error), 8);
}
