//! Signatures in every scheme, and what prevents them.

use card_access::{ErrorKind, Hash, KeyAlgorithm, Pin, PinEntry, PinStatus, Scheme};
use openssl::nid::Nid;

use crate::pkcs11_softhsm::process::{credentials, open, pin, test};
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm;

#[test]
fn every_scheme_of_every_key_verifies() {
    test("signatures::every_scheme_of_every_key_verifies", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        softhsm::put(
            "carol",
            folder,
            &Identity::ec("p256", Nid::X9_62_PRIME256V1),
            "p256",
            "02",
            &[],
        );
        softhsm::put(
            "carol",
            folder,
            &Identity::ec("p384", Nid::SECP384R1),
            "p384",
            "03",
            &[],
        );
        let mut token = open("carol");
        let credentials = credentials(&mut *token);
        assert_eq!(credentials.len(), 3);
        let pin = pin();
        for credential in &credentials {
            assert_ne!(credential.algorithm(), KeyAlgorithm::Other);
            for &scheme in credential.algorithm().schemes() {
                // Longer than any key, so that nothing passes by signing the message as it is.
                let message = vec![0x5a; 1000];
                let signature = token
                    .sign(credential, scheme, &message, Some(PinEntry::typed(&pin)))
                    .unwrap();
                assert!(
                    verifies(credential.certificate(), scheme, &message, &signature),
                    "{credential:?} {scheme}"
                );
                assert!(!verifies(
                    credential.certificate(),
                    scheme,
                    b"another",
                    &signature
                ));
            }
        }
    });
}

#[test]
fn a_key_that_requires_the_pin_each_time_gets_it() {
    test(
        "signatures::a_key_that_requires_the_pin_each_time_gets_it",
        |folder| {
            softhsm::token("carol");
            softhsm::put(
                "carol",
                folder,
                &Identity::rsa("rsa"),
                "rsa",
                "01",
                &["--always-auth"],
            );
            let mut token = open("carol");
            let credential = credentials(&mut *token).remove(0);
            for scheme in [Scheme::RsaPkcs1(Hash::Sha256), Scheme::RsaPss(Hash::Sha384)] {
                let signature = token
                    .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                    .unwrap();
                assert!(verifies(credential.certificate(), scheme, b"m", &signature));
            }
        },
    );
}

/// `SoftHSM` 2.6 does not hash for an elliptic-curve key, and accepts a hash with `C_Sign` only.
#[test]
fn a_pin_each_time_for_a_single_part_mechanism_is_said_to_be_unsupported() {
    test(
        "signatures::a_pin_each_time_for_a_single_part_mechanism_is_said_to_be_unsupported",
        |folder| {
            softhsm::token("carol");
            let identity = Identity::ec("ec", Nid::SECP384R1);
            softhsm::put("carol", folder, &identity, "ec", "02", &["--always-auth"]);
            let mut token = open("carol");
            let credential = credentials(&mut *token).remove(0);
            let scheme = Scheme::EcdsaDer(Hash::Sha384);
            let error = token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                .unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
            assert_eq!(
                token.pin_status().unwrap(),
                PinStatus::NotLow,
                "the PIN was right and cost nothing"
            );
        },
    );
}

#[test]
fn what_a_token_can_not_do_is_refused_before_the_pin() {
    test(
        "signatures::what_a_token_can_not_do_is_refused_before_the_pin",
        |folder| {
            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let mut token = open("carol");
            let credential = credentials(&mut *token).remove(0);
            let wrong = Pin::new("654321".to_owned());

            let on_reader = token.sign(
                &credential,
                Scheme::RsaPkcs1(Hash::Sha256),
                b"m",
                Some(PinEntry::on_reader()),
            );
            assert!(matches!(
                on_reader.unwrap_err().kind(),
                ErrorKind::Unsupported { .. }
            ));
            let ecdsa = token.sign(
                &credential,
                Scheme::EcdsaDer(Hash::Sha256),
                b"m",
                Some(PinEntry::typed(&wrong)),
            );
            assert!(matches!(ecdsa.unwrap_err().kind(), ErrorKind::Unsupported { .. }));
            assert_eq!(token.pin_status().unwrap(), PinStatus::NotLow, "no try was spent");
        },
    );
}
