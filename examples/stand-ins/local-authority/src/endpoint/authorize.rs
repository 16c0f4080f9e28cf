//! The authorization endpoint. With a proof of a session, a header or a cookie ([MS-OAPXBC] 3.2.5.2), it answers with a code;
//! without one it shows the page where a person signs in.

use super::browser::{Context, LoginRequest, Version, grant, resource_of, sign_in_page};
use super::session::{Freshness, prove};
use super::{browser, check_application, parse};
use crate::grant::{ChallengeMethod, Protocol};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// The proof of a session.
const SESSION: &str = "x-ms-RefreshTokenCredential";
/// The proof of a device, when there is no session.
const DEVICE: &str = "x-ms-DeviceCredential";

/// Redirects with a code when a session is proved; with a fresh `sso_nonce` when the proof is stale; otherwise shows the
/// page.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let asked = read(state, request, notes)?;
    if let Err(refusal) = check(state, request, &asked) {
        return browser::failed(&asked, &refusal);
    }
    let proof = |name: &str| {
        let header = request.header(name).or_else(|| request.cookie(name));
        header.map(str::to_owned)
    };
    if let Some(text) = proof(SESSION) {
        return match prove(state, &text, Protocol::Two, Freshness::SingleSignOn, notes) {
            Ok(session) => grant(state, &asked, &session.grant.login()),
            Err(refusal) if is_stale(refusal.code) => with_fresh_nonce(state, request),
            Err(refusal) => browser::failed(&asked, &refusal),
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
    }
    if parameter(request, "prompt") == Some("none") {
        return browser::failed(&asked, &Refusal::new(Code::LOGIN_REQUIRED, ""));
    }
    browser::check_agent(state, request)?;
    sign_in_page(state, request, &Context::new(asked)?, None)
}

/// A parameter of the query, or of a form.
fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let value = request.query.get(name).or_else(|| request.form.get(name));
    value.map(String::as_str).filter(|value| !value.is_empty())
}

/// Reads the request. What is wrong up to the redirect URI cannot be sent there, so a person sees it.
fn read(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<LoginRequest, Refusal> {
    let required = |name: &str| {
        parameter(request, name)
            .ok_or_else(|| Refusal::new(Code::PARAMETER_MISSING, format!("Parameter: '{name}'.")))
    };
    let owned = |name: &str| parameter(request, name).map(str::to_owned);
    let client_id = required("client_id")?.to_owned();
    notes.client_id = Some(client_id.clone());
    let redirect_uri = required("redirect_uri")?.to_owned();
    browser::redirect(&client_id, &redirect_uri)?;
    let version = super::version(request);
    let scope = parameter(request, "scope").unwrap_or("openid").to_owned();
    // Only the older endpoint knows `resource`.
    let named = parameter(request, "resource").filter(|_| version == Version::One);
    let resource = resource_of(&state.configuration.registration, named, &scope);
    let resource = resource.unwrap_or_else(|| super::DEFAULT_RESOURCE.to_owned());
    notes.resource = Some(resource.clone());
    Ok(LoginRequest {
        version,
        response_mode: owned("response_mode").unwrap_or_else(|| "query".to_owned()),
        state: owned("state"),
        nonce: owned("nonce"),
        resource,
        scope,
        challenge: parameter(request, "code_challenge").map(|challenge| {
            let method = ChallengeMethod::of(parameter(request, "code_challenge_method"));
            (method.unwrap_or(ChallengeMethod::S256), challenge.to_owned())
        }),
        amr_values: owned("amr_values").unwrap_or_default(),
        login_hint: owned("login_hint"),
        user_code: None,
        client_id,
        redirect_uri,
    })
}

/// Refuses what the client learns at its redirect URI.
fn check(state: &State, request: &Request, asked: &LoginRequest) -> Result<(), Refusal> {
    let malformed = |what: &str| Err(Refusal::new(Code::MALFORMED, format!("Parameter: '{what}'.")));
    if parameter(request, "response_type") != Some("code") {
        return malformed("response_type");
    }
    if !["form_post", "fragment", "query"].contains(&asked.response_mode.as_str()) {
        return malformed("response_mode");
    }
    if asked.version == Version::Two && parameter(request, "scope").is_none() {
        return malformed("scope");
    }
    let has_method = parameter(request, "code_challenge_method");
    if ChallengeMethod::of(has_method).is_none() || has_method.is_some() && asked.challenge.is_none() {
        return malformed("code_challenge_method");
    }
    if !state
        .configuration
        .dialect
        .pkce
        .accepts(asked.challenge.is_some())
    {
        return malformed("code_challenge");
    }
    check_application(state, asked.version, &asked.client_id, &asked.resource)
}

fn is_stale(code: Code) -> bool {
    [
        Code::ASSERTION_TIME,
        Code::CLAIM_MISSING,
        Code::NONCE_EXPIRED,
        Code::NONCE_INVALID,
    ]
    .contains(&code)
}

/// The same request again, with a nonce to prove the session with.
fn with_fresh_nonce(state: &State, request: &Request) -> Result<Answer, Refusal> {
    let mut url = format!("{}{}?", request.origin(), request.path);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(request.query.iter().filter(|(name, _)| *name != "sso_nonce"));
    url += &query.append_pair("sso_nonce", &state.issue_nonce()?).finish();
    Ok(Answer::redirect(url))
}
