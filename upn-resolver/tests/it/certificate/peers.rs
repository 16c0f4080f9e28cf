//! The same certificates read by others: OpenSSL, x509-parser, x509-cert, and typed structures on `der`.

use crate::agreement;
use crate::certificate::FIXTURES;
use der::Encode;
use openssl::asn1::Asn1Time;
use openssl::stack::Stack;
use openssl::x509::X509;
use proptest::prelude::*;
use test_certificates::typed;
use upn_resolver::certificate::{Certificate, GeneralName, KeyKind, KeyUsage, NameString, Oid, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName as Peer, ParsedExtension};
use x509_parser::prelude::FromDer;

#[test]
fn x509_cert_agrees_on_the_fixtures() {
    for (name, der) in FIXTURES {
        assert!(agreement::with_x509_cert(der), "{name} is refused");
    }
}

#[test]
fn x509_parser_agrees_on_the_fixtures() {
    for (name, der) in FIXTURES {
        assert!(with_x509_parser(der), "{name} is refused by one of the two");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn x509_parser_agrees_wherever_both_accept(der in crate::certificate::properties::mutant()) {
        with_x509_parser(&der);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn openssl_agrees_wherever_both_accept(der in crate::certificate::properties::mutant()) {
        with_openssl(&der);
    }
}

/// The certificates of the field reports, each with one departure from the specifications.
#[test]
fn peers_agree_on_certificates_with_departures() {
    for der in crate::certificate::strictness::field_reports() {
        assert!(with_openssl(der));
        with_x509_parser(der);
    }
}

#[test]
fn typed_structures_agree_on_the_fixtures() {
    for (name, der) in FIXTURES {
        assert!(with_typed_structures(der), "{name} is refused by one of the two");
    }
    for der in crate::certificate::strictness::field_reports() {
        with_typed_structures(der);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn typed_structures_agree_wherever_both_accept(der in crate::certificate::properties::mutant()) {
        with_typed_structures(&der);
    }
}

/// Compares what both extract. Returns whether both accept.
fn with_typed_structures(der: &[u8]) -> bool {
    let (Ok(ours), Ok(theirs)) = (Certificate::from_der(der), typed::Certificate::read(der)) else {
        return false;
    };
    let tbs = &theirs.tbs_certificate;
    assert_eq!(tbs.serial_number.as_bytes(), ours.serial_number().as_bytes());
    assert_eq!(tbs.issuer.to_der().unwrap(), ours.issuer_der());
    assert_eq!(tbs.subject.to_der().unwrap(), ours.subject_der());
    assert_eq!(tbs.public_key.key.raw_bytes(), ours.public_key().key_bytes());
    let not_before = i64::try_from(tbs.validity.not_before.unix_seconds()).unwrap();
    assert_eq!(not_before, ours.validity().not_before().unix_seconds());
    assert_eq!(theirs.signature.raw_bytes(), ours.signature());
    let mut values = Vec::new();
    typed::attributes(tbs.subject, |kind, value| {
        values.push((kind.as_bytes().to_vec(), value.value()));
    })
    .unwrap();
    let our_values: Vec<_> = ours
        .subject()
        .attributes()
        .map(|attribute| (attribute.kind().as_bytes().to_vec(), attribute.value().as_bytes()))
        .collect();
    assert_eq!(values, our_values);
    let mut extensions = Vec::new();
    let all = theirs.each_extension(|extension| {
        extensions.push((
            extension.id.as_bytes().to_vec(),
            extension.critical,
            extension.value.as_bytes(),
        ));
        Ok(())
    });
    if all.is_ok() {
        let our_extensions: Vec<_> = ours
            .extensions()
            .map(|extension| {
                (
                    extension.id().as_bytes().to_vec(),
                    extension.is_critical(),
                    extension.value(),
                )
            })
            .collect();
        assert_eq!(extensions, our_extensions);
    }
    let Ok(answer) = theirs.answer() else {
        return false;
    };
    assert_eq!(
        answer,
        typed::Answer {
            principal_name: ours.principal_names().next().map(NameString::as_bytes),
            rfc822_name: ours.rfc822_names().next().map(NameString::as_bytes),
            purposes: ours.extended_key_usage().count(),
            digital_signature: ours.key_usage().is_some_and(KeyUsage::digital_signature),
            not_after: ours.validity().not_after().unix_seconds().unsigned_abs(),
        }
    );
    true
}

/// Compares what both extract. Returns whether both accept.
fn with_openssl(der: &[u8]) -> bool {
    let (Ok(ours), Ok(theirs)) = (Certificate::from_der(der), X509::from_der(der)) else {
        return false;
    };
    // OpenSSL hands out the magnitude of a negative number.
    if !ours.serial_number().is_negative() {
        let serial = theirs.serial_number().to_bn().unwrap().to_vec();
        let bare = ours.serial_number().without_sign_byte();
        assert_eq!(serial, if ours.serial_number().is_zero() { &[] } else { bare });
    }
    assert_eq!(
        theirs.issuer_name().to_der().unwrap().len(),
        ours.issuer_der().len()
    );
    assert_eq!(
        theirs.subject_name().entries().count(),
        ours.subject().attributes().count()
    );
    for (theirs, ours) in theirs.subject_name().entries().zip(ours.subject().attributes()) {
        assert_eq!(theirs.data().as_slice(), ours.value().as_bytes());
    }
    let epoch = Asn1Time::from_unix(0).unwrap();
    for (theirs, ours) in [
        (theirs.not_before(), ours.validity().not_before()),
        (theirs.not_after(), ours.validity().not_after()),
    ] {
        if let Ok(difference) = epoch.diff(theirs) {
            let seconds = i64::from(difference.days) * 86_400 + i64::from(difference.secs);
            assert_eq!(seconds, ours.unix_seconds());
        }
    }
    if let (KeyKind::Rsa { bits }, Ok(key)) = (ours.public_key().kind(), theirs.public_key()) {
        assert_eq!(key.bits(), bits);
    }
    let mails = |names: &Stack<openssl::x509::GeneralName>| -> Vec<String> {
        names
            .iter()
            .filter_map(|name| Some(name.email()?.to_owned()))
            .collect()
    };
    if let Some(names) = theirs.subject_alt_names() {
        let texts = ours
            .rfc822_names()
            .map(|name| String::from_utf8(name.as_bytes().to_vec()).unwrap());
        assert_eq!(mails(&names), texts.collect::<Vec<_>>());
        assert_eq!(names.len(), ours.subject_alternative_names().count());
    }
    if let Some(identifier) = theirs.subject_key_id() {
        assert_eq!(Some(identifier.as_slice()), ours.subject_key_identifier());
    }
    true
}

/// Compares what both extract. Returns whether both accept.
fn with_x509_parser(der: &[u8]) -> bool {
    let (Ok(ours), Ok((_, theirs))) = (Certificate::from_der(der), X509Certificate::from_der(der)) else {
        return false;
    };
    assert_eq!(theirs.tbs_certificate.as_ref(), ours.tbs_certificate());
    assert_eq!(theirs.raw_serial(), ours.serial_number().as_bytes());
    assert_eq!(theirs.issuer().as_raw(), ours.issuer_der());
    assert_eq!(theirs.subject().as_raw(), ours.subject_der());
    assert_eq!(theirs.public_key().raw, ours.public_key().as_der());
    assert_eq!(
        theirs.validity().not_before.timestamp(),
        ours.validity().not_before().unix_seconds()
    );
    assert_eq!(
        theirs.validity().not_after.timestamp(),
        ours.validity().not_after().unix_seconds()
    );
    assert_eq!(theirs.signature_value.data.as_ref(), ours.signature());
    assert_eq!(theirs.extensions().len(), ours.extensions().count());
    for (theirs, ours) in theirs.extensions().iter().zip(ours.extensions()) {
        assert_eq!(theirs.oid.as_bytes(), ours.id().as_bytes());
        assert_eq!(theirs.critical, ours.is_critical());
        assert_eq!(theirs.value, ours.value());
    }
    for extension in theirs.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                let ours: Vec<_> = ours.subject_alternative_names().collect();
                assert_eq!(names.general_names.len(), ours.len());
                names
                    .general_names
                    .iter()
                    .zip(ours)
                    .for_each(|(theirs, ours)| assert_same_name(theirs, ours));
            }
            ParsedExtension::SubjectKeyIdentifier(id) => {
                assert_eq!(Some(id.0), ours.subject_key_identifier());
            }
            ParsedExtension::BasicConstraints(constraints) => {
                let ours = ours.basic_constraints().unwrap();
                assert_eq!(
                    (constraints.ca, constraints.path_len_constraint),
                    (ours.is_ca(), ours.path_length())
                );
            }
            ParsedExtension::CertificatePolicies(policies) => {
                let theirs: Vec<_> = policies
                    .iter()
                    .map(|policy| policy.policy_id.as_bytes())
                    .collect();
                assert_eq!(
                    theirs,
                    ours.certificate_policies().map(Oid::as_bytes).collect::<Vec<_>>()
                );
            }
            ParsedExtension::KeyUsage(usage) => {
                let ours = ours.key_usage().unwrap();
                assert_eq!(usage.digital_signature(), ours.digital_signature());
                assert_eq!(usage.non_repudiation(), ours.non_repudiation());
                assert_eq!(usage.key_cert_sign(), ours.key_cert_sign());
                assert_eq!(usage.decipher_only(), ours.decipher_only());
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let has = |purpose| ours.extended_key_usage().any(|ours| ours == purpose);
                assert_eq!(usage.client_auth, has(oid::CLIENT_AUTH));
                assert_eq!(usage.any, has(oid::ANY_EXTENDED_KEY_USAGE));
                let others = usage
                    .other
                    .iter()
                    .any(|id| id.as_bytes() == oid::SMART_CARD_LOGON.as_bytes());
                assert_eq!(others, has(oid::SMART_CARD_LOGON));
            }
            _ => {}
        }
    }
    true
}

