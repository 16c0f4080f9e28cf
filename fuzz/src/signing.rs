//! A PIV card with a given key operation, for the targets of signatures.

use crate::card::Card;
use card_access::{
    ApduLength, Backend, Credential, Error, PivSlot, Scheme, Slot, Token, TokenId, TokenInfo, piv::PivToken,
};
use rustls_pki_types::CertificateDer;
use test_certificates::build::{Pieces, element, sequence};

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

/// A certificate with this key.
pub fn credential(algorithm: &[u8], key: &[u8]) -> Credential {
    let key = element(0x03, &[&[0][..], key].concat());
    let public_key = sequence(&[&sequence(&[algorithm]), &key]);
    let certificate = Pieces {
        public_key,
        ..Pieces::default()
    };
    let slot = Slot::Piv(PivSlot::Authentication);
    Credential::new(slot, "", CertificateDer::from(certificate.der())).expect("it has a public key")
}

/// Signs with a card that returns this as its signature, or the data that it should sign.
pub fn sign(
    signature: Option<&[u8]>,
    credential: &Credential,
    scheme: Scheme,
    message: &[u8],
) -> Result<Vec<u8>, Error> {
    let card = Card {
        length: ApduLength::Extended,
        answer: |command: &[u8]| {
            if let [_, 0xa4, ..] = command {
                return Ok(vec![0x61, 0x00, 0x90, 0x00]);
            }
            let [_, 0x87, _, _, _, _, _, data @ ..] = command else {
                return Ok(vec![0x90, 0x00]);
            };
            // 7C, 82 without content, 81 with the input, each with the shortest length; then the expected length.
            let data = &data[..data.len() - 2];
            let input = &value(&value(data)[2..])[..];
            let answer = tlv(0x7c, &tlv(0x82, signature.unwrap_or(input)));
            Ok([&answer[..], &[0x90, 0x00]].concat())
        },
    };
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "script"), "script");
    PivToken::new(card, info).sign(credential, scheme, message, None)
}
