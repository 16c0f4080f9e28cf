//! Any message and any ECDSA signature: what the host pads for a PIV key's raw RSA operation, the `rsa` crate takes for a
//! signature; what it takes for an ECDSA signature is one.
//!
//! The card's operation is the identity, which is RSA with the public exponent 1.

#![no_main]

use card_access::{
    Backend, Credential, Error, Hash, Lengths, PivSlot, Scheme, Slot, Token, TokenId, TokenInfo, Transport,
    piv::PivToken,
};
use libfuzzer_sys::fuzz_target;
use rsa::{BigUint, RsaPublicKey, pkcs1v15, pss, sha2, signature::Verifier as _};
use rustls_pki_types::CertificateDer;

/// A card that signs with this, or with what it is asked to sign.
struct Card(Option<Vec<u8>>);

impl Transport for Card {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        if let [_, 0xa4, ..] = command {
            return Ok(vec![0x61, 0x00, 0x90, 0x00]);
        }
        let [_, 0x87, _, _, _, _, _, data @ ..] = command else {
            return Ok(vec![0x90, 0x00]);
        };
        // 7C, 82 without content, 81 with the input, each length in the form that it needs; then the expected length.
        let data = &data[..data.len() - 2];
        let input = &value(&value(data)[2..])[..];
        let answer = tlv(0x7c, &tlv(0x82, self.0.as_deref().unwrap_or(input)));
        Ok([&answer[..], &[0x90, 0x00]].concat())
    }

    fn lengths(&self) -> Lengths {
        Lengths::Extended
    }
}

fn value(tlv: &[u8]) -> Vec<u8> {
    match tlv {
        [_, 0x82, _, _, value @ ..] | [_, 0x81, _, value @ ..] | [_, _, value @ ..] => value.to_vec(),
        _ => Vec::new(),
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len())
        .expect("inputs are short")
        .to_be_bytes();
    [&[tag, 0x82][..], &length, content].concat()
}

/// A certificate down to its public key, of which nothing else is looked at.
fn credential(algorithm: &[u8], key: &[u8]) -> Credential {
    let key = tlv(0x03, &[&[0][..], key].concat());
    let spki = tlv(0x30, &[tlv(0x30, algorithm), key].concat());
    let nothing = tlv(0x30, &[]).repeat(4);
    let tbs = tlv(0x30, &[tlv(0x02, &[1]), nothing, spki].concat());
    let slot = Slot::Piv(PivSlot::Authentication);
    Credential::new(slot, "", CertificateDer::from(tlv(0x30, &tbs))).expect("it has a public key")
}

fn sign(card: Card, credential: &Credential, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
    let info = TokenInfo::new(TokenId::whatever_is_in(Backend::PcSc, "script"), "script");
    PivToken::new(card, info).sign(credential, scheme, message, None)
}

fn rsa(modulus: &[u8], choice: usize, message: &[u8]) {
    const RSA_ENCRYPTION: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let integers = [tlv(0x02, &[&[0][..], modulus].concat()), tlv(0x02, &[1])].concat();
    let credential = credential(&RSA_ENCRYPTION, &tlv(0x30, &integers));
    let key = RsaPublicKey::new_unchecked(BigUint::from_bytes_be(modulus), BigUint::from(1_u8));
    // One at a time: RSA is slow under the sanitizer.
    let schemes = credential.algorithm().schemes();
    let scheme = schemes[choice % schemes.len()];
    let signature = sign(Card(None), &credential, scheme, message).expect("it is padded");
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
        other => panic!("{other} is no scheme of RSA"),
    };
    assert!(verified.is_ok(), "{scheme}");
}

fn ecdsa(answer: &[u8]) {
    const EC_P256: [u8; 19] = [
        6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7,
    ];
    let credential = credential(&EC_P256, &[&[4][..], &[1; 64]].concat());
    let sign = |scheme| sign(Card(Some(answer.to_vec())), &credential, scheme, b"message");
    let (raw, der) = (
        sign(Scheme::EcdsaRaw(Hash::Sha256)),
        sign(Scheme::EcdsaDer(Hash::Sha256)),
    );
    assert_eq!(raw.is_ok(), der.is_ok());
    if let (Ok(raw), Ok(der)) = (raw, der) {
        assert_eq!((raw.len(), &der[..]), (64, answer));
        // What another library reads from it is the same.
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
}

fuzz_target!(|input: (u8, Vec<u8>, Vec<u8>)| {
    let (choice, message, answer) = input;
    // The highest bit makes the length, and that it is odd makes it a modulus.
    let choice = usize::from(choice);
    let length = [256, 384, 512][choice % 3];
    let mut modulus = message.iter().copied().cycle().take(length).collect::<Vec<_>>();
    modulus.resize(length, 0x55);
    modulus[0] = 0xff;
    modulus[length - 1] |= 1;
    rsa(&modulus, choice / 3, &message);
    ecdsa(&answer);
});
