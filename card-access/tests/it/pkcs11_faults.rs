//! Faults at every call of a sign-in: the result is an error that describes the fault, one try is spent at most, and the next
//! sign-in works.

use crate::support;
use std::path::Path;

use crate::support::identity::{Identity, verifies};
use crate::support::softhsm::{self, PIN};
use card_access::pkcs11::Pkcs11Provider;
use card_access::{Error, ErrorKind, Hash, Pin, PinEntry, PinPad, PinStatus, Provider, Scheme};
use pkcs11_faults::{Fault, Faults};

const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

fn test(name: &str, body: impl FnOnce(&Path, &Faults)) {
    let environment = |folder: &Path| {
        let faults = Faults::in_folder(folder).environment(softhsm::path());
        softhsm::environment(folder).into_iter().chain(faults).collect()
    };
    support::in_own_process(name, environment, |folder| {
        body(folder, &Faults::in_folder(folder));
    });
}

/// Everything from listing tokens to a signature that OpenSSL accepts.
fn sign_in(entry: Option<PinEntry<'_>>) -> Result<(), Error> {
    let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module()).in_process();
    let mut listing = provider.tokens()?;
    if let Some(problem) = listing.problems.pop() {
        return Err(problem.error);
    }
    let mut token = match listing.found.first() {
        Some(token) => provider.open(&token.id)?,
        None => return Err(ErrorKind::NoCard.into()),
    };
    let mut credentials = token.credentials()?;
    let credential = credentials.found.pop().ok_or(ErrorKind::NoCredential)?;
    let signature = token.sign(&credential, SCHEME, b"m", entry)?;
    assert!(verifies(credential.certificate(), SCHEME, b"m", &signature));
    Ok(())
}

fn logins(faults: &Faults) -> usize {
    faults.calls().iter().filter(|call| *call == "C_Login").count()
}

#[test]
fn every_call_may_answer_anything() {
    test("every_call_may_answer_anything", |folder, faults| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let pin = Pin::new(PIN.to_owned());
        let entry = Some(PinEntry::typed(&pin));
        sign_in(entry).unwrap();
        faults.none();
        sign_in(entry).unwrap();
        let calls = faults.calls();
        assert!(calls.len() > 20, "{calls:?}");

        // A general failure, a device error, removals, a dead session, a lost login, an unsupported function, an
        // operation in progress, a buffer, a vendor's value and an unknown one.
        let answers = [
            0x5,
            0x30,
            0x32,
            0xE0,
            0xB3,
            0x101,
            0x54,
            0x90,
            0x150,
            0x8000_0001,
            0x7777,
        ];
        for (nth, call) in (1..).zip(&calls) {
            for answer in answers {
                faults.at_call(nth, Fault::Answer(answer));
                let result = sign_in(entry);
                assert!(logins(faults) <= 1, "{call} ({nth}) {answer:x}");
                match result {
                    // A fault during the logout, or one that is worked around, does not affect the signature.
                    Ok(()) => {}
                    Err(error) => {
                        assert!(!error.to_string().is_empty());
                        let wrong_pin =
                            matches!(error.kind(), ErrorKind::WrongPin { .. } | ErrorKind::PinBlocked);
                        assert!(!wrong_pin, "{call} ({nth}) {answer:x}: {error}");
                    }
                }
                faults.none();
                sign_in(entry).unwrap_or_else(|error| panic!("after {call} ({nth}) {answer:x}: {error}"));
                let error = sign_in(None).expect_err("a login outlived the fault");
                assert_eq!(
                    *error.kind(),
                    ErrorKind::PinRequired,
                    "a login outlived {call} ({nth}) {answer:x}"
                );
            }
        }
    });
}

#[test]
fn the_answer_to_a_login_is_reported() {
    test("the_answer_to_a_login_is_reported", |folder, faults| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let pin = Pin::new(PIN.to_owned());
        faults.none();
        sign_in(Some(PinEntry::typed(&pin))).unwrap();
        let nth = faults.calls().iter().position(|call| call == "C_Login").unwrap() + 1;
        let wrong_pin = ErrorKind::WrongPin { tries_left: None };
        for (answer, name, kind) in [
            (0xA0, "CKR_PIN_INCORRECT", wrong_pin.clone()),
            (0xA2, "CKR_PIN_LEN_RANGE", wrong_pin),
            (0xA4, "CKR_PIN_LOCKED", ErrorKind::PinBlocked),
            (0x32, "CKR_DEVICE_REMOVED", ErrorKind::Removed),
            (0x50, "CKR_FUNCTION_CANCELED", ErrorKind::Cancelled),
            (0x102, "CKR_USER_PIN_NOT_INITIALIZED", ErrorKind::NotInitialized),
            (0x104, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", ErrorKind::Busy),
            (
                0x8000_0001,
                "CKR_VENDOR_DEFINED",
                ErrorKind::PinRefused {
                    reason: "the module reports a failure",
                },
            ),
        ] {
            faults.at_call(nth, Fault::Answer(answer));
            let error = sign_in(Some(PinEntry::typed(&pin))).unwrap_err();
            assert_eq!(*error.kind(), kind, "{error}");
            let vendor = error.vendor_code().unwrap();
            assert_eq!((&*vendor.name, vendor.number), (name, answer));
            assert_eq!(logins(faults), 1, "no second try");
        }
    });
}

#[test]
fn a_pin_is_typed_on_the_token_where_it_has_keys() {
    test(
        "a_pin_is_typed_on_the_token_where_it_has_keys",
        |folder, faults| {
            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            faults.pin_pad(PIN);
            let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module()).in_process();
            let info = provider.tokens().unwrap().found.remove(0);
            assert_eq!(info.pin_pad, PinPad::Present);
            sign_in(Some(PinEntry::on_reader())).unwrap();

            faults.pin_pad("654321");
            let error = sign_in(Some(PinEntry::on_reader())).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
            assert_eq!(logins(faults), 1);
            assert_eq!(
                provider.open(&info.id).unwrap().pin_status().unwrap(),
                PinStatus::Low
            );
        },
    );
}

#[test]
fn a_pin_that_was_refused_is_not_sent_again_for_another_mechanism() {
    test(
        "a_pin_that_was_refused_is_not_sent_again_for_another_mechanism",
        |folder, faults| {
            softhsm::token("carol");
            let identity = Identity::rsa("rsa");
            softhsm::put("carol", folder, &identity, "rsa", "01", &["--always-auth"]);
            let pin = Pin::new(PIN.to_owned());
            let entry = Some(PinEntry::typed(&pin));
            faults.none();
            sign_in(entry).unwrap();
            let calls = faults.calls();
            let second = calls.iter().rposition(|call| call == "C_Login").unwrap() + 1;
            // The module's answer looks as if another mechanism could work.
            for answer in [0x54, 0x68, 0x70, 0x71] {
                faults.at_call(second, Fault::Answer(answer));
                let error = sign_in(entry).unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::PinRefused { .. }), "{error}");
                assert_eq!(
                    logins(faults),
                    2,
                    "the user's, and the key's: {:?}",
                    faults.calls()
                );
            }
        },
    );
}
