//! The signature algorithms.

use core::fmt;

/// A signature algorithm of RFC 7518 section 3.1.
///
/// [MS-OAPXBC] names RS256 and nothing else. The others are **experimental**: Entra's error list has a minimum size for EC keys
/// and its sign-in for Macs takes ES256, but no source shows that the token endpoint takes them from a card.
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
    /// The value of `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    /// Whether a signature can have this length, in bytes: any RSA modulus of 1024 to 16384 bits, or twice the curve's order.
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
        f.write_str(self.name())
    }
}
