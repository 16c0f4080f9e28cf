//! Keys in a token in its own helper process, from the caller's side.

use zeroize::Zeroizing;

use super::client::{Helper, OpenToken};
use super::key_message::{self, KeyOperation};
use super::message;
use super::wire::Reader;
use crate::owned_pin_entry::OwnedPinEntry;
use crate::pkcs11::key_types::{KeyPurpose, Oaep, RsaPublicKey};
use crate::{Error, PinEntry, Scheme, TokenId, TokenInfo};

/// Keys in a token.
pub(in crate::pkcs11) struct HelperKeys(OpenToken);

impl Helper {
    /// Opens a token to make and use keys in it.
    pub(in crate::pkcs11) fn open_keys(&self, id: &TokenId) -> Result<HelperKeys, Error> {
        self.open_with(id, message::open_keys).map(HelperKeys)
    }
}

impl HelperKeys {
    pub(in crate::pkcs11) fn info(&self) -> &TokenInfo {
        self.0.info()
    }

    pub(in crate::pkcs11) fn make(
        &mut self,
        id: &[u8],
        label: &str,
        purpose: KeyPurpose,
        pin: Option<PinEntry<'_>>,
    ) -> Result<RsaPublicKey, Error> {
        let operation = KeyOperation::Make {
            label: label.to_owned(),
            purpose,
        };
        let made = self.ask(id, operation, pin, |from| {
            Some(RsaPublicKey::new(from.bytes()?, from.bytes()?))
        });
        // tpm2-pkcs11 keeps a new key loaded, and a TPM has room for three objects if no resource manager swaps them.
        self.finalize();
        made
    }

    pub(in crate::pkcs11) fn sign(
        &mut self,
        id: &[u8],
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let operation = KeyOperation::Sign {
            scheme,
            message: message.to_vec(),
        };
        self.ask(id, operation, pin, |from| from.bytes().map(<[u8]>::to_vec))
    }

    pub(in crate::pkcs11) fn decrypt(
        &mut self,
        id: &[u8],
        padding: Oaep,
        encrypted: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let operation = KeyOperation::Decrypt {
            padding,
            encrypted: encrypted.to_vec(),
        };
        self.ask(id, operation, pin, |from| {
            from.bytes().map(|decrypted| Zeroizing::new(decrypted.to_vec()))
        })
    }

    pub(in crate::pkcs11) fn delete(&mut self, id: &[u8], pin: Option<PinEntry<'_>>) -> Result<(), Error> {
        // tpm2-pkcs11 deletes no key that it failed to use before, as long as it is loaded.
        self.finalize();
        self.ask(id, KeyOperation::Delete, pin, |_| Some(()))
    }

    /// The next request starts another process.
    fn finalize(&mut self) {
        self.0.end_after(&message::finalize_keys());
    }

    fn ask<T>(
        &mut self,
        id: &[u8],
        operation: KeyOperation,
        pin: Option<PinEntry<'_>>,
        take: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Result<T, Error> {
        let request = key_message::KeyRequest {
            id: id.to_vec(),
            operation,
            pin: pin.map(OwnedPinEntry::from),
        };
        self.0.ask(&request.to_frame(), take)
    }
}

impl Drop for HelperKeys {
    /// A key that stays loaded takes room in a TPM.
    fn drop(&mut self) {
        self.finalize();
    }
}
