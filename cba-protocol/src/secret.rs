//! Secrets: wiped when dropped, and never printed.

use zeroize::Zeroizing;

/// A token or another secret string. It is wiped when dropped.
///
/// There is no `Debug` and no `Display`, and no `==`, whose time would depend on the content:
///
/// ```compile_fail,E0369
/// fn same(one: &cba_protocol::Secret, other: &cba_protocol::Secret) -> bool {
///     one == other
/// }
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The secret itself.
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

/// Session key of a primary refresh token: 32 bytes. It is wiped when dropped.
///
/// It is the content encryption key of `session_key_jwe`, unwrapped with the device's transport key ([MS-OAPXBC] 3.2.5.1.2.2).
/// Like [`Secret`] it has no `Debug` and no `==`:
///
/// ```compile_fail,E0369
/// fn same(one: &cba_protocol::SessionKey, other: &cba_protocol::SessionKey) -> bool {
///     one == other
/// }
/// ```
#[derive(Clone)]
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

impl TryFrom<&[u8]> for SessionKey {
    type Error = SessionKeyLength;

    /// Takes what the transport key unwrapped, as a TPM or another library returns it.
    ///
    /// ```
    /// use cba_protocol::SessionKey;
    ///
    /// assert!(SessionKey::try_from(&[7_u8; 32][..]).is_ok());
    /// assert_eq!(SessionKey::try_from(&[7_u8; 16][..]).err().map(|e| e.length), Some(16));
    /// ```
    fn try_from(bytes: &[u8]) -> Result<Self, SessionKeyLength> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(SessionKeyLength { length: bytes.len() });
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }
}

/// The unwrapped key does not have the 32 bytes of an AES-256 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session key has {length} bytes instead of 32; it must be unwrapped with RSA-OAEP and SHA-1")]
#[non_exhaustive]
pub struct SessionKeyLength {
    /// Length of the unwrapped key, in bytes.
    pub length: usize,
}
