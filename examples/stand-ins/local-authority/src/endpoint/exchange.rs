//! Token requests signed with the session key ([MS-OAPXBC] 3.2.5.1.3): access tokens, and a new primary refresh token.

use serde_json::{Value, json};

use super::prt::{finish, protocol, wrap};
use super::session::{Freshness, Session, prove};
use super::{claim, resource_of};
use crate::config::ResponseEncryption;
use crate::grant::{Grant, SessionKey};
use crate::http::{Answer, Request};
use crate::jose::{KdfVersion, derive, encrypt_cbc, encrypt_gcm};
use crate::log::SignInNotes;
use crate::random;
use crate::refusal::{Code, Refusal};
use crate::state::State;
use crate::token::{Application, access, id_token};

/// A session key older than this is replaced at the next renewal
/// (<https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token>).
const SESSION_KEY_AGE: i64 = 30 * 86_400;

/// Answers the request, encrypted to the session key.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let text = request.parameter("request")?;
    let session = prove(state, text, protocol(request), Freshness::NonceOrTimes, notes)?;
    let signed = &session.signed;
    let kind = claim(signed, "grant_type")?;
    if kind != "refresh_token" {
        return Err(Refusal::new(
            Code::GRANT_UNSUPPORTED,
            format!("Grant type: '{kind}'."),
        ));
    }
    let client = claim(signed, "client_id")?;
    notes.client_id = Some(client.to_owned());
    let scope = claim(signed, "scope")?;
    if !scope.split(' ').any(|part| part == "openid") {
        return Err(Refusal::new(Code::SCOPE_INVALID, "Missing: 'openid'."));
    }

    let login = session.grant.login();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": scope,
        "id_token": id_token(state, session.user, &login, client, None),
    });
    let wanted = signed
        .text("resource")
        .or(request.form.get("resource").map(String::as_str));
    let resource = resource_of(&state.configuration.registration, wanted, scope);
    let is_renewal = scope.split(' ').any(|part| part == "aza");
    if !is_renewal || resource.is_some() {
        let resource = resource.unwrap_or_else(|| super::DEFAULT_RESOURCE.to_owned());
        notes.resource = Some(resource.clone());
        let application = Application {
            client,
            resource: &resource,
            scope,
        };
        merge(&mut body, access(state, session.user, &login, &application)?);
    }
    if is_renewal {
        merge(&mut body, renew(state, &session)?);
    }
    finish(state, request, session.user, &mut body);
    encrypted(state, &session.key, &body)
}

/// A new primary refresh token. The session key stays, unless it has grown old.
fn renew(state: &State, session: &Session<'_>) -> Result<Value, Refusal> {
    let now = state.clock.now();
    let lifetime = state.configuration.lifetimes.primary_refresh_token;
    let grant = &session.grant;
    let rolled = now - session.key.since > SESSION_KEY_AGE;
    let key = if rolled {
        SessionKey::new(now)?
    } else {
        session.key
    };
    let renewed = Grant::new(grant.kind.clone(), &grant.login(), Some(&key), (now, lifetime))?;
    if !state.configuration.switches.keep_renewed_tokens && !state.grants.revoke(grant) {
        return Err(Refusal::new(Code::GRANT_REVOKED, ""));
    }
    let mut body = json!({
        "refresh_token": state.grants.seal(&renewed)?,
        "refresh_token_expires_in": lifetime,
    });
    if rolled {
        body["session_key_jwe"] = json!(wrap(&session.device, &key)?);
    }
    Ok(body)
}

/// The key of an answer is always derived in the first version.
fn encrypted(state: &State, key: &SessionKey, body: &Value) -> Result<Answer, Refusal> {
    let ctx: [u8; 24] = random::bytes()?;
    let derived = derive(KdfVersion::One, &key.bytes, &ctx, &[])?;
    let content = body.to_string();
    let jwe = match state.configuration.switches.response_encryption {
        ResponseEncryption::Cbc => encrypt_cbc(&derived, &ctx, content.as_bytes())?,
        ResponseEncryption::Gcm => encrypt_gcm(&derived, &ctx, content.as_bytes())?,
        ResponseEncryption::Plain => return Ok(Answer::json(body)),
    };
    Ok(Answer::new(200, "application/jose; charset=utf-8", jwe))
}

/// Puts the members of one object into another.
fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
