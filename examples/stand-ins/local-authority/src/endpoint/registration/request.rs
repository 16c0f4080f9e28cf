//! Common parts of requests to the registration service: headers, and the token of the user.

use serde_json::Value;

use super::error::ServiceError;
use crate::config::{Agent, User};
use crate::endpoint::browser::is_agent;
use crate::http::Request;
use crate::jose::{Algorithm, Jws};
use crate::state::State;

/// The user of a token, with what the token says of the sign-in.
pub(super) struct TokenUser<'a> {
    pub(super) user: &'a User,
    pub(super) methods: Vec<String>,
}

/// Refuses headers that are not of the dialect.
pub(super) fn check_headers(state: &State, request: &Request) -> Result<(), ServiceError> {
    let dialect = &state.configuration.dialect;
    if dialect.registration_agent != Agent::Any && !is_agent(dialect.registration_agent, request) {
        return Err(ServiceError::invalid("Header: 'User-Agent'."));
    }
    let names = ["ocp-adrs-client-name", "ocp-adrs-client-version"];
    let present = names.iter().all(|name| request.header(name).is_some());
    if dialect.client_headers.accepts(present) {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "Headers: 'ocp-adrs-client-name', 'ocp-adrs-client-version'.",
    ))
}

/// The user of the bearer token, which must be an access token of this authority for this service.
pub(super) fn user_of_token<'a>(state: &'a State, request: &Request) -> Result<TokenUser<'a>, ServiceError> {
    let refuse = |why: &str| ServiceError::unauthenticated(format!("The token is not accepted: {why}."));
    let header = request.header("authorization");
    let header = header.ok_or_else(|| refuse("the header 'Authorization' is missing"))?;
    let text = header.strip_prefix("Bearer ");
    let text = text.ok_or_else(|| refuse("it is not a bearer token"))?;
    let token = Jws::parse(text).map_err(|error| refuse(&error.to_string()))?;
    if token.algorithm() != "RS256" || !token.verify(Algorithm::Rs256, &*state.signing_key()?.public()?)? {
        return Err(refuse("it is not signed by this authority"));
    }
    let registration = &state.configuration.registration;
    if token.text("aud") != Some(&registration.resource) {
        return Err(refuse("it is for another resource"));
    }
    if token
        .time("exp")
        .is_none_or(|expires| expires < state.clock.now())
    {
        return Err(refuse("it has expired"));
    }
    let user = token.text("oid").and_then(|id| state.directory.user(id));
    let user = user.filter(|user| user.account_enabled);
    let methods = token.claims.get("amr").and_then(Value::as_array);
    let methods = methods.into_iter().flatten().filter_map(Value::as_str);
    Ok(TokenUser {
        user: user.ok_or_else(|| refuse("its user is unknown or disabled"))?,
        methods: methods.map(str::to_owned).collect(),
    })
}
