//! The tokens that clients can read: id tokens, access tokens and `client_info`.

use openssl::error::ErrorStack;
use serde_json::{Value, json};

use crate::config::User;
use crate::grant::Login;
use crate::jose::{base64url, sign_rs256, unsigned};
use crate::state::State;

/// An id token of the v1 endpoint: unsigned, for the client that got it over TLS.
pub(crate) fn id_token(state: &State, user: &User, login: &Login, client: &str) -> String {
    let now = state.clock.now();
    let mut claims = common(
        state,
        user,
        login,
        now,
        state.configuration.lifetimes.access_token,
    );
    claims["aud"] = json!(client);
    claims["email"] = json!(user.user_principal_name);
    claims["preferred_username"] = json!(user.user_principal_name);
    claims["tenant_region_scope"] = json!(state.configuration.tenant.region);
    unsigned(&claims)
}

/// An access token, signed with the key at `jwks_uri`.
pub(crate) fn access_token(
    state: &State,
    user: &User,
    login: &Login,
    client: &str,
    resource: &str,
    scope: &str,
) -> Result<String, ErrorStack> {
    let now = state.clock.now();
    let mut claims = common(
        state,
        user,
        login,
        now,
        state.configuration.lifetimes.access_token,
    );
    claims["aud"] = json!(resource);
    claims["appid"] = json!(client);
    claims["scp"] = json!(scope);
    if let Some(device) = &login.device {
        claims["deviceid"] = json!(device);
    }
    let key = &state.signing_key;
    let header = json!({"typ": "JWT", "alg": "RS256", "x5t": key.id, "kid": key.id});
    sign_rs256(&header, &claims, &key.key)
}

/// `client_info`: the user's and the tenant's id.
pub(crate) fn client_info(state: &State, user: &User) -> String {
    let info = json!({"uid": user.id, "utid": state.configuration.tenant.id});
    base64url(info.to_string().as_bytes())
}

fn common(state: &State, user: &User, login: &Login, now: i64, lifetime: i64) -> Value {
    let tenant = &state.configuration.tenant;
    let mut claims = json!({
        "iss": tenant.issuer(),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
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

/// Sixteen hexadecimal digits that stay the same for a user.
fn puid(id: &str) -> String {
    let hash = openssl::sha::sha256(id.as_bytes());
    format!("1003{}", crate::random::hex(&hash[..6]).to_ascii_uppercase())
}
