//! Signature schemes.

use std::fmt;

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::{Error, ErrorKind};

/// Signature scheme with its hash. [`KeyAlgorithm::schemes`](crate::KeyAlgorithm::schemes) lists those of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// ECDSA; the signature is a DER `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3), as in X.509 and TLS.
    EcdsaDer(Hash),
    /// ECDSA; the signature is r and s, each as long as the curve's order, as in JOSE (RFC 7518 section 3.4).
    EcdsaRaw(Hash),
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), as in JOSE's RS256.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 and a salt as long as the hash (RFC 8017 section 8.1), as in TLS 1.3 and JOSE.
    RsaPss(Hash),
}

impl Scheme {
    /// Hash of the message.
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::EcdsaDer(hash) | Self::EcdsaRaw(hash) | Self::RsaPkcs1(hash) | Self::RsaPss(hash) => hash,
        }
    }

    /// Returns the scheme of a JWS algorithm: the value of `alg` (RFC 7518 section 3.1), such as `RS256`.
    ///
    /// The result does not mean that a key supports it: `ES512` needs a key on P-521, for example. Signing then fails with
    /// [`ErrorKind::Unsupported`].
    ///
    /// ```
    /// use card_access::{Hash, Scheme};
    ///
    /// assert_eq!(Scheme::from_jws("RS256")?, Scheme::RsaPkcs1(Hash::Sha256));
    /// assert_eq!(Scheme::from_jws("ES384")?.jws(), Some("ES384"));
    /// assert!(Scheme::from_jws("HS256").is_err()); // needs a shared secret, not a key pair
    /// # Ok::<(), card_access::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the name is not that of an RSA or ECDSA algorithm. Names are case-sensitive.
    pub fn from_jws(algorithm: &str) -> Result<Self, Error> {
        JWS.iter()
            .find(|(name, _)| *name == algorithm)
            .map(|(_, scheme)| *scheme)
            .ok_or_else(|| {
                ErrorKind::Unsupported {
                    what: "this JWS algorithm",
                }
                .into()
            })
    }

    /// JWS algorithm with this scheme's signatures (RFC 7518 section 3.1); `None` for ECDSA signatures in DER, which JOSE does
    /// not use.
    #[must_use]
    pub fn jws(self) -> Option<&'static str> {
        JWS.iter()
            .find(|(_, scheme)| *scheme == self)
            .map(|(name, _)| *name)
    }
}

/// RFC 7518 section 3.1.
const JWS: &[(&str, Scheme)] = &[
    ("RS256", Scheme::RsaPkcs1(Hash::Sha256)),
    ("RS384", Scheme::RsaPkcs1(Hash::Sha384)),
    ("RS512", Scheme::RsaPkcs1(Hash::Sha512)),
    ("ES256", Scheme::EcdsaRaw(Hash::Sha256)),
    ("ES384", Scheme::EcdsaRaw(Hash::Sha384)),
    ("ES512", Scheme::EcdsaRaw(Hash::Sha512)),
    ("PS256", Scheme::RsaPss(Hash::Sha256)),
    ("PS384", Scheme::RsaPss(Hash::Sha384)),
    ("PS512", Scheme::RsaPss(Hash::Sha512)),
];

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcdsaDer(hash) => write!(f, "ECDSA (DER) with {hash}"),
            Self::EcdsaRaw(hash) => write!(f, "ECDSA (raw) with {hash}"),
            Self::RsaPkcs1(hash) => write!(f, "RSASSA-PKCS1-v1_5 with {hash}"),
            Self::RsaPss(hash) => write!(f, "RSASSA-PSS with {hash}"),
        }
    }
}

/// A hash function of FIPS 180-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Returns the hash of a message.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}
