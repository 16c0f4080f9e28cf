//! The way to the key of certificates that are refused otherwise.

use upn_resolver::certificate::{BasicConstraints, Certificate, KeyKind, Outline};

use crate::build::{Pieces, element, extension, sequence};
use crate::certificate::FIXTURES;

#[test]
fn an_outline_agrees_with_the_certificate() {
    for (name, der) in FIXTURES {
        let (certificate, outline) = (
            Certificate::from_der(der).unwrap(),
            Outline::from_der(der).unwrap(),
        );
        assert_eq!(outline.issuer_der(), certificate.issuer_der(), "{name}");
        assert_eq!(outline.subject_der(), certificate.subject_der(), "{name}");
        assert_eq!(outline.public_key(), certificate.public_key(), "{name}");
        let ca = certificate
            .basic_constraints()
            .is_some_and(BasicConstraints::is_ca);
        assert_eq!(outline.is_ca(), ca, "{name}");
        let (_, theirs) = x509_parser::parse_x509_certificate(der).unwrap();
        if let Ok(x509_parser::public_key::PublicKey::RSA(theirs)) = theirs.public_key().parsed() {
            let (modulus, exponent) = outline.public_key().rsa_numbers().unwrap();
            assert_eq!(
                modulus,
                theirs.modulus.strip_prefix(&[0]).unwrap_or(theirs.modulus),
                "{name}"
            );
            assert_eq!(exponent, theirs.exponent, "{name}");
        } else {
            assert_eq!(outline.public_key().rsa_numbers(), None, "{name}");
        }
    }
}

#[test]
fn errors_elsewhere_do_not_hide_the_key() {
    let good = Pieces::default();
    let duplicate = good.extensions[0].clone();
    let odd: [(&str, Pieces); 6] = [
        (
            "no validity",
            Pieces {
                validity: sequence(&[]),
                ..good.clone()
            },
        ),
        (
            "another algorithm inside",
            Pieces {
                signature: sequence(&[&element(0x06, &[0x2a])]),
                ..good.clone()
            },
        ),
        (
            "version 9",
            Pieces {
                version: b"\xA0\x03\x02\x01\x09".to_vec(),
                ..good.clone()
            },
        ),
        (
            "a serial number of 00 00",
            Pieces {
                serial_number: b"\x02\x02\x00\x00".to_vec(),
                ..good.clone()
            },
        ),
        (
            "an issuer that is not a name",
            Pieces {
                issuer: sequence(&[b"\x05\x00"]),
                ..good.clone()
            },
        ),
        ("an extension twice", good.clone().with(duplicate)),
    ];
    let expected = Certificate::from_der(&good.der())
        .unwrap()
        .public_key()
        .as_der()
        .to_vec();
    for (name, pieces) in odd {
        let der = pieces.der();
        assert!(Certificate::from_der(&der).is_err(), "{name}");
        let outline = Outline::from_der(&der).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(outline.public_key().as_der(), expected, "{name}");
        assert_eq!(outline.issuer_der(), pieces.issuer, "{name}");
    }
    let trailing = [good.der(), vec![0; 8]].concat();
    assert!(Certificate::from_der(&trailing).is_err());
    assert_eq!(
        Outline::from_der(&trailing).unwrap().public_key().as_der(),
        expected
    );
}

#[test]
fn an_authority_is_one_that_says_so() {
    let constraints = |value: &[u8]| Pieces::default().with(extension(b"\x55\x1D\x13", value));
    for (value, ca) in [
        (sequence(&[]), false),
        (sequence(&[b"\x01\x01\xFF"]), true),
        (sequence(&[b"\x01\x01\x01"]), true),
        (sequence(&[b"\x01\x01\x00"]), false),
        (sequence(&[b"\x01\x01\xFF", b"\x02\x01\x00"]), true),
        (b"\x05\x00".to_vec(), false),
    ] {
        let der = constraints(&value).der();
        assert_eq!(Outline::from_der(&der).unwrap().is_ca(), ca, "{value:02x?}");
    }
    let identified = Pieces {
        unique_identifiers: element(0x81, &[0, 1]),
        ..constraints(&sequence(&[b"\x01\x01\xFF"]))
    };
    assert!(Outline::from_der(&identified.der()).unwrap().is_ca());
    let without = Pieces {
        extensions: Vec::new(),
        ..Pieces::default()
    };
    assert!(!Outline::from_der(&without.der()).unwrap().is_ca());
}

#[test]
fn what_has_no_key_is_refused() {
    let pieces = Pieces {
        public_key: sequence(&[]),
        ..Pieces::default()
    };
    for der in [&b""[..], b"\x30\x00", b"no certificate", &pieces.der()] {
        assert!(Outline::from_der(der).is_err(), "{der:02x?}");
    }
    let kind = |public_key: Vec<u8>| {
        let der = Pieces {
            public_key,
            ..Pieces::default()
        }
        .der();
        Outline::from_der(&der).map(|outline| outline.public_key().kind())
    };
    let unknown = sequence(&[
        &sequence(&[&element(0x06, &[0x2a, 0x03])]),
        &element(0x03, &[0, 1]),
    ]);
    assert_eq!(kind(unknown).unwrap(), KeyKind::Other);
}
