//! Signatures: GENERAL AUTHENTICATE (SP 800-73-5 part 2 section 3.2.4).

use super::{
    apdu::{Answer, Channel, Command},
    status::Status,
};
use crate::{
    Error, ErrorKind, KeyAlgorithm, PivSlot, Scheme,
    ecdsa::raw_from_der,
    rsa_padding::{pkcs1, pss},
    tlv::{self, Reader},
};

const GENERAL_AUTHENTICATE: u8 = 0x87;
const DYNAMIC_AUTHENTICATION_TEMPLATE: u32 = 0x7c;
const CHALLENGE: u32 = 0x81;
const RESPONSE: u32 = 0x82;

/// Message prepared for the raw key operation.
pub(super) struct Task {
    algorithm: KeyAlgorithm,
    identifier: u8,
    scheme: Scheme,
    input: Vec<u8>,
}

impl Task {
    /// Hashes and pads: PIV keys perform the raw RSA operation, or ECDSA over a digest.
    pub(super) fn new(algorithm: KeyAlgorithm, scheme: Scheme, message: &[u8]) -> Result<Self, Error> {
        let unsupported = || {
            Error::from(ErrorKind::Unsupported {
                what: "the scheme with this key",
            })
        };
        if !algorithm.schemes().contains(&scheme) {
            return Err(unsupported());
        }
        let input = match (algorithm, scheme) {
            (KeyAlgorithm::Rsa { bits }, Scheme::RsaPkcs1(hash)) => pkcs1(hash, message, bits.div_ceil(8)),
            (KeyAlgorithm::Rsa { bits }, Scheme::RsaPss(hash)) => {
                let mut salt = hash.digest(&[]);
                getrandom::fill(&mut salt).map_err(|_| ErrorKind::Unsupported { what: "randomness" })?;
                pss(hash, message, bits, &salt)
            }
            _ => Some(scheme.hash().digest(message)),
        };
        let identifier = identifier(algorithm).ok_or_else(unsupported)?;
        Ok(Self {
            algorithm,
            identifier,
            scheme,
            input: input.ok_or_else(unsupported)?,
        })
    }

    /// Has the card sign; `meaning` assigns an error to a refusal.
    pub(super) fn run(
        &self,
        card: &mut Channel<'_>,
        slot: PivSlot,
        meaning: impl FnOnce(Status) -> Error,
    ) -> Result<Vec<u8>, Error> {
        let mut content = Vec::with_capacity(self.input.len() + 8);
        tlv::push(&mut content, RESPONSE, &[]);
        tlv::push(&mut content, CHALLENGE, &self.input);
        let mut data = Vec::with_capacity(content.len() + 4);
        tlv::push(&mut data, DYNAMIC_AUTHENTICATION_TEMPLATE, &content);
        let command = Command {
            instruction: GENERAL_AUTHENTICATE,
            p1: self.identifier,
            p2: slot.key_reference(),
            data: &data,
            answer: Answer::Data,
        };
        let answer = card.send(command)?.data(meaning)?;
        self.signature(&answer)
            .ok_or_else(|| ErrorKind::Malformed { what: "signature" }.into())
    }

    fn signature(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let mut answer = Reader::new(answer);
        let template = answer.expect(DYNAMIC_AUTHENTICATION_TEMPLATE)?;
        let signature = tlv::find(template, RESPONSE).filter(|_| answer.is_empty())?;
        let raw = |length| raw_from_der(signature, length);
        match (self.scheme, self.algorithm) {
            (Scheme::EcdsaRaw(_), KeyAlgorithm::EcP256) => raw(32),
            (Scheme::EcdsaRaw(_), KeyAlgorithm::EcP384) => raw(48),
            (Scheme::EcdsaDer(_), KeyAlgorithm::EcP256) => raw(32).map(|_| signature.to_vec()),
            (Scheme::EcdsaDer(_), KeyAlgorithm::EcP384) => raw(48).map(|_| signature.to_vec()),
            (_, KeyAlgorithm::Rsa { bits }) => {
                (signature.len() == bits.div_ceil(8)).then(|| signature.to_vec())
            }
            _ => None,
        }
    }
}

/// Algorithm identifier (SP 800-78-5 table 9); 16 is the `YubiKey`'s own for RSA-4096, from firmware 5.7.
fn identifier(algorithm: KeyAlgorithm) -> Option<u8> {
    match algorithm {
        KeyAlgorithm::EcP256 => Some(0x11),
        KeyAlgorithm::EcP384 => Some(0x14),
        KeyAlgorithm::Rsa { bits: 2048 } => Some(0x07),
        KeyAlgorithm::Rsa { bits: 3072 } => Some(0x05),
        KeyAlgorithm::Rsa { bits: 4096 } => Some(0x16),
        KeyAlgorithm::Other | KeyAlgorithm::Rsa { .. } => None,
    }
}
