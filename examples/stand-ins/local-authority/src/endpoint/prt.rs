//! The request for a primary refresh token, signed with the device key ([MS-OAPXBC] 3.2.5.1.2).

use serde_json::{Value, json};

use super::{JWT_BEARER, claim, parse, user_of};
use crate::config::User;
use crate::directory::Device;
use crate::grant::{Grant, Kind, Login, Protocol, SessionKey};
use crate::http::{Answer, Request};
use crate::jose::{Jws, session_key_jwe};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::sign_in::{Outer, by_assertion, by_password, by_refresh_token};
use crate::state::State;
use crate::token::{id_token, numbers_as_text, put_client_info, put_lifetime};

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
    check_form(state, request, &signed)?;
    let outer = Outer {
        nonce,
        origin: &request.origin(),
        device: &device.id,
        tenant: request.segments.first().map(String::as_str).unwrap_or_default(),
    };
    let login = user(state, &signed, &outer, notes)?;
    issue(state, request, &device, client, &login)
}

/// Points of the request that no public source settles.
fn check_form(state: &State, request: &Request, signed: &Jws) -> Result<(), Refusal> {
    let switches = &state.configuration.switches;
    switches.device_x5c.check(signed)?;
    let is_assertion = signed.text("grant_type") == Some(JWT_BEARER);
    for (accepted, what) in [
        (
            !is_assertion || switches.user_name.accepts(signed.claims.contains_key("username")),
            "Claim: 'username'.",
        ),
        (
            switches
                .windows_api_version
                .accepts(request.form.contains_key("windows_api_version")),
            "Parameter: 'windows_api_version'.",
        ),
        (
            switches.kdf_offer.accepts(signed.header.contains_key("kdf_ver")),
            "Header: 'kdf_ver'.",
        ),
    ] {
        if !accepted {
            return Err(Refusal::new(Code::MALFORMED, what));
        }
    }
    Ok(())
}

fn check_scope(scope: &str) -> Result<(), Refusal> {
    for needed in ["aza", "openid"] {
        if !scope.split(' ').any(|part| part == needed) {
            return Err(Refusal::new(Code::SCOPE_INVALID, format!("Missing: '{needed}'.")));
        }
    }
    Ok(())
}

/// The user, by the proof in the request.
fn user(state: &State, signed: &Jws, outer: &Outer<'_>, notes: &mut SignInNotes) -> Result<Login, Refusal> {
    match claim(signed, "grant_type")? {
        JWT_BEARER => by_assertion(state, claim(signed, "assertion")?, outer, notes),
        "password" => {
            let (name, password) = (claim(signed, "username")?, claim(signed, "password")?);
            by_password(state, name, password, Some(outer.device), notes)
        }
        "refresh_token" => {
            let token = claim(signed, "refresh_token")?;
            let login = by_refresh_token(state, token, claim(signed, "client_id")?, notes)?;
            Ok(Login {
                device: Some(outer.device.to_owned()),
                ..login
            })
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
    let user = user_of(state, login)?;
    let now = state.clock.now();
    let session_key = SessionKey::new(now)?;
    let lifetime = state.configuration.lifetimes.primary_refresh_token;
    let kind = Kind::Primary {
        protocol: protocol(request),
    };
    let grant = Grant::new(kind, login, Some(&session_key), (now, lifetime))?;
    let mut body = json!({
        "token_type": state.configuration.switches.token_type,
        "refresh_token": state.grants.seal(&grant)?,
        "refresh_token_expires_in": lifetime,
        "session_key_jwe": wrap(device, &session_key)?,
        "id_token": id_token(state, user, login, client, None),
        "device_tenant_id": state.configuration.tenant.id,
    });
    finish(state, request, user, &mut body);
    Ok(Answer::json(&body))
}

/// Adds the members that every answer to a device has.
pub(super) fn finish(state: &State, request: &Request, user: &User, body: &mut Value) {
    put_lifetime(state, body);
    if protocol(request) == Protocol::Two {
        numbers_as_text(body);
    }
    put_client_info(state, request, user, body);
}

/// The protocol version that the request speaks.
pub(super) fn protocol(request: &Request) -> Protocol {
    if request
        .form
        .get("prt_protocol_version")
        .is_some_and(|version| version.starts_with('3'))
    {
        Protocol::Three
    } else {
        Protocol::Two
    }
}

/// The session key for the device alone.
pub(super) fn wrap(device: &Device, key: &SessionKey) -> Result<String, Refusal> {
    let transport = device.transport_key.as_ref();
    let transport = transport
        .ok_or_else(|| Refusal::new(Code::TRANSPORT_KEY_MISSING, format!("Device: {}.", device.id)))?;
    Ok(session_key_jwe(transport, &key.bytes)?)
}
