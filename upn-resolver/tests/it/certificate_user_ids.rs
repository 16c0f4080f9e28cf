//! The values of `certificateUserIds` and `altSecurityIdentities`, against vectors and programs that are not ours.

use crate::build;
use crate::build::{Pieces, attribute, element, name};
use openssl::x509::X509;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::minted::Mint;
use upn_resolver::Certificate;
use upn_resolver::certificate::NameProblem;
use upn_resolver::entra::{
    AltSecurityIdentity, CertificateField, CertificateUserId, MappingStrength, MultiValueSeparator,
    NameOrder, SerialPadding, Sha1PublicKey, StoredUserId, ValueInterpretation, WindowsName,
};

/// The certificate of Microsoft's own tests of `Get-EntraUserCertificateUserIdsFromCertificate`, from the repository
/// <https://github.com/microsoftgraph/entra-powershell> (Copyright (c) Microsoft Corporation, MIT licence).
const MICROSOFT: &[u8] = include_bytes!("../certificates/entra-powershell.der");

fn value(der: &[u8], field: CertificateField, interpretations: ValueInterpretation) -> Option<String> {
    let certificate = Certificate::from_der(der).unwrap();
    CertificateUserId::of(&certificate, field, interpretations)
        .unwrap()
        .map(|value| value.to_string())
}

#[test]
fn the_vector_of_microsofts_own_tests() {
    let expected = [
        // Their tests expect the serial number in the order in which it is shown, which never matches; the
        // documentation of certificate user IDs has it reversed.
        (
            CertificateField::IssuerAndSerialNumber,
            Some("X509:<I>CN=Contoso<SR>8a2d086464fa23449686bf4441978c1e"),
        ),
        (
            CertificateField::IssuerAndSubject,
            Some("X509:<I>CN=Contoso<S>DC=com,DC=contoso,DC=corp,OU=UserAccounts,CN=Contoso User"),
        ),
        (
            CertificateField::PrincipalName,
            Some("X509:<PN>contoso@microsoft.com"),
        ),
        (CertificateField::Rfc822Name, None),
        (
            CertificateField::Sha1PublicKey,
            Some("X509:<SHA1-PUKEY>34BE02DCEE9ECDF8BC5C16595A73F1B201875FEA"),
        ),
        (
            CertificateField::Subject,
            Some("X509:<S>DC=com,DC=contoso,DC=corp,OU=UserAccounts,CN=Contoso User"),
        ),
        (
            CertificateField::SubjectKeyIdentifier,
            Some("X509:<SKI>C6F4E96CAAD84640361F9FB5F74F6308247CB8B4"),
        ),
    ];
    for (field, expected) in expected {
        assert_eq!(
            value(MICROSOFT, field, ValueInterpretation::default()).as_deref(),
            expected,
            "{field}"
        );
    }
}

#[test]
fn the_public_key_hash_has_other_readings() {
    let hash = |sha1_public_key| {
        value(
            MICROSOFT,
            CertificateField::Sha1PublicKey,
            ValueInterpretation::default().with_sha1_public_key(sha1_public_key),
        )
    };
    // Its key identifier is, as in RFC 5280 section 4.2.1.2 method (1), the SHA-1 of the BIT STRING's bytes.
    assert_eq!(
        hash(Sha1PublicKey::PublicKey).as_deref(),
        Some("X509:<SHA1-PUKEY>C6F4E96CAAD84640361F9FB5F74F6308247CB8B4")
    );
    assert!(
        hash(Sha1PublicKey::SubjectPublicKeyInfo)
            .unwrap()
            .starts_with("X509:<SHA1-PUKEY>F2F4D2E7")
    );
}

#[test]
fn alternative_security_identities_have_their_strength() {
    let certificate = Certificate::from_der(MICROSOFT).unwrap();
    let values = AltSecurityIdentity::all_of(&certificate, ValueInterpretation::default());
    let strong: Vec<&str> = values
        .iter()
        .filter(|value| value.strength() == MappingStrength::Strong)
        .map(AltSecurityIdentity::as_str)
        .collect();
    assert_eq!(
        strong,
        [
            "X509:<I>CN=Contoso<SR>8a2d086464fa23449686bf4441978c1e",
            "X509:<SHA1-PUKEY>34BE02DCEE9ECDF8BC5C16595A73F1B201875FEA",
            "X509:<SKI>C6F4E96CAAD84640361F9FB5F74F6308247CB8B4",
        ]
    );
    assert!(
        !values.iter().any(|value| value.as_str().contains("<PN>")),
        "{values:?}"
    );
}

