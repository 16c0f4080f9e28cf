//! Modules that crash, hang or fail, and programs that are not helpers.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use card_access::pkcs11::Pkcs11Provider;
use card_access::{ErrorKind, PinEntry, Provider};
use lab::{Profile, Readers};
use pkcs11_faults::{Fault, Faults, Order};

use crate::Test;
use crate::helper::{SCHEME, assert_signs, children, fault_environment, open, pin, provider};
use crate::support;
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm::{self, PIN};

pub(crate) const TESTS: &[Test] = tests![
    a_module_that_crashes_exits_or_prints_leaves_its_caller_alone,
    a_module_that_crashes_is_started_again,
    a_module_that_fails_is_left_alone_by_a_watch_and_tried_at_once_by_a_listing,
    a_module_that_hangs_in_mid_sign_is_ended,
    a_module_may_fail_in_any_function,
    a_program_that_is_not_a_helper_is_reported,
];

fn a_module_that_crashes_exits_or_prints_leaves_its_caller_alone(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let faults = Faults::in_folder(folder);
        for function in ["C_GetSlotList", "C_GetTokenInfo"] {
            for fault in [Fault::Crash, Fault::Exit, Fault::SegmentationFault] {
                faults.order(&[Order::Each(function, fault)]);
                let listing = Pkcs11Provider::from_module(pkcs11_faults::module())
                    .tokens()
                    .unwrap();
                assert_eq!(listing.found, [], "{function} {fault:?}");
                let error = &listing.problems[0].error;
                assert_eq!(*error.kind(), ErrorKind::ModuleFailed, "{function} {fault:?}");
                assert!(error.detail().unwrap().contains("ended"), "{error}");
            }
        }
        faults.order(&[
            Order::Each("C_GetSlotList", Fault::Print),
            Order::Each("C_Sign", Fault::Print),
        ]);
        let (mut token, credential) = open(&mut Pkcs11Provider::from_module(pkcs11_faults::module()));
        assert_signs(&mut *token, &credential);
    });
}

fn a_module_that_crashes_is_started_again(name: &str) {
    support::in_own_process(name, softhsm::environment, |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let (mut token, credential) = open(&mut provider());
        let [helper] = *children() else {
            panic!("one helper is expected")
        };
        support::run("kill", &["-ABRT", &helper.to_string()]);
        let mut sign = || token.sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin(PIN))));
        let error = sign().unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::ModuleFailed);
        assert!(error.to_string().contains("signal: 6"), "{error}");
        assert!(verifies(credential.certificate(), SCHEME, b"m", &sign().unwrap()));
    });
}

fn a_module_that_fails_is_left_alone_by_a_watch_and_tried_at_once_by_a_listing(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        let faults = Faults::in_folder(folder);
        // CKR_GENERAL_ERROR leaves the helper running, and after a crash there is none.
        for fault in [Fault::Answer(5), Fault::Crash] {
            let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module());
            let wait = |provider: &mut Pkcs11Provider| provider.wait(Duration::ZERO).unwrap();
            faults.at_call(1, fault);
            assert_eq!(wait(&mut provider), []);
            assert_eq!(faults.calls(), ["C_GetSlotList"], "{fault:?}");
            faults.none();
            assert_eq!(wait(&mut provider), []);
            assert_eq!(faults.calls(), [""; 0], "{fault:?}");
            assert_eq!(provider.tokens().unwrap().found.len(), 1, "{fault:?}");
            faults.none();
            assert_eq!(wait(&mut provider), []);
            assert_ne!(faults.calls(), [""; 0], "{fault:?}");
        }
    });
}

fn a_module_that_hangs_in_mid_sign_is_ended(name: &str) {
    support::alone_in_own_process(name, || {
        let readers = Readers::start(1).unwrap();
        let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
        let limit = Duration::from_secs(3);
        let opensc = Pkcs11Provider::from_module(lab::Module::OpenSc.path().unwrap());
        let mut provider = opensc.with_time_limit(limit);
        let (mut token, credential) = open(&mut provider);
        let pin = pin(card.pin());
        let mut sign = || token.sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin)));
        card.forget_apdus().unwrap();
        sign().unwrap();
        let general_authenticate = card
            .apdus()
            .unwrap()
            .iter()
            .position(|apdu| apdu.instruction() == Some(0x87));
        let nth = u32::try_from(general_authenticate.unwrap() + 1).unwrap();

        card.fault(nth, lab::Fault::Hang).unwrap();
        let start = Instant::now();
        let error = sign().unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::ModuleFailed);
        assert!(error.to_string().contains("no answer"), "{error}");
        assert!(start.elapsed() < limit * 5, "the hang was bounded");
        assert_eq!(children().len(), 0, "the helper was ended");

        // The card itself hung, so it is removed and inserted again, and everything continues.
        card.remove().unwrap();
        card.insert().unwrap();
        assert!(verifies(credential.certificate(), SCHEME, b"m", &sign().unwrap()));
    });
}

fn a_module_may_fail_in_any_function(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let faults = Faults::in_folder(folder);
        let module = Pkcs11Provider::from_module(pkcs11_faults::module());
        let mut provider = module.with_time_limit(Duration::from_secs(5));
        let (mut token, credential) = open(&mut provider);
        let mut sign = || token.sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin(PIN))));

        faults.none();
        sign().unwrap();
        let calls = faults.calls();
        for function in calls.iter().collect::<BTreeSet<_>>() {
            let nth = calls.iter().position(|call| call == function).unwrap() + 1;
            // Each hang takes the whole time limit, so four functions represent all.
            let hangs = ["C_FindObjects", "C_GetTokenInfo", "C_Login", "C_Sign"].contains(&function.as_str());
            for fault in [Fault::Crash, Fault::Hang]
                .into_iter()
                .take(if hangs { 2 } else { 1 })
            {
                faults.at_call(nth, fault);
                let error = sign().expect_err(function);
                assert_eq!(
                    *error.kind(),
                    ErrorKind::ModuleFailed,
                    "{function} {fault:?}: {error}"
                );
                assert!(faults.calls().iter().filter(|call| *call == "C_Login").count() <= 1);
                faults.none();
                assert!(
                    verifies(credential.certificate(), SCHEME, b"m", &sign().unwrap()),
                    "{function}"
                );
            }
        }
    });
}

fn a_program_that_is_not_a_helper_is_reported(name: &str) {
    support::in_own_process(name, softhsm::environment, |_| {
        softhsm::token("carol");
        // One exits at once, one does not exist, and one waits without end for input that never comes.
        for program in ["/bin/true", "/no/such/program", "/bin/cat"] {
            let mut provider = provider()
                .with_helper_program(program)
                .with_time_limit(Duration::from_millis(500));
            let listing = provider.tokens().unwrap();
            assert_eq!(listing.found, []);
            assert_eq!(
                *listing.problems[0].error.kind(),
                ErrorKind::ModuleFailed,
                "{:?}",
                listing.problems
            );
        }
    });
}
