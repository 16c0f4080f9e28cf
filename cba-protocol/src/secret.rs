//! Values that must not be printed and are wiped when dropped.

use serde::Deserialize;
use zeroize::Zeroizing;

/// A token or another secret text: wiped when dropped, without `Debug` and `Display`.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself, at the one place where it is used.
    ///
    /// ```
    /// let token = cba_protocol::Secret::from("opaque".to_owned());
    /// assert_eq!(token.expose(), "opaque");
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

/// The session key of a primary refresh token: 32 bytes, wiped when dropped, without `Debug`.
///
/// It is the content encryption key of `session_key_jwe`, unwrapped with the device's transport key ([MS-OAPXBC] 3.2.5.1.2.2).
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(Zeroizing<[u8; 32]>);

impl SessionKey {
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for SessionKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// What the transport key unwrapped, as a TPM or another library returns it.
///
/// ```
/// use cba_protocol::SessionKey;
///
/// assert!(SessionKey::try_from(&[7_u8; 32][..]).is_ok());
/// assert_eq!(SessionKey::try_from(&[7_u8; 16][..]).err().map(|e| e.length), Some(16));
/// ```
impl TryFrom<&[u8]> for SessionKey {
    type Error = SessionKeyLength;

    fn try_from(bytes: &[u8]) -> Result<Self, SessionKeyLength> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(SessionKeyLength { length: bytes.len() });
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }
}

/// The unwrapped key has another length than the 32 bytes of AES-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session key has 32 bytes, this one has {length}: was it unwrapped with RSA-OAEP and SHA-1?")]
pub struct SessionKeyLength {
    /// The length found, in bytes.
    pub length: usize,
}
