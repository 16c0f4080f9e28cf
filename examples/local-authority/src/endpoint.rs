//! The endpoints: which request goes where.

mod metadata;
mod prt;
mod realm;

pub(crate) use self::metadata::issuer_v2;
use crate::fault::Leg;
use crate::http::{Answer, Request};
use crate::jose::Jws;
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// The grant type of requests that are themselves signed (RFC 7523).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What a request asks for.
pub(crate) fn leg(request: &Request) -> Leg {
    let lower: Vec<String> = request
        .segments
        .iter()
        .map(|segment| segment.to_ascii_lowercase())
        .collect();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (request.method.as_str(), &path[..]) {
        ("GET", [_, "userrealm"] | [_, "userrealm", _] | ["getuserrealm.srf"]) => Leg::Realm,
        (
            "GET",
            [_, ".well-known", "openid-configuration"] | [_, "v2.0", ".well-known", "openid-configuration"],
        ) => Leg::Metadata,
        ("POST", [_, "oauth2", "token"] | [_, "oauth2", "v2.0", "token"]) => token_leg(request),
        _ => Leg::Other,
    }
}

/// What a request to the token endpoint asks for.
fn token_leg(request: &Request) -> Leg {
    match request.form.get("grant_type").map(String::as_str) {
        Some("srv_challenge") => Leg::Nonce,
        Some(JWT_BEARER) => {
            let signed = request.form.get("request").and_then(|text| Jws::parse(text).ok());
            let is_symmetric = signed.is_some_and(|jws| jws.algorithm() == "HS256");
            if is_symmetric {
                Leg::Exchange
            } else {
                Leg::PrimaryRefreshToken
            }
        }
        _ => Leg::Token,
    }
}

/// Answers a request.
pub(crate) fn answer(
    state: &State,
    leg: Leg,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    match leg {
        Leg::Metadata => metadata::answer(state, request),
        Leg::Realm => Ok(realm::answer(state, request, notes)),
        Leg::Nonce => {
            check_tenant(state, request)?;
            Ok(Answer::json(&serde_json::json!({"Nonce": state.issue_nonce()?})))
        }
        Leg::PrimaryRefreshToken => {
            check_tenant(state, request)?;
            prt::answer(state, request, notes)
        }
        Leg::Token => {
            check_tenant(state, request)?;
            let kind = request.parameter("grant_type")?;
            Err(Refusal::new(
                Code::GRANT_UNSUPPORTED,
                format!("Grant type: '{kind}'."),
            ))
        }
        _ => Ok(Answer::new(404, "text/plain", "No such endpoint.\n")),
    }
}

/// Refuses a path that names a tenant which is not this one.
fn check_tenant(state: &State, request: &Request) -> Result<(), Refusal> {
    let name = request.segments.first().map(String::as_str).unwrap_or_default();
    let tenant = &state.configuration.tenant;
    let is_shared = ["common", "organizations"]
        .iter()
        .any(|shared| name.eq_ignore_ascii_case(shared));
    if is_shared || name.eq_ignore_ascii_case(&tenant.id) || state.directory.has_domain(name) {
        return Ok(());
    }
    Err(Refusal::new(Code::TENANT_NOT_FOUND, format!("Tenant: '{name}'.")))
}