/// The examples of the documentation of `CertNameToStr`, and one value of each other kind.
const NAME: &str = "C = DE\nST = Bayern\nL = München\nO = \"Example, Inc.\"\n1.OU = \\ Microsoft\n\
    2.CN = Joe \\\"Cool\\\"\n+title = Programmer\\, Manager\nGN = Ada\nSN = Example\nserialNumber = E77\n\
    emailAddress = ada@example.com\nUID = sbose\nDC = corp";

#[test]
fn names_are_printed_as_windows_prints_them() {
    let der = Mint {
        subject: NAME,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let name = WindowsName::new(certificate.subject()).with_separator(MultiValueSeparator::Plus);
    assert_eq!(
        name.to_string(),
        "C=DE,S=Bayern,L=München,O=\"Example, Inc.\",OU=\" Microsoft\",CN=\"Joe \"\"Cool\"\"\" + T=\"Programmer, \
         Manager\",G=Ada,SN=Example,SERIALNUMBER=E77,E=ada@example.com,OID.0.9.2342.19200300.100.1.1=sbose,DC=corp"
    );
    assert!(
        WindowsName::new(certificate.subject())
            .to_string()
            .contains("\"\"\" T=\"Programmer")
    );
    let shown = WindowsName::for_display(certificate.subject())
        .with_order(NameOrder::Reversed)
        .to_string();
    assert!(
        shown.starts_with("DC=corp, OID.0.9.2342.19200300.100.1.1=sbose, E="),
        "{shown}"
    );
    assert!(shown.ends_with("S=Bayern, C=DE"), "{shown}");
}

/// `CertNameToStr`: a value that is not a string is a number sign and hexadecimal digits, and white space at either end of a
/// string is put in quotes.
#[test]
fn values_that_are_not_strings_and_spaces_at_the_ends() {
    let printed = |tag: u8, value: &[u8]| {
        let subject = build::name(&[build::attribute(b"\x55\x04\x03", tag, value)]);
        let der = Pieces {
            subject,
            ..Pieces::default()
        }
        .der();
        WindowsName::new(Certificate::from_der(&der).unwrap().subject()).to_string()
    };
    for (text, quoted) in [
        ("Ada", "Ada"),
        (" Ada", "\" Ada\""),
        ("Ada ", "\"Ada \""),
        ("", "\"\""),
        ("a<b", "\"a<b\""),
        ("a;b", "\"a;b\""),
        ("a#b", "\"a#b\""),
        ("a\\b", "a\\b"),
        ("a/b", "a/b"),
    ] {
        assert_eq!(printed(0x0C, text.as_bytes()), format!("CN={quoted}"));
    }
    // The bytes of an OCTET STRING alone, and any other value with its header.
    assert_eq!(printed(0x04, b"\x0A\x0B"), "CN=#0A0B");
    assert_eq!(printed(0x02, b"\x05"), "CN=#020105");
    for (length, header) in [(127, "037F"), (128, "038180"), (255, "0381FF"), (256, "03820100")] {
        let value = vec![0; length];
        let expected = format!("CN=#{header}{}", "00".repeat(length));
        assert_eq!(printed(0x03, &value), expected);
        // The same as the element itself, which the helper of this test encodes apart.
        let element: String = build::element(0x03, &value)
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
        assert_eq!(expected, format!("CN=#{element}"));
    }
}

#[test]
fn without_a_subject_there_is_no_value_of_it() {
    let der = Pieces {
        subject: build::name(&[]),
        ..Pieces::default()
    }
    .der();
    for &field in CertificateField::ALL {
        let of_the_subject = [CertificateField::Subject, CertificateField::IssuerAndSubject].contains(&field);
        let missing = of_the_subject || field == CertificateField::SubjectKeyIdentifier;
        assert_eq!(
            value(&der, field, ValueInterpretation::default()).is_none(),
            missing,
            "{field}"
        );
    }
}

/// OpenSSL and x509-parser read the same attributes in the same order; labels and quotes are Windows' own.
#[test]
fn openssl_sees_the_same_values_in_the_same_order() {
    let der = Mint {
        subject: NAME,
        ..Mint::default()
    }
    .der();
    let theirs = X509::from_der(&der).unwrap();
    let texts = theirs
        .subject_name()
        .entries()
        .map(|entry| entry.data().to_string().unwrap().trim_start().to_owned());
    let (_, peer) = X509Certificate::from_der(&der).unwrap();
    let kinds = peer
        .subject()
        .iter_attributes()
        .map(|attribute| attribute.attr_type().as_bytes().to_vec());
    let theirs: Vec<(Vec<u8>, String)> = kinds.zip(texts).collect();
    let certificate = Certificate::from_der(&der).unwrap();
    let ours: Vec<(Vec<u8>, String)> = certificate
        .subject()
        .attributes()
        .map(|attribute| {
            (
                attribute.kind().as_bytes().to_vec(),
                attribute.value().text().unwrap().trim_start().to_owned(),
            )
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn serial_numbers_agree_with_openssl_reversed_byte_by_byte() {
    for serial in ["48efa06ba8127299499b069f133441b2", "01", "0a0b0c", "f1e2d3"] {
        let der = Mint {
            serial,
            ..Mint::default()
        }
        .der();
        let number = X509::from_der(&der).unwrap().serial_number().to_bn().unwrap();
        let digits = number.to_hex_str().unwrap().to_ascii_lowercase();
        let mut bytes: Vec<&str> = (0..digits.len())
            .step_by(2)
            .map(|at| &digits[at..at + 2])
            .collect();
        bytes.reverse();
        let of = |serial_padding| {
            let interpretations = ValueInterpretation::default().with_serial_padding(serial_padding);
            value(&der, CertificateField::IssuerAndSerialNumber, interpretations).unwrap()
        };
        assert_eq!(
            of(SerialPadding::Dropped),
            format!("X509:<I>CN=Ada<SR>{}", bytes.concat())
        );
        let padding = if serial.starts_with('f') { "00" } else { "" };
        assert_eq!(
            of(SerialPadding::Kept),
            format!("X509:<I>CN=Ada<SR>{}{padding}", bytes.concat())
        );
    }
}

/// The page on certificate user IDs shows this pair.
#[test]
fn the_serial_number_of_the_documentation() {
    let der = Mint {
        serial: "48efa06ba8127299499b069f133441b2",
        ..Mint::default()
    }
    .der();
    let value = value(
        &der,
        CertificateField::IssuerAndSerialNumber,
        ValueInterpretation::default(),
    )
    .unwrap();
    assert_eq!(value, "X509:<I>CN=Ada<SR>b24134139f069b49997212a86ba0ef48");
}

#[test]
fn a_name_with_deceptive_characters_has_no_value() {
    let extensions = "subjectAltName = @names\n[names]\n\
        otherName = 1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:ada\u{202e}@contoso.com";
    let der = Mint {
        extensions,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let error = CertificateUserId::of(
        &certificate,
        CertificateField::PrincipalName,
        ValueInterpretation::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "contains a bidirectional control character, U+202E"
    );
}

/// The sign byte of a positive number is 00, of a negative one FF; zero and numbers without a sign byte stay as they are.
#[test]
fn sign_bytes_of_serial_numbers() {
    for (content, kept, dropped) in [
        (&b"\x00\xC4\x01"[..], "01c400", "01c4"),
        (b"\xFF\x7F\x01", "017fff", "017f"),
        (b"\xC4\x01", "01c4", "01c4"),
        (b"\x7F\x00", "007f", "007f"),
        (b"\x00", "00", "00"),
        (b"\xFF", "ff", "ff"),
    ] {
        let der = Pieces {
            serial_number: element(0x02, content),
            ..Pieces::default()
        }
        .der();
        for (serial_padding, expected) in [(SerialPadding::Kept, kept), (SerialPadding::Dropped, dropped)] {
            let interpretations = ValueInterpretation::default().with_serial_padding(serial_padding);
            assert_eq!(
                value(&der, CertificateField::IssuerAndSerialNumber, interpretations).unwrap(),
                format!("X509:<I>CN=Example CA<SR>{expected}")
            );
        }
    }
    let high = include_bytes!("../certificates/field/serial-high.der");
    let value = value(
        high,
        CertificateField::IssuerAndSerialNumber,
        ValueInterpretation::default(),
    );
    assert!(value.unwrap().ends_with("<SR>01c400"));
}

/// Names of people that need characters which are not displayed. Windows writes them, so the value has them, and says so.
#[test]
fn joiners_are_written_and_reported() {
    let names = [
        ("ශ්\u{200D}රී ලංකා", '\u{200D}'), // Sinhala
        ("علی\u{200C}رضا", '\u{200C}'), // Persian
        ("ಅರ್\u{200D}ಜುನ್", '\u{200D}'),  // Kannada
        ("葛\u{E0100}城", '\u{E0100}'), // Japanese, with a variation selector
        ("ᠮᠣᠩᠭᠣᠯ\u{180B}", '\u{180B}'), // Mongolian
    ];
    for (text, character) in names {
        let der = Pieces {
            issuer: name(&[attribute(b"\x55\x04\x03", 0x0C, text.as_bytes())]),
            subject: name(&[attribute(b"\x55\x04\x03", 0x0C, text.as_bytes())]),
            ..Pieces::default()
        }
        .der();
        let certificate = Certificate::from_der(&der).unwrap();
        for (field, expected) in [
            (CertificateField::Subject, format!("X509:<S>CN={text}")),
            (
                CertificateField::IssuerAndSubject,
                format!("X509:<I>CN={text}<S>CN={text}"),
            ),
            (
                CertificateField::IssuerAndSerialNumber,
                format!("X509:<I>CN={text}<SR>11"),
            ),
        ] {
            let value = CertificateUserId::of(&certificate, field, ValueInterpretation::default())
                .unwrap()
                .unwrap();
            assert_eq!(value.as_str(), expected);
            assert_eq!(value.warning(), Some(NameProblem::Invisible { character }));
            let stored = StoredUserId::parse(value.as_str()).unwrap();
            assert!(stored.matches(&certificate, ValueInterpretation::default()));
        }
        // OpenSSL writes the same characters.
        let theirs = X509::from_der(&der).unwrap();
        let mut texts = theirs
            .subject_name()
            .entries()
            .map(|entry| entry.data().to_string().unwrap());
        assert!(texts.any(|theirs| theirs == text), "{text:?}");
        // The reader notes it too.
        let noted = certificate
            .notes()
            .filter(|note| note.code() == "invisible-character")
            .count();
        assert_eq!(noted, 2);
    }
    let sinhala =
        Certificate::from_der(include_bytes!("../certificates/field/subject-sinhala-zwj.der")).unwrap();
    let value = CertificateUserId::of(
        &sinhala,
        CertificateField::Subject,
        ValueInterpretation::default(),
    );
    assert!(value.unwrap().unwrap().as_str().contains('\u{200D}'));
}

/// No value contains characters that hide or reorder text.
#[test]
fn deceptive_names_have_no_value() {
    for text in [
        "a\u{202E}b",
        "a\u{200F}b",
        "a\u{2066}b",
        "a\nb",
        "a\0b",
        "a\u{85}b",
        "a\u{200D}\u{202E}b",
    ] {
        let der = Pieces {
            subject: name(&[attribute(b"\x55\x04\x03", 0x0C, text.as_bytes())]),
            ..Pieces::default()
        }
        .der();
        let certificate = Certificate::from_der(&der).unwrap();
        assert!(
            CertificateUserId::of(
                &certificate,
                CertificateField::Subject,
                ValueInterpretation::default()
            )
            .is_err(),
            "{text:?}"
        );
    }
}

/// `TeletexString`: UTF-8 first, then one character a byte. The other eight-bit types have no characters beyond ASCII; how Windows
/// reads them is inferred, so the value has a warning.
#[test]
fn eight_bit_strings_in_values() {
    for (tag, bytes, expected, warning) in [
        (0x14, "Müller".as_bytes(), "Müller", None),
        (0x14, b"M\xFCller", "Müller", None),
        (0x13, b"M\xFCller", "Müller", Some(NameProblem::EightBit)),
        (0x16, b"M\xFCller", "Müller", Some(NameProblem::EightBit)),
        (0x1A, b"M\xFCller", "Müller", Some(NameProblem::EightBit)),
        (0x13, b"a@b*", "a@b*", None),
    ] {
        let der = Pieces {
            subject: name(&[attribute(b"\x55\x04\x03", tag, bytes)]),
            ..Pieces::default()
        }
        .der();
        let certificate = Certificate::from_der(&der).unwrap();
        let value = CertificateUserId::of(
            &certificate,
            CertificateField::Subject,
            ValueInterpretation::default(),
        )
        .unwrap()
        .unwrap();
        assert_eq!(value.as_str(), format!("X509:<S>CN={expected}"));
        assert_eq!(value.warning(), warning);
    }
    for (der, expected) in [
        (
            &include_bytes!("../certificates/field/subject-t61-utf8.der")[..],
            "X509:<S>O=Añil,CN=José",
        ),
        (
            include_bytes!("../certificates/field/subject-printable-latin1.der"),
            "X509:<S>CN=José",
        ),
    ] {
        let value = value(der, CertificateField::Subject, ValueInterpretation::default());
        assert_eq!(value.as_deref(), Some(expected));
    }
}
