//! The answer to the request: [MS-OAPXBC] 3.2.5.1.2.2.

use super::State;
use crate::answer::Answer;
use crate::wire::TokenAnswer;
use crate::{Config, Error, Refusal};

pub(crate) fn read(config: &Config, answer: &Answer) -> Result<Result<TokenAnswer, Refusal>, Error> {
    if !answer.status.is_success() {
        return answer.refusal(config.limits).map(Err);
    }
    let issued: TokenAnswer = answer.json(config.limits)?;
    if issued
        .refresh_token
        .as_ref()
        .is_none_or(|token| token.expose().is_empty())
    {
        return Err(Error::ProtocolChanged {
            state: State::Token,
            what: "the answer has no refresh_token",
        });
    }
    Ok(Ok(issued))
}
