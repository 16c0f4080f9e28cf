//! A process with its own `SoftHSM`, and its content.

use std::path::Path;

use card_access::pkcs11::Pkcs11Provider;
use card_access::{Credential, Listing, Pin, Provider, Token};

use crate::support;
use crate::support::softhsm::{self, PIN};

pub(crate) fn test(name: &str, body: impl FnOnce(&Path)) {
    support::in_own_process(name, softhsm::environment, body);
}

pub(crate) fn open(label: &str) -> Box<dyn Token> {
    let mut provider = Pkcs11Provider::from_module(softhsm::path()).in_process();
    let listing = provider.tokens().unwrap();
    assert_eq!(listing.problems, []);
    let info = listing
        .found
        .into_iter()
        .find(|token| token.name == label)
        .expect("the token is listed");
    provider.open(&info.id).unwrap()
}

pub(crate) fn credentials(token: &mut dyn Token) -> Vec<Credential> {
    let Listing { found, problems, .. } = token.credentials().unwrap();
    assert_eq!(problems, []);
    found
}

pub(crate) fn pin() -> Pin {
    Pin::new(PIN.to_owned())
}
