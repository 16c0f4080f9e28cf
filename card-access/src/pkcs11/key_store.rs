//! Key pairs of the machine in a token.

use std::fmt;

use zeroize::Zeroizing;

use super::helper::HelperKeys;
use super::key_types::{KeyPurpose, Oaep, RsaPublicKey};
use crate::{Error, PinEntry, Scheme, TokenInfo, spans};

/// RSA key pairs of the machine in a token such as a TPM: made there, used there, deleted there.
///
/// [`Pkcs11Provider::open_key_store`](super::Pkcs11Provider::open_key_store) opens one. A key pair has an identifier (`CKA_ID`) that the
/// caller chooses. The private key cannot leave the token (`CKA_SENSITIVE`, not `CKA_EXTRACTABLE`).
///
/// The module runs in a [helper process](super::helper), as for signatures with a user's key. Each call logs in with one try at the PIN
/// at most, and logs out.
///
/// ```no_run
/// use card_access::pkcs11::{KeyPurpose, Oaep, Pkcs11Provider, helper};
/// use card_access::{Hash, Pin, PinEntry, Provider, Scheme};
///
/// helper::run_if_helper(); // first statement of `main`
/// let tpm = "/usr/lib/x86_64-linux-gnu/pkcs11/libtpm2_pkcs11.so";
/// let mut provider = Pkcs11Provider::from_module(tpm).with_uri(&"pkcs11:token=device".parse()?);
/// let id = provider.tokens()?.found.remove(0).id;
/// let mut store = provider.open_key_store(&id)?;
/// let pin = Pin::new("a long PIN".to_owned());
/// let entry = Some(PinEntry::typed(&pin));
///
/// let public = store.make_rsa_2048(&[1], "device key", KeyPurpose::Sign, entry)?;
/// assert_eq!(public.modulus().len(), 256);
/// let signature = store.sign(&[1], Scheme::RsaPkcs1(Hash::Sha256), b"message", entry)?;
///
/// store.make_rsa_2048(&[2], "transport key", KeyPurpose::Decrypt, entry)?;
/// # let wrapped = [0; 256];
/// let session_key = store.decrypt(&[2], Oaep::Sha1, &wrapped, entry)?;
/// store.delete(&[2], entry)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct KeyStore(HelperKeys);

impl KeyStore {
    pub(super) fn new(keys: HelperKeys) -> Self {
        Self(keys)
    }

    /// The token.
    #[must_use]
    pub fn info(&self) -> &TokenInfo {
        self.0.info()
    }

    /// Makes a key pair with 2048 bits and the public exponent 65537, and returns the public key. A TPM may take a minute.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if the token makes no such keys, and errors of the login.
    pub fn make_rsa_2048(
        &mut self,
        id: &[u8],
        label: &str,
        purpose: KeyPurpose,
        pin: Option<PinEntry<'_>>,
    ) -> Result<RsaPublicKey, Error> {
        let place = self.0.info().id.clone();
        spans::on("make key", &place, || self.0.make(id, label, purpose, pin))
    }

    /// Signs a message with the private key of this identifier. The scheme is one of RSA. Where the token has no mechanism for it, the
    /// padding is computed here: tpm2-pkcs11 lists none for PSS.
    ///
    /// # Errors
    /// [`NoCredential`](crate::ErrorKind::NoCredential) if there is no such key,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if it cannot sign with this scheme, and errors of the login.
    pub fn sign(
        &mut self,
        id: &[u8],
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let place = self.0.info().id.clone();
        spans::on("sign", &place, || self.0.sign(id, scheme, message, pin))
    }

    /// Decrypts with the private key of this identifier.
    ///
    /// # Errors
    /// [`NoCredential`](crate::ErrorKind::NoCredential) if there is no such key,
    /// [`CardFailed`](crate::ErrorKind::CardFailed) if the input was not encrypted for it, and errors of the login.
    pub fn decrypt(
        &mut self,
        id: &[u8],
        padding: Oaep,
        encrypted: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let place = self.0.info().id.clone();
        spans::on("decrypt", &place, || self.0.decrypt(id, padding, encrypted, pin))
    }

    /// Deletes every object with this identifier: the private key and the public key.
    ///
    /// # Errors
    /// [`NoCredential`](crate::ErrorKind::NoCredential) if there is none, and errors of the login.
    pub fn delete(&mut self, id: &[u8], pin: Option<PinEntry<'_>>) -> Result<(), Error> {
        let place = self.0.info().id.clone();
        spans::on("delete key", &place, || self.0.delete(id, pin))
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyStore").field(self.info()).finish()
    }
}
