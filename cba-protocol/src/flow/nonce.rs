//! The server's nonce: [MS-OAPXBC] 3.2.5.1.1.

use http::Request;

use super::State;
use super::context::Context;
use crate::answer::Answer;
use crate::{Config, Error, Refusal, wire};

pub(crate) fn request(context: &Context) -> Result<Request<Vec<u8>>, Error> {
    context.post(State::Nonce, &[("grant_type", "srv_challenge")])
}

/// The nonce is opaque and goes back as it came.
pub(crate) fn read(config: &Config, answer: &Answer) -> Result<Result<String, Refusal>, Error> {
    if !answer.status.is_success() {
        return answer.refusal(config.limits).map(Err);
    }
    let missing = Error::ProtocolChanged {
        state: State::Nonce,
        what: "the answer has no Nonce",
    };
    let answer: wire::NonceAnswer = answer.json(config.limits)?;
    answer
        .nonce
        .filter(|nonce| !nonce.is_empty())
        .ok_or(missing)
        .map(Ok)
}
