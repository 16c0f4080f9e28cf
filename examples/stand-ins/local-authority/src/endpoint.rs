//! The endpoints, and how requests are routed to them.

mod authorize;
mod browser;
mod credential_type;
mod exchange;
mod logout;
mod metadata;
mod prt;
mod realm;
mod registration;
mod session;
mod sid_to_name;
mod token;

pub(crate) use self::browser::{DeviceCodes, error_page};
use self::browser::{Version, resource_of};
pub(crate) use self::metadata::issuer_v2;
pub(crate) use self::registration::registration_error;
pub(crate) use self::session::check_grant;
use crate::config::{Demand, User, Versions};
use crate::fault::Leg;
use crate::grant::Login;
use crate::hosts::Role;
use crate::http::{Answer, Request};
use crate::jose::Jws;
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// Grant type of signed requests (RFC 7523).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The grant type of device codes (RFC 8628, section 3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Resource of a request that names none.
const DEFAULT_RESOURCE: &str = "https://graph.microsoft.com";

/// Purpose of a request. Each service answers under its own host names only.
pub(crate) fn leg(request: &Request) -> Leg {
    let lower: Vec<String> = request
        .segments
        .iter()
        .map(|segment| segment.to_ascii_lowercase())
        .collect();
    let mut path: Vec<&str> = lower.iter().map(String::as_str).collect();
    path.retain(|segment| *segment != "v2.0");
    match Role::of(request.header("host").unwrap_or_default()) {
        Role::CertAuth(_) => match (request.method.as_str(), &path[..]) {
            ("POST", [_, "certauth"]) => Leg::CertAuth,
            _ => Leg::Other,
        },
        Role::Login => login_leg(request, &path),
        Role::Registration(_) => registration_leg(request, &path),
    }
}

/// Purpose of a request to the registration service.
fn registration_leg(request: &Request, path: &[&str]) -> Leg {
    match (request.method.as_str(), path) {
        ("GET", [_, "discover"]) => Leg::Discovery,
        ("POST", ["enrollmentserver", "device"] | ["enrollmentserver", "device", ""]) => Leg::Join,
        ("DELETE", ["enrollmentserver", "device", _]) => Leg::Leave,
        ("GET", ["enrollmentserver", "nonce", _] | ["enrollmentserver", "nonce", _, ""]) => {
            Leg::RegistrationNonce
        }
        _ => Leg::Other,
    }
}

/// Purpose of a request to the login host.
fn login_leg(request: &Request, path: &[&str]) -> Leg {
    match (request.method.as_str(), path) {
        ("GET", [_, "userrealm"] | [_, "userrealm", _] | ["getuserrealm.srf"]) => Leg::Realm,
        ("GET", ["odc", "v2.1", "federationprovider"]) => Leg::FederationProvider,
        ("GET", [_, "discovery", "instance"]) => Leg::InstanceDiscovery,
        ("GET", [_, ".well-known", "openid-configuration"]) => Leg::Metadata,
        ("GET", [_, "discovery", "keys"]) => Leg::Keys,
        ("GET" | "POST", [_, "oauth2", "authorize"]) => Leg::Authorize,
        ("GET", [_, "oauth2", "logout"]) => Leg::Logout,
        // A client was seen to send its form with GET.
        ("GET" | "POST", [_, "sidtoname"]) => Leg::SidToName,
        ("POST", [_, "getcredentialtype"]) => Leg::CredentialType,
        ("POST", [_, "oauth2", "token"]) => token_leg(request),
        ("POST", [_, "login"]) => Leg::Login,
        ("POST", ["kmsi"]) => Leg::KeepMeSignedIn,
        ("POST", ["appverify"]) => Leg::AppCheck,
        ("POST", [_, "oauth2", "devicecode"]) => Leg::DeviceCode,
        ("GET" | "POST", [_, "oauth2", "deviceauth"]) => Leg::DevicePage,
        _ => Leg::Other,
    }
}

/// The version of the endpoint.
fn version(request: &Request) -> Version {
    if request
        .segments
        .iter()
        .any(|segment| segment.eq_ignore_ascii_case("v2.0"))
    {
        Version::Two
    } else {
        Version::One
    }
}

/// Purpose of a request to the token endpoint.
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
        Some(DEVICE_CODE) => Leg::DeviceToken,
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
        _ if leg.is_registration() => return Ok(registration::answer(state, leg, request, notes)),
        // These two have no tenant in their path.
        Leg::AppCheck => return browser::app_check(state, request, notes),
        Leg::KeepMeSignedIn => return browser::keep_me_signed_in(state, request, notes),
        _ => {}
    }
    if leg != Leg::Other {
        check_tenant(state, request)?;
    }
    match leg {
        Leg::Authorize => authorize::answer(state, request, notes),
        Leg::CertAuth => browser::certauth(state, request, notes),
        Leg::DeviceCode => browser::device_code(state, request, version(request), notes),
        Leg::DevicePage => browser::device_page(state, request),
        Leg::DeviceToken | Leg::Token => token::answer(state, request, notes),
        Leg::Exchange => exchange::answer(state, request, notes),
        Leg::Login => browser::login(state, request, notes),
        Leg::Keys => metadata::keys(state),
        Leg::Logout => logout::answer(request),
        Leg::Metadata => Ok(metadata::answer(state, request)),
        Leg::Nonce => Ok(Answer::json(&serde_json::json!({"Nonce": state.issue_nonce()?}))),
        Leg::PrimaryRefreshToken => prt::answer(state, request, notes),
        Leg::SidToName => sid_to_name::answer(state, request, notes),
        _ => Ok(Answer::new(404, "text/plain", "No such endpoint.\n")),
    }
}

/// Refuses a path of another tenant.
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

/// A required claim, as text.
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

/// Clients that have the permission `adrs_access` on the registration service, as ROADtools lists them.
const ADRS_ACCESS: [&str; 3] = [
    "29d9ed98-a469-4536-ade2-f981bc1d605e",
    "dd762716-544d-4aeb-a526-687b73838a22",
    "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223",
];

/// Refuses a client or an endpoint that the dialect keeps from the registration service.
fn check_application(state: &State, version: Version, client: &str, resource: &str) -> Result<(), Refusal> {
    let configuration = &state.configuration;
    if resource != configuration.registration.resource {
        return Ok(());
    }
    let is_wrong = match configuration.dialect.registration_tokens {
        Versions::Any => false,
        Versions::V1 => version == Version::Two,
        Versions::V2 => version == Version::One,
    };
    if is_wrong {
        return Err(Refusal::new(
            Code::SCOPE_INVALID,
            format!("Resource: {resource}, at another version of the endpoint."),
        ));
    }
    let has_access = ADRS_ACCESS.iter().any(|id| client.eq_ignore_ascii_case(id));
    if configuration.dialect.adrs_access == Demand::Required && !has_access {
        return Err(Refusal::new(
            Code::APPLICATION_NOT_PREAUTHORIZED,
            format!("Application: {client}, resource: {resource}."),
        ));
    }
    Ok(())
}
