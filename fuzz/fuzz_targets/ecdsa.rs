//! Any bytes as a card's ECDSA signature: an accepted one is valid DER, and the `p256` crate reads the same numbers.

#![no_main]

use card_access::{Hash, Scheme};
use fuzz::signing::{credential, sign};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|answer: &[u8]| {
    const EC_P256: [u8; 19] = [
        6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7,
    ];
    let credential = credential(&EC_P256, &[&[4][..], &[1; 64]].concat());
    let sign = |scheme| sign(Some(answer), &credential, scheme, b"message");
    let (raw, der) = (
        sign(Scheme::EcdsaRaw(Hash::Sha256)),
        sign(Scheme::EcdsaDer(Hash::Sha256)),
    );
    assert_eq!(raw.is_ok(), der.is_ok());
    if let (Ok(raw), Ok(der)) = (raw, der) {
        assert_eq!((raw.len(), &der[..]), (64, answer));
        // Another library reads the same numbers.
        if let Ok(other) = p256::ecdsa::Signature::from_der(&der) {
            assert_eq!(raw, other.to_bytes().to_vec());
        }
    }
    if let Ok(other) = p256::ecdsa::Signature::from_der(answer) {
        assert_eq!(
            sign(Scheme::EcdsaRaw(Hash::Sha256)).ok(),
            Some(other.to_bytes().to_vec())
        );
    }
});
