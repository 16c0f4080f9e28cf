//! Algorithms that verify the certificates and replies of domain controllers.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

/// The algorithms of TLS, and RSA with SHA-1, with which Samba signs the reply of a domain controller. cba-protocol uses it for
/// nothing else.
#[must_use]
pub fn algorithms() -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let mut algorithms = default_provider().signature_verification_algorithms.all.to_vec();
    algorithms.push(&RsaSha1);
    algorithms
}

#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// sha1WithRSAEncryption, 1.2.840.113549.1.1.5, with NULL (RFC 3370 section 3.2).
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0])
    }
}
