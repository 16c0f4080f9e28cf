//! Modules in helper processes, and the processes themselves.

use std::fs;
use std::path::Path;

use card_access::pkcs11::Pkcs11Provider;
use card_access::{Credential, Hash, Pin, PinEntry, Provider, Scheme, Token};
use pkcs11_faults::Faults;

use crate::support::identity::verifies;
use crate::support::softhsm;

pub(crate) const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

pub(crate) fn provider() -> Pkcs11Provider {
    Pkcs11Provider::from_module(softhsm::path())
}

pub(crate) fn open(provider: &mut dyn Provider) -> (Box<dyn Token>, Credential) {
    let listing = provider.tokens().unwrap();
    assert_eq!(listing.problems, []);
    let mut token = provider.open(&listing.found[0].id).unwrap();
    let credential = token.credentials().unwrap().found.remove(0);
    (token, credential)
}

/// Signs with the usual PIN. OpenSSL verifies the signature.
pub(crate) fn assert_signs(token: &mut dyn Token, credential: &Credential) {
    let signature = token.sign(
        credential,
        SCHEME,
        b"m",
        Some(PinEntry::typed(&pin(softhsm::PIN))),
    );
    assert!(verifies(
        credential.certificate(),
        SCHEME,
        b"m",
        &signature.unwrap()
    ));
}

pub(crate) fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

/// Environment of a process whose module fails at the given call.
pub(crate) fn fault_environment(folder: &Path) -> Vec<(&'static str, String)> {
    let faults = Faults::in_folder(folder).environment(softhsm::path());
    softhsm::environment(folder).into_iter().chain(faults).collect()
}

/// Processes that this one has started and that are still running.
pub(crate) fn children() -> Vec<u32> {
    let task = format!("/proc/self/task/{}/children", std::process::id());
    let children = fs::read_to_string(task).unwrap();
    children
        .split_whitespace()
        .map(|child| child.parse().unwrap())
        .collect()
}
