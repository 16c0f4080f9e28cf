//! Objects that cannot be read, that are hidden, or that share an identifier.

use std::io::Write as _;

use card_access::{ErrorKind, Pin, PinEntry, PinStatus, Slot};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use pkcs11_faults::{Fault, Order};

use crate::pkcs11_reports::bench::{carol, credential, logins, open, pin, sign, sign_with, test};
use crate::support::identity::Identity;
use crate::support::softhsm::{self, put_certificate_object};

const CKA_LABEL: u64 = 0x3;
const CKA_VALUE: u64 = 0x11;
const CKA_KEY_TYPE: u64 = 0x100;
const CKA_ID: u64 = 0x102;
const CKA_MODULUS: u64 = 0x120;
const CKA_ALWAYS_AUTHENTICATE: u64 = 0x202;

/// A general error, a failed function, an argument, sensitive, invalid type, device error, memory, a lost login, a buffer, a
/// vendor's and an unknown one.
const ANSWERS: [u64; 11] = [
    0x5,
    0x6,
    0x7,
    0x11,
    0x12,
    0x30,
    0x31,
    0x101,
    0x150,
    0x8000_0001,
    0x7777,
];

fn at(label: &str, attribute: u64, answer: u64) -> Order {
    Order::Attribute {
        label: label.to_owned(),
        attribute,
        answer,
    }
}

#[test]
fn a_certificate_that_can_not_be_read_hides_no_other() {
    test(
        "objects::a_certificate_that_can_not_be_read_hides_no_other",
        |folder, faults| {
            carol(folder);
            softhsm::put("carol", folder, &Identity::rsa("bad"), "bad", "02", &[]);
            let pin = pin();
            let mut token = open();
            for answer in ANSWERS {
                faults.order(&[at("bad", CKA_VALUE, answer)]);
                let listing = token.credentials().unwrap();
                assert_eq!(listing.found.len(), 1, "{answer:x}");
                assert_eq!(listing.problems.len(), 1, "{answer:x}");
                assert_eq!(listing.problems[0].place, "id:02 (bad)");
                sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap();
                let slot = Slot::Object(vec![2]);
                let error = token.credential(&slot).unwrap_err();
                assert_eq!(error, listing.problems[0].error, "{answer:x}");
            }
        },
    );
}

#[test]
fn names_that_can_not_be_read_make_no_certificate_unusable() {
    test(
        "objects::names_that_can_not_be_read_make_no_certificate_unusable",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let mut token = open();
            for answer in ANSWERS {
                for attribute in [CKA_LABEL, CKA_ID] {
                    faults.order(&[at("rsa", attribute, answer)]);
                    sign(&mut *token, Some(PinEntry::typed(&pin)))
                        .unwrap_or_else(|error| panic!("{attribute:x} {answer:x}: {error}"));
                    assert_eq!(token.credentials().unwrap().problems, []);
                }
            }
        },
    );
}

#[test]
fn a_key_that_can_not_be_read_hides_no_other() {
    test(
        "objects::a_key_that_can_not_be_read_hides_no_other",
        |folder, faults| {
            carol(folder);
            softhsm::put("carol", folder, &Identity::rsa("bad"), "bad", "02", &[]);
            let pin = pin();
            let mut token = open();
            for answer in ANSWERS {
                for attribute in [CKA_KEY_TYPE, CKA_MODULUS, CKA_ALWAYS_AUTHENTICATE, CKA_LABEL] {
                    faults.order(&[at("bad", attribute, answer)]);
                    let all = token.credentials().unwrap();
                    assert_eq!((all.found.len(), all.problems.len()), (2, 0));
                    for credential in all.found {
                        sign_with(&mut *token, &credential, Some(PinEntry::typed(&pin))).unwrap_or_else(
                            |error| panic!("{credential:?} {attribute:x} {answer:x}: {error}"),
                        );
                    }
                }
            }
        },
    );
}

#[test]
fn a_search_that_breaks_off_keeps_what_it_has_found() {
    test(
        "objects::a_search_that_breaks_off_keeps_what_it_has_found",
        |folder, faults| {
            carol(folder);
            softhsm::put("carol", folder, &Identity::rsa("two"), "two", "02", &[]);
            let mut token = open();
            faults.none();
            assert_eq!(token.credentials().unwrap().found.len(), 2);
            let calls = faults.calls();
            let searches: Vec<_> = (1..)
                .zip(&calls)
                .filter(|(_, call)| *call == "C_FindObjects")
                .map(|(nth, _)| nth)
                .collect();
            for answer in [0x5, 0x30, 0x8000_0001] {
                faults.at_call(searches[1], Fault::Answer(answer));
                let listing = token.credentials().unwrap();
                assert_eq!(listing.found.len(), 1, "{answer:x}");
                assert_eq!(listing.problems.len(), 1, "{answer:x}");
                assert_eq!(listing.problems[0].error.vendor_code().unwrap().number, answer);
            }
            // A removed token is reported as removed.
            faults.at_call(searches[1], Fault::Answer(0x32));
            assert_eq!(*token.credentials().unwrap_err().kind(), ErrorKind::Removed);
        },
    );
}

