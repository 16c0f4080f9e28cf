//! The endpoints: which request goes where.

mod authorize;
mod credential_type;
mod exchange;
mod logout;
mod metadata;
mod prt;
mod realm;
mod session;
mod sid_to_name;
mod token;

pub(crate) use self::metadata::issuer_v2;
pub(crate) use self::session::check_grant;
use crate::config::User;
use crate::fault::Leg;
use crate::grant::Login;
use crate::http::{Answer, Request};
use crate::jose::Jws;
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// The grant type of requests that are themselves signed (RFC 7523).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The resource when none is named.
const DEFAULT_RESOURCE: &str = "https://graph.microsoft.com";

/// What a request asks for.
pub(crate) fn leg(request: &Request) -> Leg {
    let lower: Vec<String> = request
        .segments
        .iter()
        .map(|segment| segment.to_ascii_lowercase())
        .collect();
    let mut path: Vec<&str> = lower.iter().map(String::as_str).collect();
    path.retain(|segment| *segment != "v2.0");
    match (request.method.as_str(), &path[..]) {
        ("GET", [_, "userrealm"] | [_, "userrealm", _] | ["getuserrealm.srf"]) => Leg::Realm,
        ("GET", ["odc", "v2.1", "federationprovider"]) => Leg::FederationProvider,
        ("GET", [_, "discovery", "instance"]) => Leg::InstanceDiscovery,
        ("GET", [_, ".well-known", "openid-configuration"]) => Leg::Metadata,
        ("GET", [_, "discovery", "keys"]) => Leg::Keys,
        ("GET", [_, "oauth2", "authorize"]) => Leg::Authorize,
        ("GET", [_, "oauth2", "logout"]) => Leg::Logout,
        // A client was seen to send its form with GET.
        ("GET" | "POST", [_, "sidtoname"]) => Leg::SidToName,
        ("POST", [_, "getcredentialtype"]) => Leg::CredentialType,
        ("POST", [_, "oauth2", "token"]) => token_leg(request),
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
        Leg::CredentialType => return credential_type::answer(state, request, notes),
        Leg::FederationProvider => return Ok(realm::federation_provider(state, request)),
        Leg::InstanceDiscovery => return Ok(metadata::instance(request)),
        Leg::Realm => return Ok(realm::answer(state, request, notes)),
        _ => {}
    }
    if leg != Leg::Other {
        check_tenant(state, request)?;
    }
    match leg {
        Leg::Authorize => authorize::answer(state, request, notes),
        Leg::Exchange => exchange::answer(state, request, notes),
        Leg::Keys => metadata::keys(state),
        Leg::Logout => logout::answer(request),
        Leg::Metadata => Ok(metadata::answer(state, request)),
        Leg::Nonce => Ok(Answer::json(&serde_json::json!({"Nonce": state.issue_nonce()?}))),
        Leg::PrimaryRefreshToken => prt::answer(state, request, notes),
        Leg::SidToName => sid_to_name::answer(state, request, notes),
        Leg::Token => token::answer(state, request, notes),
        _ => Ok(Answer::new(404, "text/plain", "No such endpoint.\n")),
    }
}

/// Refuses a path that names a tenant which is not this one.
fn check_tenant(state: &State, request: &Request) -> Result<(), Refusal> {
    let name = request.segments.first().map(String::as_str).unwrap_or_default();
    let tenant = &state.configuration.tenant;
    if is_shared(name) || name.eq_ignore_ascii_case(&tenant.id) || state.directory.has_domain(name) {
        return Ok(());
    }
    Err(Refusal::new(Code::TENANT_NOT_FOUND, format!("Tenant: '{name}'.")))
}

/// Whether the first part of a path stands for any tenant.
fn is_shared(name: &str) -> bool {
    ["common", "organizations"]
        .iter()
        .any(|shared| name.eq_ignore_ascii_case(shared))
}

/// Reads a signed request.
fn parse(text: &str) -> Result<Jws, Refusal> {
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
fn claim<'a>(signed: &'a Jws, name: &str) -> Result<&'a str, Refusal> {
    signed
        .text(name)
        .ok_or_else(|| Refusal::new(Code::CLAIM_MISSING, format!("Claim: '{name}'.")))
}

/// The user of a sign-in, if the account still may sign in.
pub(crate) fn user_of<'a>(state: &'a State, login: &Login) -> Result<&'a User, Refusal> {
    let user = state.directory.user(&login.user);
    let user = user.ok_or_else(|| Refusal::new(Code::USER_NOT_FOUND, ""))?;
    if user.account_enabled {
        return Ok(user);
    }
    Err(Refusal::new(
        Code::ACCOUNT_DISABLED,
        format!("User: {}.", user.user_principal_name),
    ))
}

/// The resource that is asked for: named as such, or part of the scope before the last slash.
fn resource(named: Option<&str>, scope: &str) -> Option<String> {
    let in_scope = || {
        let scope = scope.split(' ').find(|part| part.contains("://"))?;
        Some(scope.rsplit_once('/')?.0.trim_end_matches('/'))
    };
    named
        .filter(|named| !named.is_empty())
        .or_else(in_scope)
        .map(str::to_owned)
}
