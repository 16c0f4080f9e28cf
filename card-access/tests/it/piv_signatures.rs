//! Signatures that a key may return, by its curve or its length.

use crate::script::{Script, bytes, credential, kind, signed, tlv};
use card_access::{ErrorKind, Hash, Scheme, Token};

#[test]
fn a_signature_on_a_curve_has_numbers_as_long_as_the_curve() {
    for (algorithm, command, length, hash) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, "0087119a", 32, Hash::Sha256),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "0087149a", 48, Hash::Sha384),
    ] {
        let credential = credential(algorithm);
        // An r of `length` bytes, and s = 1.
        let signature = |r: usize| tlv("30", &[tlv("02", &vec![0x11; r]), bytes("020101")].concat());
        let sign = |r: usize, scheme| {
            let script = Script::new([(command, signed(&signature(r)))]);
            script.token().sign(&credential, scheme, b"message", None)
        };
        assert_eq!(sign(length, Scheme::EcdsaDer(hash)), Ok(signature(length)));
        let s = [&vec![0; length - 1][..], &[1]].concat();
        let raw = [vec![0x11; length], s].concat();
        assert_eq!(sign(length, Scheme::EcdsaRaw(hash)), Ok(raw));
        for scheme in [Scheme::EcdsaDer(hash), Scheme::EcdsaRaw(hash)] {
            assert_eq!(
                kind(sign(length + 1, scheme)),
                ErrorKind::Malformed { what: "signature" }
            );
        }
    }
}

#[test]
fn a_signature_with_rsa_is_as_long_as_the_key() {
    let credential = credential(&rcgen::PKCS_RSA_SHA256);
    for scheme in [Scheme::RsaPkcs1(Hash::Sha256), Scheme::RsaPss(Hash::Sha256)] {
        let sign = |length| {
            let answer = signed(&vec![0x5a; length]);
            let script = Script::new([("1087079a", "9000".to_owned()), ("0087079a", answer)]);
            script.token().sign(&credential, scheme, b"message", None)
        };
        assert_eq!(sign(256), Ok(vec![0x5a; 256]));
        for length in [255, 257] {
            assert_eq!(kind(sign(length)), ErrorKind::Malformed { what: "signature" });
        }
    }
}
