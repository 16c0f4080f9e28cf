//! Systems without helper processes: each module is reported as a problem.

use std::convert::Infallible;

use zeroize::Zeroizing;

use super::Settings;
use crate::pkcs11::{KeyPurpose, Module, Oaep, RsaPublicKey};
use crate::uri::Pkcs11Uri;
use crate::{Error, ErrorKind, ListRequest, Listing, PinEntry, Scheme, Token, TokenId, TokenInfo};

#[derive(Clone)]
pub(in crate::pkcs11) struct Helper(Module);

impl Helper {
    pub(in crate::pkcs11) fn new(module: Module, _: Settings) -> Self {
        Self(module)
    }

    pub(in crate::pkcs11) fn module(&self) -> &Module {
        &self.0
    }

    pub(in crate::pkcs11) fn list(&self, _: Option<&ListRequest>) -> Result<Listing<TokenInfo>, Error> {
        Err(self.missing())
    }

    pub(in crate::pkcs11) fn tokens(&self) -> Listing<TokenInfo> {
        let mut listing = Listing::default();
        listing.record(self.0.path().display().to_string(), Err(self.missing()));
        listing
    }

    pub(in crate::pkcs11) fn is_rested(&self) -> bool {
        true
    }

    pub(in crate::pkcs11) fn open(&self, _: &TokenId) -> Result<Box<dyn Token>, Error> {
        Err(self.missing())
    }

    pub(in crate::pkcs11) fn uri(&self, _: &TokenId) -> Result<Pkcs11Uri, Error> {
        Err(self.missing())
    }

    pub(in crate::pkcs11) fn open_keys(&self, _: &TokenId) -> Result<HelperKeys, Error> {
        Err(self.missing())
    }

    fn missing(&self) -> Error {
        Error::from(ErrorKind::HelperMissing)
            .with_location(self.0.path().display().to_string())
            .with_detail("this system has no helper processes")
    }
}

/// Keys in a token, which no helper opens.
pub(in crate::pkcs11) struct HelperKeys(Infallible);

impl HelperKeys {
    pub(in crate::pkcs11) fn info(&self) -> &TokenInfo {
        match self.0 {}
    }

    pub(in crate::pkcs11) fn make(
        &mut self,
        _: &[u8],
        _: &str,
        _: KeyPurpose,
        _: Option<PinEntry<'_>>,
    ) -> Result<RsaPublicKey, Error> {
        match self.0 {}
    }

    pub(in crate::pkcs11) fn sign(
        &mut self,
        _: &[u8],
        _: Scheme,
        _: &[u8],
        _: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        match self.0 {}
    }

    pub(in crate::pkcs11) fn decrypt(
        &mut self,
        _: &[u8],
        _: Oaep,
        _: &[u8],
        _: Option<PinEntry<'_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self.0 {}
    }

    pub(in crate::pkcs11) fn delete(&mut self, _: &[u8], _: Option<PinEntry<'_>>) -> Result<(), Error> {
        match self.0 {}
    }
}
