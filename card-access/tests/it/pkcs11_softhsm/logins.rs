//! Logins, which are the whole process's.

use std::thread;

use card_access::{ErrorKind, Hash, Pin, PinEntry, PinStatus, Scheme};

use crate::pkcs11_softhsm::process::{credentials, open, pin, test};
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm::{self, PIN};

#[test]
fn a_wrong_pin_differs_from_an_invalid_one() {
    test("logins::a_wrong_pin_differs_from_an_invalid_one", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let mut token = open("carol");
        let credential = credentials(&mut *token).remove(0);
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        let mut sign = |pin: &str| {
            let pin = Pin::new(pin.to_owned());
            let result = token.sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin)));
            (result, token.pin_status().unwrap())
        };

        let (result, status) = sign("1");
        assert!(matches!(result.unwrap_err().kind(), ErrorKind::PinFormat { .. }));
        assert_eq!(status, PinStatus::NotLow, "nothing was sent to the token");

        let (result, status) = sign("654321");
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
        let vendor = error.vendor_code().unwrap();
        assert_eq!((&*vendor.name, vendor.number), ("CKR_PIN_INCORRECT", 0xA0));
        assert_eq!(status, PinStatus::Low);

        let (result, status) = sign(PIN);
        assert!(verifies(credential.certificate(), scheme, b"m", &result.unwrap()));
        assert_eq!(status, PinStatus::NotLow);
    });
}

#[test]
fn no_login_outlives_its_signature() {
    test("logins::no_login_outlives_its_signature", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let (mut token, mut other) = (open("carol"), open("carol"));
        let credential = credentials(&mut *token).remove(0);
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
            .unwrap();
        for token in [&mut token, &mut other] {
            let error = token.sign(&credential, scheme, b"m", None).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::PinRequired);
        }
    });
}

#[test]
fn a_login_of_another_part_of_the_process_is_used_and_left() {
    test(
        "logins::a_login_of_another_part_of_the_process_is_used_and_left",
        |folder| {
            use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
            use cryptoki::session::{SessionState, UserType};

            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let theirs = Pkcs11::new(softhsm::path()).unwrap();
            theirs
                .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
                .unwrap();
            let slot = theirs.get_slots_with_initialized_token().unwrap().remove(0);
            let session = theirs.open_ro_session(slot).unwrap();
            session
                .login(UserType::User, Some(&PIN.to_owned().into()))
                .unwrap();

            let mut token = open("carol");
            let credential = credentials(&mut *token).remove(0);
            let scheme = Scheme::RsaPkcs1(Hash::Sha256);
            token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                .unwrap();
            assert_eq!(
                session.get_session_info().unwrap().session_state(),
                SessionState::RoUser
            );
        },
    );
}

#[test]
fn threads_do_not_log_each_other_out() {
    test("logins::threads_do_not_log_each_other_out", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut token = open("carol");
                    let credential = credentials(&mut *token).remove(0);
                    for _ in 0..25 {
                        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
                        token
                            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                            .unwrap();
                    }
                });
            }
        });
    });
}