#[test]
fn hidden_certificates_come_to_light_with_one_login_for_everything() {
    test(
        "objects::hidden_certificates_come_to_light_with_one_login_for_everything",
        |folder, faults| {
            softhsm::token("carol");
            let identity = Identity::rsa("hidden");
            softhsm::put_key("carol", folder, &identity, "hidden", "01", &[]);
            put_certificate_object(&identity.der(), "hidden", &[1], true);
            let mut token = open();
            let listing = token.credentials().unwrap();
            assert_eq!(listing.found, []);
            assert_eq!(*listing.problems[0].error.kind(), ErrorKind::LoginRequired);

            faults.none();
            let wrong = Pin::new("999999".to_owned());
            let error = token
                .credentials_after_login(PinEntry::typed(&wrong))
                .unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
            assert_eq!(logins(faults), 1);
            assert_eq!(token.pin_status().unwrap(), PinStatus::Low);

            faults.none();
            let pin = pin();
            let entry = PinEntry::typed(&pin);
            let mut listing = token.credentials_after_login(entry).unwrap();
            assert_eq!(listing.problems, []);
            let hidden = listing.found.remove(0);
            assert_eq!(hidden.certificate().as_ref(), identity.der());
            sign_with(&mut *token, &hidden, Some(entry)).unwrap();
            assert_eq!(logins(faults), 1, "one login is good for both");
            let error = sign_with(&mut *token, &hidden, None).unwrap_err();
            assert_eq!(
                *error.kind(),
                ErrorKind::PinRequired,
                "it ended with the signature"
            );

            token.credentials_after_login(entry).unwrap();
            assert_eq!(token.credentials().unwrap().found.len(), 1);
            drop(token);
            let problem = open().credentials().unwrap().problems.remove(0);
            assert_eq!(
                *problem.error.kind(),
                ErrorKind::LoginRequired,
                "it ended with the token"
            );
        },
    );
}

#[test]
fn certificates_with_one_identifier_are_all_listed_and_none_is_chosen_silently() {
    test(
        "objects::certificates_with_one_identifier_are_all_listed_and_none_is_chosen_silently",
        |folder, _| {
            let first = carol(folder);
            // A renewed certificate for the same key, and a certificate for another key.
            let (renewed, other) = (
                Identity::new("renewed", first.key.clone()),
                Identity::rsa("other"),
            );
            softhsm::put_certificate("carol", folder, &renewed, "renewed", "01");
            softhsm::put("carol", folder, &other, "other", "01", &[]);
            let pin = pin();
            let mut token = open();
            let listing = token.credentials().unwrap();
            assert_eq!((listing.found.len(), listing.problems.len()), (3, 0));
            let error = token.credential(&Slot::Object(vec![1])).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::SeveralCredentials);
            for identity in [first, renewed, other] {
                let wanted = listing
                    .found
                    .iter()
                    .find(|one| one.certificate().as_ref() == identity.der());
                let chosen = token.credential_with_hash(wanted.unwrap().sha256()).unwrap();
                assert_eq!(chosen.certificate().as_ref(), identity.der());
                sign_with(&mut *token, &chosen, Some(PinEntry::typed(&pin))).unwrap();
            }
            let error = token.credential_with_hash(&[0; 32]).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::NoCredential);
        },
    );
}

#[test]
fn certificates_are_read_in_every_packing() {
    test("objects::certificates_are_read_in_every_packing", |folder, _| {
        let identity = carol(folder);
        let der = identity.der();
        let zlib = |level| {
            let mut zlib = ZlibEncoder::new(Vec::new(), level);
            zlib.write_all(&der).unwrap();
            zlib.finish().unwrap()
        };
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&der).unwrap();
        let length = u16::try_from(der.len()).unwrap().to_le_bytes();
        let packings = [
            ("zeros", [&der[..], &[0; 400]].concat()),
            ("ones", [&der[..], &[0xff; 400]].concat()),
            ("gzip", gzip.finish().unwrap()),
            ("zlib", zlib(Compression::fast())),
            ("zlib best", zlib(Compression::best())),
            (
                "with a length",
                [&[1, 0], &length[..], &zlib(Compression::best())].concat(),
            ),
        ];
        for (name, value) in &packings {
            put_certificate_object(value, name, &[1], false);
        }
        put_certificate_object(b"no certificate", "garbage", &[3], false);
        let mut token = open();
        let listing = token.credentials().unwrap();
        // All of them are one certificate with one identifier.
        assert_eq!(listing.found.len(), 1, "{listing:?}");
        assert_eq!(listing.found[0].certificate().as_ref(), der);
        let places: Vec<_> = listing.problems.iter().map(|problem| &*problem.place).collect();
        assert_eq!(places, ["id:03 (garbage)"]);
    });
}

#[test]
fn a_packed_certificate_signs_in() {
    test("objects::a_packed_certificate_signs_in", |folder, _| {
        softhsm::token("carol");
        let identity = Identity::rsa("packed");
        softhsm::put_key("carol", folder, &identity, "packed", "01", &[]);
        let value = [&identity.der()[..], &[0xff; 17]].concat();
        put_certificate_object(&value, "packed", &[1], false);
        let pin = pin();
        let mut token = open();
        let packed = credential(&mut *token, "packed");
        sign_with(&mut *token, &packed, Some(PinEntry::typed(&pin))).unwrap();
    });
}
