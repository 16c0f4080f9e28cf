//! The answer to the request: [MS-OAPXBC] 3.2.5.1.2.2.

use super::State;
use crate::answer::Answer;
use crate::config::TokenTypeCheck;
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
    // RFC 6749 section 5.1: the letters of a token type may have either case.
    let is_pop = |token_type: &String| token_type.eq_ignore_ascii_case("pop");
    if config.token_type_check == TokenTypeCheck::Required && !issued.token_type.as_ref().is_some_and(is_pop)
    {
        return Err(Error::ProtocolChanged {
            state: State::Token,
            what: "the token_type of the primary refresh token is not \"pop\"",
        });
    }
    Ok(Ok(issued))
}
