//! Any bytes as a complete key file: an opened key signs, and the signature verifies with the certificate's key.

#![no_main]

use card_access::on_device::fuzzing::sign;
use card_access::{Hash, Scheme};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::signature::Verifier as _;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::{RsaPublicKey, pkcs1v15, sha2::Sha256};
use x509_cert::der::{Decode as _, Encode as _};

fuzz_target!(|file: &[u8]| {
    for (certificate, scheme, signature) in sign(file, b"1234", b"message") {
        // Other readers may refuse the certificate or its key.
        let Ok(certificate) = x509_cert::Certificate::from_der(&certificate) else {
            continue;
        };
        let key = certificate.tbs_certificate().subject_public_key_info();
        let verified = match scheme {
            Scheme::RsaPkcs1(Hash::Sha256) => rsa_verifies(&key.to_der().expect("it was read"), &signature),
            Scheme::EcdsaDer(Hash::Sha256) => p256_verifies(key.subject_public_key.raw_bytes(), &signature),
            _ => None,
        };
        assert_ne!(verified, Some(false), "{scheme}");
    }
});

/// `None` if the other library does not support the key.
fn rsa_verifies(spki: &[u8], signature: &[u8]) -> Option<bool> {
    let key = RsaPublicKey::from_public_key_der(spki).ok()?;
    let signature = pkcs1v15::Signature::try_from(signature).expect("it has a length");
    let key = pkcs1v15::VerifyingKey::<Sha256>::new(key);
    Some(key.verify(b"message", &signature).is_ok())
}

fn p256_verifies(point: &[u8], signature: &[u8]) -> Option<bool> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = p256::ecdsa::DerSignature::from_bytes(signature).expect("it is DER");
    Some(key.verify(b"message", &signature).is_ok())
}
