//! The tokens that clients can read: id tokens, access tokens and `client_info`.

use openssl::error::ErrorStack;
use serde_json::{Value, json};

use crate::config::{GrantControl, User};
use crate::grant::{Grant, Kind, Login};
use crate::http::Request;
use crate::jose::{base64url, sign_rs256, unsigned};
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// An id token of the v1 endpoint: unsigned, for the client that receives it over TLS.
pub(crate) fn id_token(
    state: &State,
    user: &User,
    login: &Login,
    client: &str,
    nonce: Option<&str>,
) -> String {
    let mut claims = common(state, user, login);
    claims["aud"] = json!(client);
    claims["email"] = json!(user.user_principal_name);
    claims["preferred_username"] = json!(user.user_principal_name);
    claims["tenant_region_scope"] = json!(state.configuration.tenant.region);
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    unsigned(&claims)
}

/// Client and resource of a token.
pub(crate) struct Application<'a> {
    /// The client's id.
    pub(crate) client: &'a str,
    /// The resource's identifier.
    pub(crate) resource: &'a str,
    /// The scope, as it was asked for.
    pub(crate) scope: &'a str,
}

/// An access token and a refresh token, if Conditional Access allows them. It is evaluated here, and not when a primary
/// refresh token is issued or renewed.
///
/// <https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token>
pub(crate) fn access(
    state: &State,
    user: &User,
    login: &Login,
    application: &Application<'_>,
) -> Result<Value, Refusal> {
    check_access(state, login, application.resource)?;
    let lifetimes = &state.configuration.lifetimes;
    let now = state.clock.now();
    let kind = Kind::Refresh {
        client_id: application.client.to_owned(),
    };
    let refresh = Grant::new(kind, login, None, (now, lifetimes.refresh_token))?;
    let mut body = json!({
        "token_type": "Bearer",
        "scope": application.scope,
        "resource": application.resource,
        "access_token": access_token(state, user, login, application)?,
        "refresh_token": state.grants.seal(&refresh)?,
        "refresh_token_expires_in": lifetimes.refresh_token,
        "foci": "1",
    });
    put_lifetime(state, &mut body);
    Ok(body)
}

/// Refuses a user if a policy blocks the resource.
pub(crate) fn check_access(state: &State, login: &Login, resource: &str) -> Result<(), Refusal> {
    let registration = &state.configuration.registration;
    if registration.require_multifactor && resource == registration.resource && !login.is_multifactor() {
        return Err(Refusal::new(Code::MFA_REQUIRED, format!("Resource: {resource}.")));
    }
    let same = |own: &str| own.trim_end_matches('/') == resource.trim_end_matches('/');
    let rules = state
        .configuration
        .conditional_access
        .iter()
        .filter(|rule| same(&rule.resource));
    for rule in rules {
        let mut refusal = match rule.grant_control {
            GrantControl::Block => Refusal::new(Code::ADMIN_POLICY, format!("Resource: {resource}.")),
            GrantControl::Mfa if login.is_multifactor() => continue,
            GrantControl::Mfa => Refusal::new(Code::MFA_REQUIRED, format!("Resource: {resource}.")),
        };
        refusal.suberror = Some(match rule.grant_control {
            GrantControl::Block => "message_only",
            GrantControl::Mfa => "basic_action",
        });
        let claims = json!({"access_token": {"capolids": {"essential": true, "values": [state.configuration.tenant.id]}}});
        refusal.claims = Some(claims.to_string());
        return Err(refusal);
    }
    Ok(())
}

/// An access token, signed with the key at `jwks_uri`.
fn access_token(
    state: &State,
    user: &User,
    login: &Login,
    application: &Application<'_>,
) -> Result<String, ErrorStack> {
    let mut claims = common(state, user, login);
    claims["aud"] = json!(application.resource);
    claims["appid"] = json!(application.client);
    claims["scp"] = json!(application.scope);
    if let Some(device) = &login.device {
        claims["deviceid"] = json!(device);
    }
    let key = state.signing_key()?;
    let header = json!({"typ": "JWT", "alg": "RS256", "x5t": key.id, "kid": key.id});
    sign_rs256(&header, &claims, &key.key)
}

/// Adds the lifetime of the tokens to an answer.
pub(crate) fn put_lifetime(state: &State, body: &mut Value) {
    let lifetime = state.configuration.lifetimes.access_token;
    body["expires_in"] = json!(lifetime);
    body["ext_expires_in"] = json!(lifetime);
    body["expires_on"] = json!(state.clock.now() + lifetime);
    body["not_before"] = json!(state.clock.now());
}

/// The v1 endpoint writes these numbers as text, where [MS-OAPXBC] has numbers; libhimmelblau reads only text.
pub(crate) fn numbers_as_text(body: &mut Value) {
    for name in ["expires_in", "ext_expires_in", "expires_on", "not_before"] {
        if let Some(number) = body[name].as_i64() {
            body[name] = json!(number.to_string());
        }
    }
}

/// Adds `client_info`, the ids of user and tenant, if the client asks for it.
pub(crate) fn put_client_info(state: &State, request: &Request, user: &User, body: &mut Value) {
    if request
        .form
        .get("client_info")
        .is_some_and(|wanted| wanted == "1")
    {
        let info = json!({"uid": user.id, "utid": state.configuration.tenant.id});
        body["client_info"] = json!(base64url(info.to_string().as_bytes()));
    }
}

/// Claims of both kinds of token.
fn common(state: &State, user: &User, login: &Login) -> Value {
    let now = state.clock.now();
    let tenant = &state.configuration.tenant;
    let mut claims = json!({
        "iss": tenant.issuer(),
        "iat": now,
        "nbf": now,
        "exp": now + state.configuration.lifetimes.access_token,
        "auth_time": login.authenticated,
        "amr": login.methods,
        "name": user.display_name,
        "oid": user.id,
        "puid": puid(&user.id),
        "sub": base64url(&openssl::sha::sha256(user.id.as_bytes())),
        "tid": tenant.id,
        "unique_name": user.user_principal_name,
        "upn": user.user_principal_name,
        "ver": "1.0",
    });
    if let Some(sid) = &user.on_premises_security_identifier {
        claims["onprem_sid"] = json!(sid);
    }
    claims
}

/// Sixteen hexadecimal digits, always the same for a user.
fn puid(id: &str) -> String {
    let hash = openssl::sha::sha256(id.as_bytes());
    format!("1003{}", crate::random::hex(&hash[..6]).to_ascii_uppercase())
}
