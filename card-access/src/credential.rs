//! Credentials: certificates with their private keys on a token.

use std::fmt;

use rustls_pki_types::CertificateDer;

use crate::{
    Error, ErrorKind, Hash, Scheme, Slot,
    slot::Hex,
    spki::{Curve, PublicKey},
};

/// Certificate with its private key on a token.
///
/// Credentials are equal if their certificates and slots are. Labels may repeat and are not compared.
#[derive(Clone)]
pub struct Credential {
    slot: Slot,
    label: String,
    certificate: CertificateDer<'static>,
    sha256: [u8; 32],
    algorithm: KeyAlgorithm,
}

impl Credential {
    /// Creates a credential from a token's certificate.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if the certificate cannot be read up to its public key (RFC 5280 section 4.1).
    /// Nothing else is checked here.
    pub fn new(
        slot: Slot,
        label: impl Into<String>,
        certificate: CertificateDer<'static>,
    ) -> Result<Self, Error> {
        let malformed = ErrorKind::Malformed { what: "certificate" };
        let algorithm = PublicKey::of_certificate(&certificate)
            .ok_or(malformed)?
            .algorithm();
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(&Hash::Sha256.digest(&certificate));
        Ok(Self {
            slot,
            label: label.into(),
            certificate,
            sha256,
            algorithm,
        })
    }

    /// Slot of the key.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Display name.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// SHA-256 hash of the certificate.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Algorithm of the key.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        self.slot == other.slot && self.sha256 == other.sha256
    }
}

impl Eq for Credential {}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sha256 = Hex(&self.sha256);
        f.debug_struct("Credential")
            .field("slot", &format_args!("{}", self.slot))
            .field("label", &self.label)
            .field("algorithm", &self.algorithm)
            .field("sha256", &format_args!("{sha256}"))
            .finish_non_exhaustive()
    }
}

/// Algorithm of a key, as its certificate states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// An elliptic-curve key on P-256 (SP 800-186).
    EcP256,
    /// An elliptic-curve key on P-384 (SP 800-186).
    EcP384,
    /// Another algorithm: the certificate can be read, but the key cannot sign here.
    Other,
    /// An RSA key.
    Rsa {
        /// Length of the modulus in bits.
        bits: usize,
    },
}

impl KeyAlgorithm {
    /// Signature schemes of such a key, the most widely accepted first.
    ///
    /// An elliptic-curve key is used only with the hash that JOSE and TLS 1.3 pair with its curve. An RSA key under 2048 bits
    /// has no scheme: SP 800-131A revision 2 section 3 disallows it.
    ///
    /// ```
    /// use card_access::{Hash, KeyAlgorithm, Scheme};
    ///
    /// assert_eq!(KeyAlgorithm::Rsa { bits: 2048 }.schemes()[0], Scheme::RsaPkcs1(Hash::Sha256));
    /// assert!(KeyAlgorithm::EcP384.schemes().iter().all(|scheme| scheme.hash() == Hash::Sha384));
    /// assert!(KeyAlgorithm::Rsa { bits: 1024 }.schemes().is_empty());
    /// ```
    #[must_use]
    pub fn schemes(self) -> &'static [Scheme] {
        use Hash::{Sha256, Sha384, Sha512};
        use Scheme::{EcdsaDer, EcdsaRaw, RsaPkcs1, RsaPss};
        match self {
            Self::EcP256 => &[EcdsaDer(Sha256), EcdsaRaw(Sha256)],
            Self::EcP384 => &[EcdsaDer(Sha384), EcdsaRaw(Sha384)],
            Self::Rsa { bits } if bits >= 2048 => &[
                RsaPkcs1(Sha256),
                RsaPkcs1(Sha384),
                RsaPkcs1(Sha512),
                RsaPss(Sha256),
                RsaPss(Sha384),
                RsaPss(Sha512),
            ],
            Self::Other | Self::Rsa { .. } => &[],
        }
    }

    /// Most widely accepted JWS algorithm of such a key (RFC 7518 section 3.1); `None` if it cannot sign.
    ///
    /// [`Scheme::from_jws`] returns the scheme to sign with.
    ///
    /// ```
    /// use card_access::KeyAlgorithm;
    ///
    /// assert_eq!(KeyAlgorithm::Rsa { bits: 2048 }.jws(), Some("RS256"));
    /// assert_eq!(KeyAlgorithm::EcP384.jws(), Some("ES384"));
    /// assert_eq!(KeyAlgorithm::Rsa { bits: 1024 }.jws(), None);
    /// ```
    #[must_use]
    pub fn jws(self) -> Option<&'static str> {
        self.schemes().iter().find_map(|scheme| scheme.jws())
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcP256 => f.write_str("P-256"),
            Self::EcP384 => f.write_str("P-384"),
            Self::Other => f.write_str("another algorithm"),
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
        }
    }
}

impl PublicKey<'_> {
    fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Ec {
                curve: Curve::P256, ..
            } => KeyAlgorithm::EcP256,
            Self::Ec {
                curve: Curve::P384, ..
            } => KeyAlgorithm::EcP384,
            Self::Other => KeyAlgorithm::Other,
            Self::Rsa { modulus, .. } => {
                let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
                KeyAlgorithm::Rsa {
                    bits: modulus.len() * 8 - unused,
                }
            }
        }
    }
}
