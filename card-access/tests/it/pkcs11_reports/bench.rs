//! A process with its own SoftHSM, whose module misbehaves where a test says.

use std::path::Path;

use card_access::pkcs11::Pkcs11Provider;
use card_access::{Credential, Error, Hash, Listing, Pin, PinEntry, Provider, Scheme, Token, TokenInfo};
use pkcs11_faults::Faults;

use crate::support;
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm::{self, PIN};

pub(crate) const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

pub(crate) fn test(name: &str, body: impl FnOnce(&Path, &Faults)) {
    let environment = |folder: &Path| {
        let faults = Faults::in_folder(folder).environment(softhsm::path());
        softhsm::environment(folder).into_iter().chain(faults).collect()
    };
    support::in_own_process(name, environment, |folder| {
        let faults = Faults::in_folder(folder);
        faults.none();
        body(folder, &faults);
    });
}

/// A token `carol` with one key and its certificate, labelled `rsa`, in `id:01`.
pub(crate) fn carol(folder: &Path) -> Identity {
    softhsm::token("carol");
    let identity = Identity::rsa("rsa");
    softhsm::put("carol", folder, &identity, "rsa", "01", &[]);
    identity
}

pub(crate) fn listing() -> Listing<TokenInfo> {
    let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module()).in_process();
    provider.tokens().unwrap()
}

/// The first token, which is the only one unless a test has made others.
pub(crate) fn open() -> Box<dyn Token> {
    let listing = listing();
    assert_eq!(listing.problems, []);
    let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module()).in_process();
    provider.open(&listing.found[0].id).unwrap()
}

pub(crate) fn credential(token: &mut dyn Token, label: &str) -> Credential {
    let all = token.credentials().unwrap().found;
    let found = all.into_iter().find(|one| one.label() == label);
    found.unwrap_or_else(|| panic!("{label} is not listed"))
}

pub(crate) fn pin() -> Pin {
    Pin::new(PIN.to_owned())
}

/// Signs with the only credential, and has OpenSSL check the signature.
pub(crate) fn sign(token: &mut dyn Token, entry: Option<PinEntry<'_>>) -> Result<(), Error> {
    let credential = token.credentials()?.found.remove(0);
    sign_with(token, &credential, entry)
}

pub(crate) fn sign_with(
    token: &mut dyn Token,
    credential: &Credential,
    entry: Option<PinEntry<'_>>,
) -> Result<(), Error> {
    let signature = token.sign(credential, SCHEME, b"m", entry)?;
    assert!(verifies(credential.certificate(), SCHEME, b"m", &signature));
    Ok(())
}

pub(crate) fn logins(faults: &Faults) -> usize {
    faults.calls().iter().filter(|call| *call == "C_Login").count()
}
