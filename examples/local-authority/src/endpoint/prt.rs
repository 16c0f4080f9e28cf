//! The request for a primary refresh token, signed with the device key ([MS-OAPXBC] 3.2.5.1.2).

use serde_json::json;

use super::JWT_BEARER;
use crate::directory::Device;
use crate::grant::{Grant, Kind, Login};
use crate::http::{Answer, Request};
use crate::jose::{Jws, session_key_jwe};
use crate::log::SignInNotes;
use crate::random;
use crate::refusal::{Code, Refusal};
use crate::sign_in::{Outer, by_certificate, by_password};
use crate::state::State;
use crate::token::{client_info, id_token};

/// Clients that may ask for a primary refresh token: the Windows sign-in client, the Microsoft Authentication Broker, and
/// the Linux broker.
const CLIENTS: [&str; 3] = [
    "38aa3b87-a06d-4817-b275-7a316988d93b",
    "29d9ed98-a469-4536-ade2-f981bc1d605e",
    "b743a22d-6705-4147-8670-d92fa515ee2b",
];

/// Answers the request: device, nonce, user, and then the token with its session key.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let signed = parse(request.parameter("request")?)?;
    let device = state.directory.authenticate(&signed, state.clock.now())?;
    notes.device = Some(device.id.clone());
    let nonce = claim(&signed, "request_nonce")?;
    state.redeem_nonce(nonce)?;
    let client = claim(&signed, "client_id")?;
    notes.client_id = Some(client.to_owned());
    if !CLIENTS.contains(&client) {
        return Err(Refusal::new(
            Code::APPLICATION_UNKNOWN,
            format!("Application: '{client}'."),
        ));
    }
    check_scope(claim(&signed, "scope")?)?;
    if device.transport_key.is_none() {
        return Err(Refusal::new(
            Code::TRANSPORT_KEY_MISSING,
            format!("Device: {}.", device.id),
        ));
    }
    let outer = Outer {
        nonce,
        origin: &request.origin(),
        device: &device.id,
    };
    let login = user(state, &signed, &outer, notes)?;
    issue(state, request, device, client, &login)
}

/// Reads a signed request.
pub(super) fn parse(text: &str) -> Result<Jws, Refusal> {
    let jws = Jws::parse(text).map_err(|error| Refusal::new(Code::JWT_MALFORMED, format!("{error}.")))?;
    match jws.algorithm() {
        "HS256" | "RS256" => Ok(jws),
        other => Err(Refusal::new(
            Code::JWT_MALFORMED,
            format!("Algorithm '{other}' is not allowed."),
        )),
    }
}

/// A claim that must be there, as text.
pub(super) fn claim<'a>(signed: &'a Jws, name: &str) -> Result<&'a str, Refusal> {
    signed
        .text(name)
        .ok_or_else(|| Refusal::new(Code::CLAIM_MISSING, format!("Claim: '{name}'.")))
}

fn check_scope(scope: &str) -> Result<(), Refusal> {
    for needed in ["aza", "openid"] {
        if !scope.split(' ').any(|part| part == needed) {
            return Err(Refusal::new(Code::SCOPE_INVALID, format!("Missing: '{needed}'.")));
        }
    }
    Ok(())
}

/// The user, by whichever proof the request holds.
fn user(state: &State, signed: &Jws, outer: &Outer<'_>, notes: &mut SignInNotes) -> Result<Login, Refusal> {
    match claim(signed, "grant_type")? {
        JWT_BEARER => by_certificate(state, claim(signed, "assertion")?, outer, notes),
        "password" => {
            let (name, password) = (claim(signed, "username")?, claim(signed, "password")?);
            by_password(state, name, password, Some(outer.device), notes)
        }
        other => Err(Refusal::new(
            Code::GRANT_UNSUPPORTED,
            format!("Grant type: '{other}'."),
        )),
    }
}

fn issue(
    state: &State,
    request: &Request,
    device: &Device,
    client: &str,
    login: &Login,
) -> Result<Answer, Refusal> {
    let user = state
        .directory
        .user(&login.user)
        .ok_or_else(|| Refusal::new(Code::USER_NOT_FOUND, ""))?;
    let transport = device
        .transport_key
        .as_ref()
        .ok_or_else(|| Refusal::new(Code::TRANSPORT_KEY_MISSING, format!("Device: {}.", device.id)))?;
    let lifetimes = &state.configuration.lifetimes;
    let now = state.clock.now();
    let session_key = random::octets()?;
    let grant = Grant::new(
        Kind::Primary,
        login,
        Some(&session_key),
        (now, lifetimes.primary_refresh_token),
    )?;
    let mut body = json!({
        "token_type": "pop",
        "refresh_token": state.grants.seal(&grant)?,
        "refresh_token_expires_in": lifetimes.primary_refresh_token,
        "session_key_jwe": session_key_jwe(transport, &session_key)?,
        "id_token": id_token(state, user, login, client),
        "device_tenant_id": state.configuration.tenant.id,
    });
    if request
        .form
        .get("client_info")
        .is_some_and(|wanted| wanted == "1")
    {
        body["client_info"] = json!(client_info(state, user));
    }
    Ok(Answer::json(&body))
}