fn assert_same_name(theirs: &Peer<'_>, ours: GeneralName<'_>) {
    match (theirs, ours) {
        (Peer::OtherName(kind, value), GeneralName::OtherName(ours)) => {
            assert_eq!(kind.as_bytes(), ours.kind().as_bytes());
            assert!(value.ends_with(ours.value().as_bytes()));
        }
        (Peer::RFC822Name(theirs), GeneralName::Rfc822Name(ours))
        | (Peer::DNSName(theirs), GeneralName::DnsName(ours))
        | (Peer::URI(theirs), GeneralName::Uri(ours)) => assert_eq!(theirs.as_bytes(), ours.as_bytes()),
        (Peer::DirectoryName(theirs), GeneralName::DirectoryName(ours)) => {
            // x509-parser ends a name at the first element that it does not understand.
            assert!(ours.as_der().starts_with(theirs.as_raw()), "{theirs:?}, {ours:?}");
        }
        (Peer::IPAddress(theirs), GeneralName::IpAddress(ours)) => assert_eq!(*theirs, ours),
        (Peer::RegisteredID(theirs), GeneralName::RegisteredId(ours)) => {
            assert_eq!(theirs.as_bytes(), ours.as_bytes());
        }
        (Peer::X400Address(_), GeneralName::X400Address(_))
        | (Peer::EDIPartyName(_), GeneralName::EdiPartyName(_))
        | (Peer::Invalid(..), _) => {}
        (theirs, ours) => panic!("x509-parser: {theirs:?}, this reader: {ours:?}"),
    }
}

#[test]
fn openssl_agrees_on_the_fixtures() {
    for (name, der) in FIXTURES {
        assert!(with_openssl(der), "{name} is refused by one of the two");
    }
}
