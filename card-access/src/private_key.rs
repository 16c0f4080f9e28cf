//! Private keys in memory.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        RsaKeyPair,
    },
};

use crate::{Credential, Hash, KeyAlgorithm, Scheme, ecdsa::raw_from_der, spki::PublicKey};

/// Encoding of a private key.
#[derive(Clone, Copy)]
pub(crate) enum Encoding {
    /// `RSAPrivateKey` ([RFC 8017 appendix A.1.2](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2))
    #[cfg(feature = "on-device")]
    Pkcs1,
    /// `PrivateKeyInfo` ([RFC 5208 section 5](https://www.rfc-editor.org/rfc/rfc5208#section-5))
    Pkcs8,
    /// `ECPrivateKey` ([RFC 5915 section 3](https://www.rfc-editor.org/rfc/rfc5915#section-3))
    #[cfg(feature = "on-device")]
    Sec1,
}

/// A private key that matches its certificate.
pub(crate) enum PrivateKey {
    Ec { pair: EcdsaKeyPair, order_length: usize },
    Rsa(RsaKeyPair),
}

impl PrivateKey {
    /// `None` if it is not the key of the certificate.
    pub(crate) fn read(encoding: Encoding, der: &[u8], credential: &Credential) -> Option<Self> {
        let ec = |algorithm, order_length| {
            let pair = match encoding {
                #[cfg(feature = "on-device")]
                Encoding::Pkcs1 => return None,
                Encoding::Pkcs8 => EcdsaKeyPair::from_pkcs8(algorithm, der),
                #[cfg(feature = "on-device")]
                Encoding::Sec1 => EcdsaKeyPair::from_private_key_der(algorithm, der),
            };
            Some(Self::Ec {
                pair: pair.ok()?,
                order_length,
            })
        };
        let key = match credential.algorithm() {
            KeyAlgorithm::EcP256 => ec(&ECDSA_P256_SHA256_ASN1_SIGNING, 32)?,
            KeyAlgorithm::EcP384 => ec(&ECDSA_P384_SHA384_ASN1_SIGNING, 48)?,
            KeyAlgorithm::Rsa { .. } => Self::Rsa(match encoding {
                #[cfg(feature = "on-device")]
                Encoding::Pkcs1 => RsaKeyPair::from_der(der).ok()?,
                Encoding::Pkcs8 => RsaKeyPair::from_pkcs8(der).ok()?,
                #[cfg(feature = "on-device")]
                Encoding::Sec1 => return None,
            }),
            KeyAlgorithm::Other => return None,
        };
        key.fits(PublicKey::of_certificate(credential.certificate())?)
            .then_some(key)
    }

    fn fits(&self, public: PublicKey<'_>) -> bool {
        match (self, public) {
            (Self::Ec { pair, .. }, PublicKey::Ec { point, .. }) => pair.public_key().as_ref() == point,
            (Self::Rsa(pair), PublicKey::Rsa { modulus, exponent }) => {
                let key = pair.public_key();
                key.modulus().big_endian_without_leading_zero() == modulus
                    && key.exponent().big_endian_without_leading_zero() == exponent
            }
            _ => false,
        }
    }

    /// `None` if the key does not support the scheme.
    pub(crate) fn sign(&self, scheme: Scheme, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match (self, scheme) {
            (Self::Ec { pair, order_length }, Scheme::EcdsaDer(_) | Scheme::EcdsaRaw(_)) => {
                let der = pair.sign(&random, message).ok()?;
                match scheme {
                    Scheme::EcdsaRaw(_) => raw_from_der(der.as_ref(), *order_length),
                    _ => Some(der.as_ref().to_vec()),
                }
            }
            (Self::Rsa(pair), Scheme::RsaPkcs1(_) | Scheme::RsaPss(_)) => {
                let mut output = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(scheme)?, &random, message, &mut output)
                    .ok()?;
                Some(output)
            }
            _ => None,
        }
    }
}

fn rsa_encoding(scheme: Scheme) -> Option<&'static dyn signature::RsaEncoding> {
    Some(match scheme {
        Scheme::RsaPkcs1(Hash::Sha256) => &signature::RSA_PKCS1_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => &signature::RSA_PKCS1_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => &signature::RSA_PKCS1_SHA512,
        Scheme::RsaPss(Hash::Sha256) => &signature::RSA_PSS_SHA256,
        Scheme::RsaPss(Hash::Sha384) => &signature::RSA_PSS_SHA384,
        Scheme::RsaPss(Hash::Sha512) => &signature::RSA_PSS_SHA512,
        Scheme::EcdsaDer(_) | Scheme::EcdsaRaw(_) => return None,
    })
}
