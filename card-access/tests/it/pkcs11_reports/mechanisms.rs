//! Mechanisms that a token offers but does not support.

use card_access::{ErrorKind, PinEntry};
use pkcs11_faults::{Fault, Faults, Order};

use crate::pkcs11_reports::bench::{carol, logins, open, pin, sign, test};
use crate::support::identity::Identity;
use crate::support::softhsm;

/// Answers of modules for a mechanism that the card does not support.
const ANSWERS: [u64; 10] = [0x5, 0x6, 0x7, 0x20, 0x21, 0x30, 0x54, 0x68, 0x70, 0x71];

/// Number of the first call of a function since the last order.
fn first(faults: &Faults, function: &str) -> usize {
    faults.calls().iter().position(|call| call == function).unwrap() + 1
}

#[test]
fn the_next_mechanism_is_tried_without_another_login() {
    test(
        "mechanisms::the_next_mechanism_is_tried_without_another_login",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let entry = Some(PinEntry::typed(&pin));
            let mut token = open();
            faults.none();
            sign(&mut *token, entry).unwrap();
            for function in ["C_SignInit", "C_Sign"] {
                faults.none();
                sign(&mut *token, entry).unwrap();
                let nth = first(faults, function);
                for answer in ANSWERS {
                    faults.at_call(nth, Fault::Answer(answer));
                    sign(&mut *token, entry).unwrap_or_else(|error| panic!("{function} {answer:x}: {error}"));
                    assert_eq!(logins(faults), 1, "{function} {answer:x}");
                    let begun = faults.calls().iter().filter(|call| *call == "C_SignInit").count();
                    assert_eq!(begun, 2, "{function} {answer:x}");
                }
            }
        },
    );
}

#[test]
fn if_every_mechanism_fails_the_first_failure_is_reported() {
    test(
        "mechanisms::if_every_mechanism_fails_the_first_failure_is_reported",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let mut token = open();
            faults.order(&[Order::Each("C_Sign", Fault::Answer(0x30))]);
            let error = sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::CardFailed);
            assert_eq!(error.vendor_code().unwrap().name, "CKR_DEVICE_ERROR");
            assert_eq!(logins(faults), 1);
            faults.none();
            sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap();
        },
    );
}

#[test]
fn other_failures_end_the_signature() {
    test(
        "mechanisms::other_failures_end_the_signature",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let mut token = open();
            // Removed, cancelled, a lost login, no session.
            for answer in [0x32, 0x50, 0x101, 0xB3] {
                faults.order(&[Order::Each("C_Sign", Fault::Answer(answer))]);
                sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
                let begun = faults.calls().iter().filter(|call| *call == "C_SignInit").count();
                assert_eq!(begun, 1, "{answer:x}");
            }
        },
    );
}

#[test]
fn a_key_with_its_own_login_gets_it_once() {
    test(
        "mechanisms::a_key_with_its_own_login_gets_it_once",
        |folder, faults| {
            softhsm::token("carol");
            softhsm::put(
                "carol",
                folder,
                &Identity::rsa("rsa"),
                "rsa",
                "01",
                &["--always-auth"],
            );
            let pin = pin();
            let entry = Some(PinEntry::typed(&pin));
            let mut token = open();
            faults.none();
            sign(&mut *token, entry).unwrap();
            assert_eq!(logins(faults), 2, "the user's, and the key's");

            // Refused before the key's login: nothing was sent yet, and SoftHSM's other mechanisms are single-part.
            let nth = first(faults, "C_SignInit");
            faults.at_call(nth, Fault::Answer(0x5));
            let error = sign(&mut *token, entry).unwrap_err();
            assert!(!matches!(error.kind(), ErrorKind::WrongPin { .. }), "{error}");
            assert_eq!(logins(faults), 2);

            // Refused after it: the PIN is not sent again for another mechanism.
            for answer in ANSWERS {
                faults.order(&[Order::Each("C_SignUpdate", Fault::Answer(answer))]);
                sign(&mut *token, entry).unwrap_err();
                assert_eq!(logins(faults), 2, "{answer:x}");
            }
        },
    );
}

#[test]
fn a_key_whose_login_is_there_already_signs() {
    test(
        "mechanisms::a_key_whose_login_is_there_already_signs",
        |folder, faults| {
            softhsm::token("carol");
            softhsm::put(
                "carol",
                folder,
                &Identity::rsa("rsa"),
                "rsa",
                "01",
                &["--always-auth"],
            );
            let pin = pin();
            let entry = Some(PinEntry::typed(&pin));
            let mut token = open();
            faults.none();
            sign(&mut *token, entry).unwrap();
            let second = faults.calls().iter().rposition(|call| call == "C_Login").unwrap() + 1;
            // CKR_USER_ALREADY_LOGGED_IN.
            faults.at_call(second, Fault::After(0x100));
            sign(&mut *token, entry).unwrap();
        },
    );
}
