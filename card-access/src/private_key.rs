//! Private keys in memory.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        RsaKeyPair,
    },
};

use crate::{Hash, KeyAlgorithm, Scheme, padding::ecdsa_raw_from_der, spki::PublicKey};

/// A private key that fits its certificate.
pub(crate) enum PrivateKey {
    Ec { pair: EcdsaKeyPair, order_length: usize },
    Rsa(RsaKeyPair),
}

impl PrivateKey {
    /// `None` when the key is not one for this certificate.
    pub(crate) fn from_pkcs8(pkcs8: &[u8], certificate: &[u8], algorithm: KeyAlgorithm) -> Option<Self> {
        let ec = |signing, order_length| {
            let pair = EcdsaKeyPair::from_pkcs8(signing, pkcs8).ok()?;
            Some(Self::Ec { pair, order_length })
        };
        let key = match algorithm {
            KeyAlgorithm::EcP256 => ec(&ECDSA_P256_SHA256_ASN1_SIGNING, 32)?,
            KeyAlgorithm::EcP384 => ec(&ECDSA_P384_SHA384_ASN1_SIGNING, 48)?,
            KeyAlgorithm::Rsa { .. } => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).ok()?),
            KeyAlgorithm::Other => return None,
        };
        key.fits(PublicKey::of_certificate(certificate)?).then_some(key)
    }

    fn fits(&self, public: PublicKey<'_>) -> bool {
        match (self, public) {
            (Self::Ec { pair, .. }, PublicKey::Ec { point, .. }) => pair.public_key().as_ref() == point,
            (Self::Rsa(pair), public) => PublicKey::of_rsa(pair.public_key().as_ref()) == Some(public),
            _ => false,
        }
    }

    /// `None` when the scheme is not one of the key's.
    pub(crate) fn sign(&self, scheme: Scheme, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match (self, scheme) {
            (Self::Ec { pair, order_length }, Scheme::EcdsaDer(_) | Scheme::EcdsaRaw(_)) => {
                let der = pair.sign(&random, message).ok()?;
                match scheme {
                    Scheme::EcdsaRaw(_) => ecdsa_raw_from_der(der.as_ref(), *order_length),
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
