//! Windows Hello keys: [MS-OAPXBC] 3.2.5.1.2.1.2.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// Identifier of a registered Windows Hello (NGC) key in the directory: `kid` of the assertion.
///
/// ```
/// use cba_protocol::HelloKey;
///
/// let key = HelloKey::from_rsa(&[0xC5; 256], &[1, 0, 1]);
/// assert_eq!(key.id().len(), 44);
/// assert_eq!(HelloKey::from_id(key.id()), key);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloKey(String);

impl HelloKey {
    /// Computes the identifier of an RSA public key. Both numbers are big-endian without leading zeros.
    ///
    /// It is SHA-256 over the key as a `BCRYPT_RSAPUBLIC_BLOB`
    /// (<https://learn.microsoft.com/windows/win32/api/bcrypt/ns-bcrypt-bcrypt_rsakey_blob>), in standard base64.
    #[must_use]
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        let hash = Sha256::new()
            .chain_update(b"RSA1")
            .chain_update(number(modulus.len().saturating_mul(8)))
            .chain_update(number(exponent.len()))
            .chain_update(number(modulus.len()))
            .chain_update([0; 8])
            .chain_update(exponent)
            .chain_update(modulus)
            .finalize();
        Self(Base64::encode_string(&hash))
    }

    /// Creates the identifier from the value that the registration stored.
    #[must_use]
    pub fn from_id(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The identifier: `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0
    }
}
