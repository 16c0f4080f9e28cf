//! Contents of the objects of a card, up to their limits.

use std::io::Write;

use crate::script::{READ_9A, SELECT, Script, bytes, certificate, hex, kind, object, tlv};
use card_access::{ErrorKind, PivSlot, Slot, Token};
use rcgen::{CertificateParams, CustomExtension, KeyPair, SerialNumber};

/// A certificate of `length` bytes.
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

fn zlib(content: &[u8], compression: flate2::Compression) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), compression);
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
fn an_empty_slot_is_empty_however_the_card_reports_it() {
    let fill = |byte: &str| "53820100".to_owned() + &byte.repeat(256) + "9000";
    for empty in [
        "53057000710100 9000".replace(' ', ""),
        "53009000".to_owned(),
        // Without data, without the certificate's own field, and memory that was never written.
        "9000".to_owned(),
        "5305710100fe009000".to_owned(),
        "5307700371010 0fe009000"
            .replace(' ', "")
            .replace("700371", "700071"),
        "53067004000000009000".to_owned(),
        "53067004ffffffff9000".to_owned(),
        "00000000009000".to_owned(),
        fill("00"),
        fill("ff"),
        "6a80".to_owned(),
        "6a81".to_owned(),
        "6a82".to_owned(),
        "6a83".to_owned(),
        "6a86".to_owned(),
        "6a88".to_owned(),
        "6b00".to_owned(),
        "53006282".to_owned(),
        "6282".to_owned(),
    ] {
        let script = Script::new([(READ_9A, empty)]);
        assert_eq!(
            kind(script.token().credential(&"9a".parse().unwrap())),
            ErrorKind::NoCredential
        );
        let listing = script.token().credentials().unwrap();
        assert_eq!((listing.found.len(), listing.problems.len()), (0, 0));
    }
}

#[test]
fn a_slot_that_cannot_be_read_is_a_problem_with_its_name_and_hides_no_other() {
    let good = hex(&object(&certificate(), 0)) + "9000";
    for refusal in [
        "6982",
        "6985",
        "6986",
        "6f00",
        "6581",
        "6d00",
        "6e00",
        "6999",
        "6700",
        "6283",
        "53057003309000",
        "0001029000",
        "90",
        "3003300100 9000",
    ] {
        let refusal = refusal.replace(' ', "");
        for (slot, tag) in [("9a", "5fc105"), ("9c", "5fc10a"), ("9e", "5fc101")] {
            let read = format!("00cb3fff055c03{tag}00");
            let script = Script::new([
                (read.as_str(), refusal.clone()),
                ("00cb3fff055c035fc10b00", good.clone()),
            ]);
            let listing = script.token().credentials().unwrap();
            let found: Vec<_> = listing.found.iter().map(|one| one.slot().to_string()).collect();
            assert_eq!(found, ["9d"], "{refusal}");
            let unread: Vec<_> = listing.problems.iter().map(|one| one.place.as_str()).collect();
            assert_eq!(unread, [slot], "{refusal}");
            let named = script.token().credential(&slot.parse().unwrap());
            assert_ne!(kind(named), ErrorKind::NoCredential, "{refusal}");
        }
    }
    // Over a contactless interface most objects need the contact reader (SP 800-73-5 part 1 table 3).
    let script = Script::new([(READ_9A, "6982".to_owned())]);
    let slot = "9a".parse().unwrap();
    assert_eq!(kind(script.token().credential(&slot)), ErrorKind::AccessDenied);
    assert_eq!(
        kind(script.contactless().credential(&slot)),
        ErrorKind::ContactRequired
    );
}

#[test]
fn a_certificate_in_any_packing_is_unpacked() {
    let der = certificate();
    let length = u16::try_from(der.len()).unwrap().to_le_bytes();
    let filled = |byte: u8| [&der[..], &[byte; 64]].concat();
    for (packed, what) in [
        (der.clone(), "plain"),
        (gzip(&der), "gzip"),
        (zlib(&der, flate2::Compression::best()), "zlib"),
        (zlib(&der, flate2::Compression::fast()), "zlib, another header"),
        (zlib(&der, flate2::Compression::none()), "zlib, stored"),
        (
            [
                &[0x01, 0x00],
                &length[..],
                &zlib(&der, flate2::Compression::best()),
            ]
            .concat(),
            "Net iD",
        ),
        (filled(0x00), "plain, then zeros"),
        (filled(0xff), "plain, then FF"),
        (gzip(&filled(0x00)), "gzip of a filled certificate"),
        ([&gzip(&der)[..], &[0xff; 32]].concat(), "gzip, then FF"),
        (
            [&zlib(&der, flate2::Compression::best())[..], &[0x00; 32]].concat(),
            "zlib, then zeros",
        ),
        (
            [
                &[0x01, 0x00],
                &length[..],
                &zlib(&filled(0xff), flate2::Compression::best()),
            ]
            .concat(),
            "Net iD of a filled certificate",
        ),
    ] {
        for flag in [0, 1, 0x80] {
            let script = Script::new([(READ_9A, hex(&object(&packed, flag)) + "9000")]);
            let credential = script.token().credential(&"9a".parse().unwrap()).unwrap();
            assert_eq!(credential.certificate().as_ref(), der, "{what}");
        }
    }
}

#[test]
fn no_packing_is_unpacked_without_end_or_half() {
    let bomb = vec![0x30; 10_000_000];
    let packed = zlib(&bomb, flate2::Compression::best());
    let der = certificate();
    let half = zlib(&der, flate2::Compression::best());
    let half = &half[..half.len() / 2];
    for (packed, what) in [
        (packed.clone(), "a bomb"),
        (
            [&[0x01, 0x00, 0xff, 0xff], &packed[..]].concat(),
            "a bomb of Net iD's",
        ),
        (half.to_vec(), "half of it"),
        ([&[0x01, 0x00, 0x00, 0x10], half].concat(), "half of Net iD's"),
    ] {
        let script = Script::new([(READ_9A, hex(&object(&packed, 1)) + "9000")]);
        let read = script.token().credential(&"9a".parse().unwrap());
        assert_eq!(
            kind(read),
            ErrorKind::Malformed {
                what: "certificate object"
            },
            "{what}"
        );
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
            [SELECT, &format!("00cb3fff055c03{tag}00"), "Leave"]
        );
    }
}

#[test]
fn a_card_that_is_gone_is_not_asked_for_the_other_certificates() {
    let gone = Script::new([(READ_9A, String::new())]);
    assert_eq!(kind(gone.token().credentials()), ErrorKind::Removed);
    assert_eq!(gone.log(), [SELECT, READ_9A, "Leave"]);
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
    // More URLs than anyone could need.
    assert_eq!(read(&"f30161".repeat(65)).application_urls().count(), 64);
}
