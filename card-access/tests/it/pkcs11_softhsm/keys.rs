//! Which key belongs to a certificate.

use card_access::{ErrorKind, Hash, PinEntry, Scheme, Slot};
use openssl::nid::Nid;

use crate::pkcs11_softhsm::process::{credentials, open, pin, test};
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm;

#[test]
fn keys_with_the_same_identifier_and_label_are_distinguished() {
    test(
        "keys::keys_with_the_same_identifier_and_label_are_distinguished",
        |folder| {
            softhsm::token("carol");
            for name in ["one", "two"] {
                softhsm::put("carol", folder, &Identity::rsa(name), "same", "01", &[]);
                softhsm::put(
                    "carol",
                    folder,
                    &Identity::ec(name, Nid::X9_62_PRIME256V1),
                    name,
                    "01",
                    &[],
                );
            }
            signs_with_the_right_key("carol", 4);
        },
    );
}

#[test]
fn keys_without_an_identifier_are_found_by_their_public_key() {
    test(
        "keys::keys_without_an_identifier_are_found_by_their_public_key",
        |folder| {
            softhsm::token("carol");
            let (one, two) = (Identity::rsa("one"), Identity::rsa("two"));
            softhsm::put("carol", folder, &one, "one", "", &[]);
            // The identifiers of key and certificate differ.
            softhsm::put_key("carol", folder, &two, "two", "0a", &[]);
            softhsm::put_certificate("carol", folder, &two, "two", "0b");
            signs_with_the_right_key("carol", 2);
        },
    );
}

#[test]
fn a_certificate_without_its_key_has_no_signature() {
    test("keys::a_certificate_without_its_key_has_no_signature", |folder| {
        softhsm::token("carol");
        softhsm::put_certificate("carol", folder, &Identity::rsa("lonely"), "lonely", "01");
        softhsm::put_key("carol", folder, &Identity::rsa("other"), "other", "02", &[]);
        let mut token = open("carol");
        let credential = credentials(&mut *token).remove(0);
        assert_eq!(*credential.slot(), Slot::Object(vec![1]));
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        let error = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NoCredential);
    });
}

fn signs_with_the_right_key(label: &str, expected: usize) {
    let mut token = open(label);
    let credentials = credentials(&mut *token);
    assert_eq!(credentials.len(), expected);
    for credential in credentials {
        let scheme = credential.algorithm().schemes()[0];
        let signature = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
            .unwrap();
        assert!(
            verifies(credential.certificate(), scheme, b"m", &signature),
            "{credential:?}"
        );
    }
}
