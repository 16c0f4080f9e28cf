//! What the objects of a card may hold, up to their bounds.
#![cfg(feature = "piv")]

mod script;

use std::io::Write;

use card_access::{ErrorKind, PivSlot, Slot, Token};
use rcgen::{CertificateParams, CustomExtension, KeyPair, SerialNumber};
use script::{READ_9A, SELECT, Script, bytes, certificate, hex, kind, object, tlv};

/// A certificate of so many bytes.
fn long_certificate(length: usize) -> Vec<u8> {
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let with_filling = |filling: usize| {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(&[1; 16]));
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 4, 1, 55555],
            vec![0; filling],
        )];
        params.self_signed(&key).unwrap().der().to_vec()
    };
    // Its headers are as long with a little more or less in it.
    let headers = with_filling(length - 1000).len() - (length - 1000);
    let certificate = with_filling(length - headers);
    assert_eq!(certificate.len(), length);
    certificate
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_certificate_is_unpacked_to_32_kib_at_most() {
    let read = |certificate: &[u8]| {
        let answer = hex(&object(&gzip(certificate), 1)) + "9000";
        Script::new([(READ_9A, answer)])
            .token()
            .credential(&"9a".parse().unwrap())
    };
    let longest = long_certificate(32 * 1024);
    assert_eq!(read(&longest).unwrap().certificate().as_ref(), longest);
    assert_eq!(
        kind(read(&long_certificate(32 * 1024 + 1))),
        ErrorKind::Malformed {
            what: "certificate object"
        }
    );
}

#[test]
fn an_empty_certificate_is_none() {
    for empty in ["5305700071010 0".replace(' ', ""), "5300".to_owned()] {
        let script = Script::new([(READ_9A, empty + "9000")]);
        assert_eq!(
            kind(script.token().credential(&"9a".parse().unwrap())),
            ErrorKind::NoCredential
        );
        let listing = script.token().credentials().unwrap();
        assert_eq!((listing.found.len(), listing.problems.len()), (0, 0));
    }
}

#[test]
fn each_certificate_is_called_as_the_standard_calls_it() {
    let answer = hex(&object(&certificate(), 0)) + "9000";
    let script = Script::new([("00cb3fff055c03", answer)]);
    for (slot, label, tag) in [
        ("9a", "PIV Authentication", "5fc105"),
        ("9c", "Digital Signature", "5fc10a"),
        ("9d", "Key Management", "5fc10b"),
        ("9e", "Card Authentication", "5fc101"),
        ("82", "Retired Key Management 82", "5fc10d"),
        ("95", "Retired Key Management 95", "5fc120"),
    ] {
        let slot: PivSlot = slot.parse().unwrap();
        let before = script.log().len();
        let credential = script.token().credential(&Slot::Piv(slot)).unwrap();
        assert_eq!(credential.label(), label);
        assert_eq!(
            script.log()[before..],
            [SELECT, &format!("00cb3fff055c03{tag}00"), "AsIs"]
        );
    }
}

#[test]
fn a_card_that_is_gone_is_not_asked_for_the_other_certificates() {
    let gone = Script::new([(READ_9A, String::new())]);
    assert_eq!(kind(gone.token().credentials()), ErrorKind::Removed);
    assert_eq!(gone.log(), [SELECT, READ_9A, "AsIs"]);
}

#[test]
fn the_fields_of_a_capability_container_have_their_bounds() {
    let read = |content: &str| {
        let object = hex(&tlv("53", &bytes(content))) + "9000";
        let script = Script::new([("00cb3fff055c035fc10700", object)]);
        let identifiers = script.token().identifiers().unwrap();
        identifiers.capability_container.unwrap()
    };
    let identifier = "a000000116ff02000102030405060708090a0b0c0d";
    let (url, rules) = ("61".repeat(128), "07".repeat(17));
    let container = read(&format!(
        "f015{identifier}f10121f20122f38180{url}f30162f300f4010ff50110f611{rules}"
    ));
    assert_eq!(hex(container.card_identifier().unwrap().as_bytes()), identifier);
    assert_eq!(container.version(), Some(0x21));
    assert_eq!(container.grammar_version(), Some(0x22));
    assert_eq!(
        container.application_urls().map(hex).collect::<Vec<_>>(),
        [&*url, "62"]
    );
    assert_eq!(container.pkcs15(), Some(0x0f));
    assert_eq!(container.data_model(), Some(0x10));
    assert_eq!(container.access_control_rules().map(hex), Some(rules));
    let nothing = read("f000f100f200f300f400f500f600");
    assert_eq!(nothing.card_identifier(), None);
    assert_eq!((nothing.version(), nothing.pkcs15()), (None, None));
    assert_eq!(nothing.application_urls().count(), 0);
    assert_eq!(nothing.access_control_rules(), None);
    // As many URLs as anyone could need.
    assert_eq!(read(&"f30161".repeat(65)).application_urls().count(), 64);
}
