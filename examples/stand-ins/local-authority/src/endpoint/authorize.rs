//! The authorization endpoint, for single sign-on: the proof is a header or a cookie ([MS-OAPXBC] 3.2.5.2).

use serde_json::json;
use url::Url;

use super::session::{Freshness, Session, prove};
use super::{parse, resource};
use crate::grant::{Grant, Kind, Protocol};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// The proof of a session.
const SESSION: &str = "x-ms-RefreshTokenCredential";
/// The proof of a device, when there is no session.
const DEVICE: &str = "x-ms-DeviceCredential";

/// Redirects with a code when a session is proved; with a fresh `sso_nonce` when its nonce is no good; otherwise shows
/// the page where a person would sign in.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let parameter = |name: &str| {
        let value = request.query.get(name).map(String::as_str);
        value.ok_or_else(|| Refusal::new(Code::PARAMETER_MISSING, format!("Parameter: '{name}'.")))
    };
    let client = parameter("client_id")?;
    notes.client_id = Some(client.to_owned());
    let redirect = parameter("redirect_uri")?;
    let redirect =
        Url::parse(redirect).map_err(|_| Refusal::new(Code::MALFORMED, "The redirect URI is not a URL."))?;
    if parameter("response_type")? != "code" {
        return Err(Refusal::new(
            Code::MALFORMED,
            "Only response_type=code is answered.",
        ));
    }
    let proof = |name: &str| {
        let header = request.header(name).or_else(|| request.cookie(name));
        header.map(str::to_owned)
    };
    if let Some(text) = proof(SESSION) {
        return match prove(state, &text, Protocol::Two, Freshness::Nonce, notes) {
            Ok(session) => grant(state, request, client, redirect, &session),
            Err(refusal) if is_stale(refusal.code) => with_fresh_nonce(state, request),
            Err(refusal) => Ok(failed(redirect, request, &refusal)),
        };
    }
    if let Some(text) = proof(DEVICE) {
        let signed = parse(&text)?;
        let device = state.directory.authenticate(&signed, state.clock.now())?;
        notes.device = Some(device.id.clone());
        let nonce = signed.text("request_nonce").unwrap_or_default();
        if state.redeem_nonce(nonce).is_err() {
            return with_fresh_nonce(state, request);
        }
        return Ok(page(state, "50058", Some(&device.id)));
    }
    if request.query.contains_key("sso_nonce") {
        Ok(page(state, "50058", None))
    } else {
        with_fresh_nonce(state, request)
    }
}

fn is_stale(code: Code) -> bool {
    [Code::CLAIM_MISSING, Code::NONCE_EXPIRED, Code::NONCE_INVALID].contains(&code)
}

/// The same request again, with a nonce to prove the session with.
fn with_fresh_nonce(state: &State, request: &Request) -> Result<Answer, Refusal> {
    let mut url = format!("{}{}?", request.origin(), request.path);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(request.query.iter().filter(|(name, _)| *name != "sso_nonce"));
    url += &query.append_pair("sso_nonce", &state.issue_nonce()?).finish();
    Ok(Answer::redirect(url))
}

fn grant(
    state: &State,
    request: &Request,
    client: &str,
    mut redirect: Url,
    session: &Session<'_>,
) -> Result<Answer, Refusal> {
    let scope = request.query.get("scope").map_or("openid", String::as_str);
    let kind = Kind::Code {
        client_id: client.to_owned(),
        redirect_uri: request.query.get("redirect_uri").cloned().unwrap_or_default(),
        resource: resource(request.query.get("resource").map(String::as_str), scope).unwrap_or_default(),
        challenge: request.query.get("code_challenge").cloned(),
    };
    let times = (
        state.clock.now(),
        state.configuration.lifetimes.authorization_code,
    );
    let code = state
        .grants
        .seal(&Grant::new(kind, &session.grant.login(), None, times)?)?;
    redirect.query_pairs_mut().append_pair("code", &code);
    finish(&mut redirect, request);
    Ok(Answer::redirect(redirect.into()))
}

/// An error goes to the client by the same way as a code (RFC 6749, section 4.1.2.1).
fn failed(mut redirect: Url, request: &Request, refusal: &Refusal) -> Answer {
    let number = refusal.code.number();
    let description = format!("AADSTS{number}: {} {}", refusal.code.sentence(), refusal.detail);
    redirect
        .query_pairs_mut()
        .append_pair("error", refusal.code.oauth_error())
        .append_pair("error_description", &description);
    finish(&mut redirect, request);
    Answer::redirect(redirect.into())
}

fn finish(redirect: &mut Url, request: &Request) {
    if let Some(state) = request.query.get("state") {
        redirect.query_pairs_mut().append_pair("state", state);
    }
}

/// The page where a person would sign in, with the `$Config` that clients look into. It has no form: this authority
/// has no browser flow.
fn page(state: &State, code: &str, device: Option<&str>) -> Answer {
    let config = json!({
        "sErrorCode": code,
        "iErrorCode": code.parse::<u32>().unwrap_or_default(),
        "sTenantId": state.configuration.tenant.id,
        "sDeviceId": device,
        "strServiceExceptionMessage": "A person has to sign in here.",
    });
    let html = format!(
        "<!DOCTYPE html><html><head><title>Sign in</title><script>$Config={config};</script></head>\
         <body>A person has to sign in here, and this authority has no way for that.</body></html>"
    );
    Answer::new(200, "text/html; charset=utf-8", html)
}
