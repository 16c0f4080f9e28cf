//! Compact JWS and JWE on OpenSSL, and the key derivation between them.

mod jwe;
mod jws;
mod kdf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::error::ErrorStack;

pub(crate) use self::jwe::{encrypt_cbc, encrypt_gcm, session_key_jwe};
pub(crate) use self::jws::{Algorithm, Jws, sign_rs256, unsigned};
pub(crate) use self::kdf::{KdfVersion, derive, hmac_sha256};

/// Reason why a JWS cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoseError {
    #[error("part {part} is not base64url without padding")]
    Base64 { part: &'static str },
    #[error("{what} is not a JSON object")]
    Json { what: &'static str },
    #[error(transparent)]
    Openssl(#[from] ErrorStack),
    #[error("a compact JWS has 3 parts, not {0}")]
    Parts(usize),
}

/// Base64url without padding (RFC 7515, section 2).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Base64 as in `x5c` and `ctx`.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of base64url without padding.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The bytes of base64 as in `x5c` and `ctx`.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
