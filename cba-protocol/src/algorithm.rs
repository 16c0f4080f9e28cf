//! Signature algorithms.

use core::fmt;
use core::str::FromStr;

/// A signature algorithm of JWS (RFC 7518 section 3.1).
///
/// Its standard name connects it with other libraries: `card_access::KeyAlgorithm::jws` gives the name for a card's key, and
/// `card_access::Scheme::from_jws` takes it.
///
/// [MS-OAPXBC] names RS256 and nothing else. The others are **experimental**: Entra's error list has a minimum size for EC keys
/// and its sign-in for Macs accepts ES256, but no source shows that the token endpoint accepts them from a card.
///
/// ```
/// use cba_protocol::Algorithm;
///
/// let algorithm: Algorithm = "ES256".parse()?;
/// assert_eq!(algorithm, Algorithm::Es256);
/// assert_eq!(algorithm.to_string(), "ES256");
/// assert!("none".parse::<Algorithm>().is_err());
/// # Ok::<(), cba_protocol::AlgorithmError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256. Experimental.
    Es256,
    /// ECDSA on P-384 with SHA-384. Experimental.
    Es384,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes. Experimental.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    Rs256,
}

impl Algorithm {
    /// Name in JWS: the value of `alg`, such as `RS256`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    /// Whether a signature can have this length in bytes: that of an RSA modulus of 1024 to 16384 bits, or twice that of the
    /// curve's order.
    pub(crate) fn fits(self, length: usize) -> bool {
        match self {
            Self::Es256 => length == 64,
            Self::Es384 => length == 96,
            Self::Ps256 | Self::Rs256 => (128..=2048).contains(&length),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Algorithm {
    type Err = AlgorithmError;

    /// Reads the value of `alg`. It is case-sensitive (RFC 7515 section 4.1.1).
    fn from_str(name: &str) -> Result<Self, AlgorithmError> {
        [Self::Es256, Self::Es384, Self::Ps256, Self::Rs256]
            .into_iter()
            .find(|algorithm| algorithm.code() == name)
            .ok_or(AlgorithmError(()))
    }
}

/// The name is not one of a supported signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsupported signature algorithm; RS256, PS256, ES256 and ES384 are supported")]
pub struct AlgorithmError(());
