//! Sealed values: opaque texts that only this authority can read. Nothing is stored; what a text means is inside it.

use openssl::error::ErrorStack;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::jose::{base64url, from_base64url};
use crate::random;

/// A key for sealed values. It lives as long as the authority runs.
pub(crate) struct Sealer([u8; 32]);

impl Sealer {
    /// A new key.
    pub(crate) fn new() -> Result<Self, ErrorStack> {
        Ok(Self(random::bytes()?))
    }

    /// The opaque text of a value. A text that was sealed for one purpose cannot be opened for another one.
    pub(crate) fn seal(&self, purpose: &str, value: &impl Serialize) -> Result<String, ErrorStack> {
        let iv: [u8; 12] = random::bytes()?;
        let mut tag = [0; 16];
        let json = serde_json::to_vec(value).unwrap_or_default();
        let cipher = Cipher::aes_256_gcm();
        let sealed = encrypt_aead(cipher, &self.0, Some(&iv), purpose.as_bytes(), &json, &mut tag)?;
        Ok(base64url(&[&iv[..], &tag, &sealed].concat()))
    }

    /// The value of an opaque text, if it was sealed here for this purpose and is whole.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let bytes = from_base64url(text)?;
        let (iv, rest) = bytes.split_at_checked(12)?;
        let (tag, sealed) = rest.split_at_checked(16)?;
        let cipher = Cipher::aes_256_gcm();
        let json = decrypt_aead(cipher, &self.0, Some(iv), purpose.as_bytes(), sealed, tag).ok()?;
        serde_json::from_slice(&json).ok()
    }
}
