//! The end of a sign-in: a code for the client (RFC 6749, section 4.1.2), by the response mode that it asked for.

use url::Url;

use super::context::{Context, LoginRequest};
use super::{device_code, page};
use crate::grant::{Grant, Kind, Login};
use crate::http::Answer;
use crate::random;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// Ends a sign-in of the pages.
pub(super) fn end(state: &State, context: &Context, login: &Login) -> Result<Answer, Refusal> {
    if context.asked.user_code.is_some() {
        return Ok(device_code::approve(state, context, login));
    }
    let mut answer = grant(state, &context.asked, login)?;
    for name in ["ESTSAUTH", "ESTSAUTHLIGHT"] {
        let value = state.sealer.seal("session", &context.session)?;
        let cookie = format!("{name}={value}; path=/; secure; HttpOnly; SameSite=None");
        answer.headers.push(("set-cookie", cookie));
    }
    Ok(answer)
}

/// Ends a sign-in that the user did not want.
pub(super) fn decline(state: &State, context: &Context) -> Result<Answer, Refusal> {
    let refusal = Refusal::new(Code::DECLINED, "");
    if context.asked.user_code.is_some() {
        device_code::decline(state, context);
        return Err(refusal);
    }
    failed(&context.asked, &refusal)
}

/// Sends a code to the client.
pub(in crate::endpoint) fn grant(
    state: &State,
    asked: &LoginRequest,
    login: &Login,
) -> Result<Answer, Refusal> {
    let kind = Kind::Code {
        client_id: asked.client_id.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        resource: asked.resource.clone(),
        scope: asked.scope.clone(),
        challenge: asked.challenge.clone(),
        nonce: asked.nonce.clone(),
    };
    let times = (
        state.clock.now(),
        state.configuration.lifetimes.authorization_code,
    );
    let code = state.grants.seal(&Grant::new(kind, login, None, times)?)?;
    send(asked, &[("code", &code), ("session_state", &random::guid()?)])
}

/// Sends an error to the client by the same way as a code (RFC 6749, section 4.1.2.1).
pub(in crate::endpoint) fn failed(asked: &LoginRequest, refusal: &Refusal) -> Result<Answer, Refusal> {
    let number = refusal.code.number();
    let description = format!("AADSTS{number}: {} {}", refusal.code.sentence(), refusal.detail);
    let error = refusal.code.oauth_error();
    send(asked, &[("error", error), ("error_description", &description)])
}

fn send(asked: &LoginRequest, parameters: &[(&str, &str)]) -> Result<Answer, Refusal> {
    let mut parameters = parameters.to_vec();
    if let Some(state) = &asked.state {
        parameters.push(("state", state));
    }
    let mut url = Url::parse(&asked.redirect_uri)
        .map_err(|_| Refusal::new(Code::MALFORMED, "The redirect URI is not a URL."))?;
    match asked.response_mode.as_str() {
        "form_post" => return Ok(page::forward(&asked.redirect_uri, &parameters)),
        "fragment" => {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            url.set_fragment(Some(&text.extend_pairs(parameters).finish()));
        }
        _ => drop(url.query_pairs_mut().extend_pairs(parameters)),
    }
    Ok(Answer::redirect(url.into()))
}
