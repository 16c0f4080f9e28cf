//! Storage of a device: its certificate, authenticated with a key of the caller.

use rustls_pki_types::CertificateDer;

use super::Device;
use crate::sealing::{Content, SealError, SealingKey};
use crate::seed::Seed;

const CONTENT: Content = Content {
    header: *b"CBADEV\x01",
    salt: b"cba-protocol salt of a sealed device",
    key: b"cba-protocol sealed device",
};

impl Device {
    /// Encrypts and authenticates the device with `key`, and returns the bytes to store. The private keys are not part of it.
    ///
    /// A certificate is not secret, but who can exchange it decides which device and tenant a sign-in names. Use a fresh seed for every
    /// call.
    ///
    /// ```
    /// use cba_protocol::{Device, SealError, SealingKey, Seed};
    /// # fn example(device: Device, seed: Seed) -> Result<(), SealError> {
    /// let key = SealingKey::from([7; 32]); // from a TPM or a keyring
    /// let stored: Vec<u8> = device.seal(&key, seed);
    /// assert_eq!(Device::unseal(&stored, &key)?, device);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn seal(&self, key: &SealingKey, seed: Seed) -> Vec<u8> {
        CONTENT.seal(key, seed, self.certificate())
    }

    /// Opens a sealed device.
    ///
    /// # Errors
    /// A [`SealError`], which reveals nothing about the content before it is authenticated.
    pub fn unseal(sealed: &[u8], key: &SealingKey) -> Result<Self, SealError> {
        let certificate = CONTENT.open(key, sealed)?;
        Self::from_certificate(&CertificateDer::from(certificate.as_slice()))
            .map_err(|_| SealError::NotSealed)
    }
}
