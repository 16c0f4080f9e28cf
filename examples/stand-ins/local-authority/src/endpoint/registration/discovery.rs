//! Discovery: where a device registers, and with which token. No specification has Entra's form; the members are those that
//! libhimmelblau and `aad-join-spec` read.

use serde_json::json;

use super::error::ServiceError;
use super::request::{check_headers, user_of_token};
use crate::clock::stamp;
use crate::config::{Demand, Realm};
use crate::hosts::login_of_registration;
use crate::http::{Answer, Request};
use crate::state::State;

/// `GET /{tenant id or domain}/Discover?api-version=1.9`.
pub(super) fn answer(state: &State, request: &Request) -> Result<Answer, ServiceError> {
    let configuration = &state.configuration;
    if configuration.dialect.discovery == Demand::Refused {
        return Ok(Answer::new(404, "text/plain", "No such endpoint.\n"));
    }
    check_headers(state, request)?;
    let token = request.header("authorization");
    if !configuration.dialect.discovery_token.accepts(token.is_some()) {
        return Err(ServiceError::unauthenticated("Header: 'Authorization'."));
    }
    if token.is_some() {
        user_of_token(state, request)?;
    }
    if !request.query.contains_key("api-version") {
        return Err(ServiceError::invalid("Parameter: 'api-version'."));
    }
    let tenant = &configuration.tenant;
    let named = request.segments.first().map(String::as_str).unwrap_or_default();
    if !named.eq_ignore_ascii_case(&tenant.id) && !state.directory.has_domain(named) {
        return Err(ServiceError::invalid(format!("Tenant '{named}' was not found.")));
    }
    let origin = request.origin();
    let host = request.header("host").unwrap_or_default().to_ascii_lowercase();
    let login = format!("https://{}/{}", login_of_registration(&host), tenant.id);
    let resource = &configuration.registration.resource;
    let domain = configuration
        .domains
        .iter()
        .find(|domain| matches!(domain.realm, Realm::Managed));
    let domain = domain.map(|domain| domain.name.as_str()).unwrap_or_default();
    Ok(Answer::json(&json!({
        "DiscoveryService": {
            "DiscoveryEndpoint": format!("{origin}/{}/discover", tenant.id),
            "ServiceVersion": "1.9",
        },
        "DeviceJoinService": {
            "JoinEndpoint": format!("{origin}/EnrollmentServer/device/"),
            "JoinResourceId": resource,
            "ServiceVersion": "2.0",
        },
        "KeyProvisioningService": {
            "KeyProvisionEndpoint": format!("{origin}/EnrollmentServer/key/"),
            "KeyProvisionResourceId": resource,
            "ServiceVersion": "1.0",
        },
        "NonceService": {
            "Endpoint": format!("{origin}/EnrollmentServer/nonce/{}/", tenant.id),
            "ResourceId": resource,
            "ServiceVersion": "1.0",
        },
        "AuthenticationService": {
            "OAuth2": {
                "AuthCodeEndpoint": format!("{login}/oauth2/authorize"),
                "TokenEndpoint": format!("{login}/oauth2/token"),
            },
        },
        "IdentityProviderService": {"Federated": false, "PassiveAuthEndpoint": ""},
        "TenantInfo": {
            "DisplayName": domain,
            "TenantId": tenant.id,
            "TenantName": domain,
        },
    })))
}

/// `GET /EnrollmentServer/nonce/{tenant}/?api-version=1.0`.
pub(super) fn nonce(state: &State, request: &Request) -> Result<Answer, ServiceError> {
    check_headers(state, request)?;
    Ok(Answer::json(&json!({
        "Value": state.issue_nonce()?,
        // Spelt as Entra spells it.
        "ReponseStatus": {
            "message": "Nonce was created.",
            "traceId": request.ids.trace,
            "time": stamp(state.clock.now()),
        },
    })))
}
