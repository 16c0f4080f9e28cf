//! Helpers of a module that needs nothing else, so that these tests run on every system.

use std::path::Path;
use std::time::{Duration, Instant};

use card_access::pkcs11::Pkcs11Provider;
use card_access::{Cards, Error, ErrorKind, Provider};

use pkcs11_faults::{Fault, Faults, Order};

use crate::Test;
use crate::support;

pub(crate) const TESTS: &[Test] = tests![
    a_helper_lists_the_token_of_its_module,
    what_a_module_prints_is_discarded,
    a_module_that_exits_is_reported,
    a_module_that_crashes_is_reported,
    a_module_that_hangs_is_ended,
    a_cancelled_listing_ends_its_helper,
];

fn a_helper_lists_the_token_of_its_module(name: &str) {
    with_fault(name, None, |mut provider| {
        for _ in 0..2 {
            let listing = provider.tokens().unwrap();
            assert_eq!(listing.problems, []);
            assert_eq!(listing.found[0].name, pkcs11_faults::BARE_TOKEN);
            assert_eq!(listing.found[0].reader.as_deref(), Some("Bare slot"));
        }
        let id = provider.tokens().unwrap().found.remove(0).id;
        let mut token = provider.open(&id).unwrap();
        assert_eq!(token.info().serial.as_deref(), Some("0123456789"));
        assert_eq!(token.credentials().unwrap().found, []);
    });
}

fn what_a_module_prints_is_discarded(name: &str) {
    with_fault(name, Some(Fault::Print), |mut provider| {
        for _ in 0..3 {
            let listing = provider.tokens().unwrap();
            assert_eq!(
                (listing.found.len(), listing.problems.len()),
                (1, 0),
                "{listing:?}"
            );
        }
    });
}

fn a_module_that_exits_is_reported(name: &str) {
    with_fault(name, Some(Fault::Exit), is_reported);
}

fn a_module_that_crashes_is_reported(name: &str) {
    with_fault(name, Some(Fault::Crash), is_reported);
}

fn is_reported(provider: Pkcs11Provider) {
    let error = problem(provider);
    assert_eq!(*error.kind(), ErrorKind::ModuleFailed, "{error}");
    assert!(error.detail().unwrap().contains("ended"), "{error}");
}

fn a_module_that_hangs_is_ended(name: &str) {
    with_fault(name, Some(Fault::Hang), |provider| {
        let begun = Instant::now();
        let error = problem(provider);
        assert_eq!(*error.kind(), ErrorKind::ModuleFailed, "{error}");
        assert!(error.to_string().contains("no answer"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(60));
    });
}

fn a_cancelled_listing_ends_its_helper(name: &str) {
    with_fault(name, Some(Fault::Hang), |provider| {
        let patient = provider.with_time_limit(Duration::from_secs(600));
        let begun = Instant::now();
        let mut cards = Cards::new().with_provider(patient);
        let listing = cards.tokens(Duration::from_secs(1));
        assert_eq!((listing.found.len(), listing.pending.len()), (0, 1));
        drop(cards);
        assert!(begun.elapsed() < Duration::from_secs(60));
    });
}

fn problem(mut provider: Pkcs11Provider) -> Error {
    let mut listing = provider.tokens().unwrap();
    assert_eq!(listing.found, []);
    listing.problems.remove(0).error
}

/// Runs the test's body in its own process, whose module has this fault.
fn with_fault(name: &str, fault: Option<Fault>, body: impl FnOnce(Pkcs11Provider)) {
    let environment = |folder: &Path| Faults::in_folder(folder).bare_environment();
    support::in_own_process(name, environment, |folder| {
        let orders: Vec<_> = fault
            .map(|fault| Order::Each("C_GetTokenInfo", fault))
            .into_iter()
            .collect();
        Faults::in_folder(folder).order(&orders);
        let provider = Pkcs11Provider::from_module(pkcs11_faults::module());
        body(provider.with_time_limit(Duration::from_secs(20)));
    });
}
