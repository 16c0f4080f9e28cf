//! Verification of signatures with the certificate's public key.

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{self, EcdsaVerificationAlgorithm, RsaParameters, UnparsedPublicKey},
};

use crate::{
    Credential, Error, ErrorKind, Hash, Scheme,
    spki::{Curve, PublicKey},
};

impl Credential {
    /// Verifies a signature with the certificate's public key (feature `verify`).
    ///
    /// This detects a faulty card, or a key that is not the certificate's, before a server refuses the signature.
    ///
    /// # Errors
    ///
    /// [`WrongSignature`](ErrorKind::WrongSignature), and [`Unsupported`](ErrorKind::Unsupported) if the key does not support
    /// the scheme.
    pub fn verify(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let unsupported = ErrorKind::Unsupported {
            what: "the scheme with this key",
        };
        let verified = match PublicKey::of_certificate(self.certificate()) {
            Some(PublicKey::Ec { curve, point }) => {
                let algorithm = ecdsa(curve, scheme).ok_or(unsupported)?;
                UnparsedPublicKey::new(algorithm, point).verify(message, signature)
            }
            Some(PublicKey::Rsa { modulus, exponent }) => {
                let key = PublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                key.verify(rsa(scheme).ok_or(unsupported)?, message, signature)
            }
            Some(PublicKey::Other) | None => return Err(unsupported.into()),
        };
        verified.map_err(|_| ErrorKind::WrongSignature.into())
    }
}

fn ecdsa(curve: Curve, scheme: Scheme) -> Option<&'static EcdsaVerificationAlgorithm> {
    match (curve, scheme) {
        (Curve::P256, Scheme::EcdsaDer(Hash::Sha256)) => Some(&signature::ECDSA_P256_SHA256_ASN1),
        (Curve::P256, Scheme::EcdsaRaw(Hash::Sha256)) => Some(&signature::ECDSA_P256_SHA256_FIXED),
        (Curve::P384, Scheme::EcdsaDer(Hash::Sha384)) => Some(&signature::ECDSA_P384_SHA384_ASN1),
        (Curve::P384, Scheme::EcdsaRaw(Hash::Sha384)) => Some(&signature::ECDSA_P384_SHA384_FIXED),
        _ => None,
    }
}

fn rsa(scheme: Scheme) -> Option<&'static RsaParameters> {
    match scheme {
        Scheme::EcdsaDer(_) | Scheme::EcdsaRaw(_) => None,
        Scheme::RsaPkcs1(Hash::Sha256) => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Scheme::RsaPkcs1(Hash::Sha384) => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Scheme::RsaPkcs1(Hash::Sha512) => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Scheme::RsaPss(Hash::Sha256) => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Scheme::RsaPss(Hash::Sha384) => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Scheme::RsaPss(Hash::Sha512) => Some(&signature::RSA_PSS_2048_8192_SHA512),
    }
}
