//! PINs: flags that are wrong, PINs that have expired, logins that are not accepted.

use card_access::{ErrorKind, Pin, PinEntry, PinStatus};
use pkcs11_faults::{Fault, Order};

use crate::pkcs11_reports::bench::{carol, credential, listing, logins, open, pin, sign, sign_with, test};
use crate::support::{run, softhsm};

const LOGIN_REQUIRED: u64 = 0x4;
const USER_PIN_INITIALIZED: u64 = 0x8;
const TOKEN_INITIALIZED: u64 = 0x400;
const USER_PIN_TO_BE_CHANGED: u64 = 0x8_0000;
const SO_PIN_FLAGS: u64 = 0xf0_0000;

#[test]
fn an_expired_pin_must_be_changed() {
    test("pin::an_expired_pin_must_be_changed", |folder, faults| {
        carol(folder);
        let pin = pin();
        let mut token = open();
        for function in ["C_Login", "C_SignInit", "C_Sign"] {
            faults.order(&[Order::Each(function, Fault::Answer(0xA3))]);
            let error = sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::PinChangeRequired, "{function}: {error}");
            assert_eq!(error.vendor_code().unwrap().name, "CKR_PIN_EXPIRED");
            assert_eq!(logins(faults), 1, "{function}");
        }
    });
}

#[test]
fn a_pin_that_is_to_be_changed_says_so_and_refuses_nothing_by_itself() {
    test(
        "pin::a_pin_that_is_to_be_changed_says_so_and_refuses_nothing_by_itself",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let mut token = open();
            // Some tokens set the flag of an initial PIN and sign nevertheless.
            faults.order(&[Order::SetTokenFlags(USER_PIN_TO_BE_CHANGED)]);
            assert_eq!(token.pin_status().unwrap(), PinStatus::ChangeRequired);
            sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap();
            // CKR_USER_NOT_LOGGED_IN, a general error.
            for answer in [0x101, 0x5] {
                faults.order(&[
                    Order::SetTokenFlags(USER_PIN_TO_BE_CHANGED),
                    Order::Each("C_SignInit", Fault::Answer(answer)),
                ]);
                let error = sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
                assert_eq!(*error.kind(), ErrorKind::PinChangeRequired, "{error}");
                assert_eq!(logins(faults), 1);
            }
            // The security officer's PIN is another one.
            faults.order(&[Order::SetTokenFlags(SO_PIN_FLAGS)]);
            assert_eq!(token.pin_status().unwrap(), PinStatus::NotLow);
            sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap();
        },
    );
}

#[test]
fn a_login_that_is_not_accepted_is_not_reported_as_a_missing_pin() {
    test(
        "pin::a_login_that_is_not_accepted_is_not_reported_as_a_missing_pin",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let mut token = open();
            for function in ["C_SignInit", "C_Sign"] {
                faults.order(&[Order::Each(function, Fault::Answer(0x101))]);
                let error = sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
                assert_eq!(*error.kind(), ErrorKind::NotLoggedIn, "{function}: {error}");
                assert_eq!(logins(faults), 1);
                let error = sign(&mut *token, None).unwrap_err();
                assert_eq!(*error.kind(), ErrorKind::PinRequired, "{function}: {error}");
            }
        },
    );
}

#[test]
fn flags_that_are_missing_refuse_nothing() {
    test("pin::flags_that_are_missing_refuse_nothing", |folder, faults| {
        carol(folder);
        let pin = pin();
        for flags in [
            USER_PIN_INITIALIZED,
            LOGIN_REQUIRED,
            TOKEN_INITIALIZED,
            USER_PIN_INITIALIZED | TOKEN_INITIALIZED,
            LOGIN_REQUIRED | TOKEN_INITIALIZED,
        ] {
            faults.order(&[Order::ClearTokenFlags(flags)]);
            let mut token = open();
            sign(&mut *token, Some(PinEntry::typed(&pin)))
                .unwrap_or_else(|error| panic!("without {flags:x}: {error}"));
            assert_eq!(logins(faults), 1, "without {flags:x}");
        }
        faults.order(&[Order::ClearTokenFlags(LOGIN_REQUIRED)]);
        let mut token = open();
        assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
        let without_login = credential(&mut *token, "rsa");
        let error = sign_with(&mut *token, &without_login, None).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::PinRequired);

        // The login reports the real state.
        faults.order(&[
            Order::ClearTokenFlags(USER_PIN_INITIALIZED),
            Order::Each("C_Login", Fault::Answer(0x102)),
        ]);
        let error = sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotInitialized);
    });
}

#[test]
fn a_token_that_was_never_set_up_is_left_out() {
    test("pin::a_token_that_was_never_set_up_is_left_out", |_, _| {
        // SoftHSM always shows one.
        softhsm::token("carol");
        assert_eq!(listing().found.len(), 1);
    });
}

#[test]
fn a_login_that_fails_is_a_pin_that_was_not_checked() {
    test(
        "pin::a_login_that_fails_is_a_pin_that_was_not_checked",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let mut token = open();
            for answer in [0x5, 0x6, 0x7, 0x30, 0x31, 0x54, 0x91, 0x200, 0x8000_0001, 0x7777] {
                faults.order(&[Order::Each("C_Login", Fault::Answer(answer))]);
                let error = sign(&mut *token, Some(PinEntry::typed(&pin))).unwrap_err();
                let is_refused = matches!(error.kind(), ErrorKind::PinRefused { .. });
                assert!(is_refused, "{answer:x}: {error}");
                assert_eq!(error.vendor_code().unwrap().number, answer);
                assert_eq!(logins(faults), 1, "{answer:x}");
            }
        },
    );
}

#[test]
fn a_pin_of_four_digits_is_usable() {
    test("pin::a_pin_of_four_digits_is_usable", |folder, faults| {
        carol(folder);
        let change = [
            "--change-pin",
            "--login",
            "--pin",
            softhsm::PIN,
            "--new-pin",
            "1234",
        ];
        run(
            "pkcs11-tool",
            &[&["--module", softhsm::path()][..], &change].concat(),
        );
        let pin = Pin::new("1234".to_owned());
        let entry = PinEntry::typed(&pin);
        let mut token = open();
        sign(&mut *token, Some(entry)).unwrap();
        // The token's own limits are for new PINs, and this one is older: it is sent on request.
        faults.order(&[Order::PinLengths(6, 8)]);
        let error = sign(&mut *token, Some(entry)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::PinFormat { .. }), "{error}");
        assert_eq!(logins(faults), 0);
        sign(&mut *token, Some(entry.allow_short_pin())).unwrap();
        // Limits that no PIN meets are ignored: empty, unavailable, reversed.
        for (shortest, longest) in [(0, 0), (u64::MAX, u64::MAX), (4, 0), (4, u64::MAX)] {
            faults.order(&[Order::PinLengths(shortest, longest)]);
            sign(&mut *token, Some(entry))
                .unwrap_or_else(|error| panic!("{shortest:x} to {longest:x}: {error}"));
        }
    });
}
