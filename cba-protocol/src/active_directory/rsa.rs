//! RSASSA-PKCS1-v1_5 verification (RFC 8017 section 8.2.2), in the form that rustls-webpki takes.

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::der::{self, Reader};
use super::modular::Modulus;
use super::oid;

/// The algorithms for certificates. SHA-1 is not one of them.
pub(super) const FOR_CERTIFICATES: [&dyn SignatureVerificationAlgorithm; 3] =
    [&Rsa(Hash::Sha256), &Rsa(Hash::Sha384), &Rsa(Hash::Sha512)];

/// Hash algorithms of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The algorithm with this object identifier: that of the hash, or that of a signature with RSA.
    pub(super) fn from_oid(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            oid::SHA1 | oid::SHA1_WITH_RSA => Self::Sha1,
            oid::SHA256 | oid::SHA256_WITH_RSA => Self::Sha256,
            oid::SHA384 | oid::SHA384_WITH_RSA => Self::Sha384,
            oid::SHA512 | oid::SHA512_WITH_RSA => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }
}

/// RSA with PKCS #1 v1.5 padding and this hash.
#[derive(Debug)]
pub(super) struct Rsa(pub(super) Hash);

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let opened = open(key, signature).ok_or(InvalidSignature)?;
        let expected = padded(self.0, message, opened.len()).ok_or(InvalidSignature)?;
        if opened == expected {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.0 {
            Hash::Sha1 => SHA1_WITH_RSA,
            Hash::Sha256 => alg_id::RSA_PKCS1_SHA256,
            Hash::Sha384 => alg_id::RSA_PKCS1_SHA384,
            Hash::Sha512 => alg_id::RSA_PKCS1_SHA512,
        }
    }
}

/// sha1WithRSAEncryption with NULL.
const SHA1_WITH_RSA: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
]);

/// Shortest modulus, in bytes: 2048 bits, as everywhere in the Web PKI.
const MIN_MODULUS: usize = 256;

/// Longest public exponent, in bytes. Usual ones have three; a long one costs time.
const MAX_EXPONENT: usize = 8;

/// The padded hash in a signature: `signature` to the power of the public exponent.
fn open(key: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let mut key = Reader::only(key, der::SEQUENCE)?;
    let modulus = Modulus::new(der::unsigned_value(key.take(der::INTEGER)?)?)?;
    let exponent = der::unsigned_value(key.take(der::INTEGER)?)?;
    let fits = key.is_empty()
        && modulus.len() >= MIN_MODULUS
        && exponent.len() <= MAX_EXPONENT
        && signature.len() == modulus.len();
    let opened = fits.then(|| modulus.power(signature, exponent))??;
    Some(opened.to_vec())
}

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2).
fn padded(hash: Hash, message: &[u8], length: usize) -> Option<Vec<u8>> {
    let algorithm = der::sequence(&[der::oid(hash.oid()), der::element(der::NULL, &[])]);
    let info = der::sequence(&[algorithm, der::octets(&hash.of(message))]);
    let padding = length
        .checked_sub(info.len() + 3)
        .filter(|padding| *padding >= 8)?;
    Some([&[0, 1][..], &vec![0xff; padding], &[0], &info].concat())
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa as RsaKey;
    use openssl::sign::Signer;

    use super::*;

    #[test]
    fn signatures_of_openssl_verify_and_changed_ones_do_not() {
        let key = RsaKey::generate(2048).unwrap();
        let public = key.public_key_to_der_pkcs1().unwrap();
        let key = PKey::from_rsa(key).unwrap();
        for (hash, digest) in [
            (Hash::Sha1, MessageDigest::sha1()),
            (Hash::Sha256, MessageDigest::sha256()),
            (Hash::Sha384, MessageDigest::sha384()),
            (Hash::Sha512, MessageDigest::sha512()),
        ] {
            let mut signer = Signer::new(digest, &key).unwrap();
            let mut signature = signer.sign_oneshot_to_vec(b"message").unwrap();
            let verify =
                |message: &[u8], signature: &[u8]| Rsa(hash).verify_signature(&public, message, signature);
            assert!(verify(b"message", &signature).is_ok(), "{hash:?}");
            assert!(verify(b"massage", &signature).is_err());
            assert!(verify(b"message", &signature[1..]).is_err());
            signature[200] ^= 1;
            assert!(verify(b"message", &signature).is_err());
            let other = if hash == Hash::Sha256 {
                Hash::Sha512
            } else {
                Hash::Sha256
            };
            signature[200] ^= 1;
            assert!(
                Rsa(other)
                    .verify_signature(&public, b"message", &signature)
                    .is_err()
            );
        }
    }

    #[test]
    fn short_keys_are_refused() {
        let key = RsaKey::generate(1024).unwrap();
        let public = key.public_key_to_der_pkcs1().unwrap();
        let key = PKey::from_rsa(key).unwrap();
        let signature = Signer::new(MessageDigest::sha256(), &key)
            .unwrap()
            .sign_oneshot_to_vec(b"message")
            .unwrap();
        assert!(
            Rsa(Hash::Sha256)
                .verify_signature(&public, b"message", &signature)
                .is_err()
        );
    }
}
