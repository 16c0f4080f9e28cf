//! The OpenID metadata of a tenant, in both versions.

use serde_json::json;

use super::is_shared;
use crate::http::{Answer, Request};
use crate::jose::base64url;
use crate::refusal::Refusal;
use crate::state::State;

/// `/{tenant}/.well-known/openid-configuration` and `/{tenant}/v2.0/.well-known/openid-configuration`.
///
/// For `common` the issuer contains the text `{tenantid}`, as Entra's does: no assertion can be addressed to it.
pub(super) fn answer(state: &State, request: &Request) -> Answer {
    let tenant = &state.configuration.tenant;
    let origin = request.origin();
    let named = request.segments.first().map(String::as_str).unwrap_or_default();
    let is_shared = is_shared(named);
    let id = if is_shared { "{tenantid}" } else { &tenant.id };
    let path = if is_shared { named } else { &tenant.id };
    let version_2 = request
        .segments
        .get(1)
        .is_some_and(|segment| segment.eq_ignore_ascii_case("v2.0"));
    let (issuer, v2, keys) = if version_2 {
        (issuer_v2(&origin, id), "/v2.0", "discovery/v2.0/keys")
    } else {
        (tenant.issuer().replace(&tenant.id, id), "", "discovery/keys")
    };
    let mut body = json!({
        "authorization_endpoint": format!("{origin}/{path}/oauth2{v2}/authorize"),
        "token_endpoint": format!("{origin}/{path}/oauth2{v2}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{origin}/{path}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": ["openid"],
        "issuer": issuer,
        "tenant_region_scope": tenant.region,
        "cloud_instance_name": tenant.cloud_instance_name,
    });
    if state.configuration.switches.kdf_version_2 {
        body["capabilities"] = json!(["kdf_ver2"]);
    }
    Answer::json(&body)
}

/// The public key of access tokens (RFC 7517).
pub(super) fn keys(state: &State) -> Result<Answer, Refusal> {
    let key = state.signing_key()?;
    let rsa = key.key.rsa()?;
    Ok(Answer::json(&json!({"keys": [{
        "kty": "RSA",
        "use": "sig",
        "kid": key.id,
        "x5t": key.id,
        "n": base64url(&rsa.n().to_vec()),
        "e": base64url(&rsa.e().to_vec()),
    }]})))
}

/// `/common/discovery/instance`: which names are the same cloud. Here, every name that leads here is.
pub(super) fn instance(request: &Request) -> Answer {
    let host = request.header("host").unwrap_or("localhost");
    Answer::json(&json!({
        "tenant_discovery_endpoint": format!("{}/common/.well-known/openid-configuration", request.origin()),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }))
}

/// The issuer of the v2 metadata.
pub(crate) fn issuer_v2(origin: &str, tenant: &str) -> String {
    format!("{origin}/{tenant}/v2.0")
}
