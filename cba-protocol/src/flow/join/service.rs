//! Common parts of requests to the registration service, and its answers that refuse.

use http::{HeaderValue, Request, StatusCode};

use crate::answer::Answer;
use crate::config::{ClientHeaders, Config};
use crate::error::Error;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::registration_error;
use crate::wire::{self, ErrorBody, RegistrationError};

/// Adds the headers that name the client, if the configuration has them.
pub(super) fn name_client(config: &Config, request: &mut Request<Vec<u8>>) {
    if config.registration().client_headers() == ClientHeaders::Sent {
        let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let headers = request.headers_mut();
        headers.insert("ocp-adrs-client-name", HeaderValue::from_static(name));
        headers.insert("ocp-adrs-client-version", HeaderValue::from_static(version));
    }
}

/// The error of a failure. A service that is down may give none that can be read, and a 401 has none at all.
pub(super) fn refusal(answer: &Answer, limits: Limits) -> Result<Refusal, Error> {
    let (state, status) = (answer.state, answer.status);
    let down = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let body = answer.body(limits)?;
    let error = match wire::json::<RegistrationError>(state, status, body, limits) {
        Ok(error) if error.kind.is_some() || error.message.is_some() => error,
        _ if status == StatusCode::UNAUTHORIZED => RegistrationError {
            kind: Some("unauthorized".to_owned()),
            message: Some("the service did not accept the credential of the request".to_owned()),
            trace: None,
            time: None,
            subcode: None,
        },
        _ if down => {
            return Err(Error::Unavailable {
                state,
                status,
                retry_after: answer.retry_after(),
            });
        }
        Ok(_) => {
            return Err(Error::ProtocolChanged {
                state,
                what: "a failure status without an error",
            });
        }
        Err(unreadable) => return Err(unreadable),
    };
    let delay = error.message.as_deref().and_then(registration_error::delay);
    let body = ErrorBody {
        error: Some(error.kind.unwrap_or_else(|| "unknown".to_owned())),
        error_description: error.message,
        trace_id: error.trace,
        timestamp: error.time,
        suberror: error.subcode,
        ..ErrorBody::default()
    };
    Ok(Refusal::new(state, status, answer.retry_after().or(delay), body))
}
