//! Any message: the `rsa` crate verifies the padding that the host makes for a PIV key's raw RSA operation.
//!
//! The card's operation is the identity, as RSA with the public exponent 1.

#![no_main]

use card_access::{Hash, Scheme};
use fuzz::signing::{credential, sign};
use libfuzzer_sys::fuzz_target;
use rsa::{BigUint, RsaPublicKey, pkcs1v15, pss, sha2, signature::Verifier as _};
use test_certificates::build::element;

fn rsa(modulus: &[u8], choice: usize, message: &[u8]) {
    const RSA_ENCRYPTION: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let integers = [element(0x02, &[&[0][..], modulus].concat()), element(0x02, &[1])].concat();
    let credential = credential(&RSA_ENCRYPTION, &element(0x30, &integers));
    let key = RsaPublicKey::new_unchecked(BigUint::from_bytes_be(modulus), BigUint::from(1_u8));
    // One at a time, because RSA is slow with the sanitizer.
    let schemes = credential.algorithm().schemes();
    let scheme = schemes[choice % schemes.len()];
    let signature = sign(None, &credential, scheme, message).expect("it is padded");
    macro_rules! verify {
        ($padding:ident, $hash:ty) => {
            $padding::VerifyingKey::<$hash>::new(key.clone()).verify(
                message,
                &$padding::Signature::try_from(&signature[..]).expect("it has the length"),
            )
        };
    }
    let verified = match scheme {
        Scheme::RsaPkcs1(Hash::Sha256) => verify!(pkcs1v15, sha2::Sha256),
        Scheme::RsaPkcs1(Hash::Sha384) => verify!(pkcs1v15, sha2::Sha384),
        Scheme::RsaPkcs1(Hash::Sha512) => verify!(pkcs1v15, sha2::Sha512),
        Scheme::RsaPss(Hash::Sha256) => verify!(pss, sha2::Sha256),
        Scheme::RsaPss(Hash::Sha384) => verify!(pss, sha2::Sha384),
        Scheme::RsaPss(Hash::Sha512) => verify!(pss, sha2::Sha512),
        other => panic!("{other} is not a scheme of RSA"),
    };
    assert!(verified.is_ok(), "{scheme}");
}

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, message) = input;
    // The highest bit determines the length, and an odd number is a valid modulus. Longer ones take much longer.
    let choice = usize::from(choice);
    let length = [256, 256, 256, 256, 256, 256, 384, 512][choice % 8];
    let mut modulus = message.iter().copied().cycle().take(length).collect::<Vec<_>>();
    modulus.resize(length, 0x55);
    modulus[0] = 0xff;
    modulus[length - 1] |= 1;
    rsa(&modulus, choice / 8, message);
});
