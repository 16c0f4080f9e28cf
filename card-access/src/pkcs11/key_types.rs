//! Values of key pairs in a token.

/// Use of a new key pair. Tokens may permit the other use too: tpm2-pkcs11 makes keys with both uses only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// Decrypts (`CKA_DECRYPT`).
    Decrypt,
    /// Signs (`CKA_SIGN`).
    Sign,
}

/// RSAES-OAEP (RFC 8017 section 7.1) with MGF1, one hash function for both, and an empty label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Oaep {
    /// SHA-1: `RSA-OAEP` in JOSE (RFC 7518 section 4.3).
    Sha1,
    /// SHA-256: `RSA-OAEP-256` in JOSE.
    Sha256,
}

/// RSA public key: two numbers, big-endian, without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    #[cfg(any(unix, windows))]
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Self {
        let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        Self {
            modulus: number(modulus),
            exponent: number(exponent),
        }
    }

    /// The modulus.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The public exponent.
    #[must_use]
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }
}
