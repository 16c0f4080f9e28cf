//! Any bytes as a key file, as a whole: what opens signs, and the signature verifies with the certificate's key.

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
        // Another reader may refuse the certificate, or another library its key.
        let Ok(certificate) = x509_cert::Certificate::from_der(&certificate) else {
            continue;
        };
        let key = certificate.tbs_certificate().subject_public_key_info().to_der();
        let key = key.expect("it was read");
        let verified =
            match scheme {
                Scheme::RsaPkcs1(Hash::Sha256) => RsaPublicKey::from_public_key_der(&key).ok().map(|key| {
                    let signature = pkcs1v15::Signature::try_from(&signature[..]).expect("it has a length");
                    pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(b"message", &signature)
                }),
                Scheme::EcdsaDer(Hash::Sha256) => p256::ecdsa::VerifyingKey::from_public_key_der(&key)
                    .ok()
                    .map(|key| {
                        let signature = p256::ecdsa::DerSignature::from_bytes(&signature).expect("it is DER");
                        key.verify(b"message", &signature)
                    }),
                _ => None,
            };
        assert!(verified.is_none_or(|verified| verified.is_ok()), "{scheme}");
    }
});
