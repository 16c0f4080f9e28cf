//! Requests to the authority that need no card.

use cba_protocol::{Outcome, SessionKey, Step};
use rustls_pki_types::UnixTime;

use super::failure::{Failure, Status};
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;

/// Runs the flow to its end. The session key signs; the device's transport key is needed when the authority replaces it.
pub(super) fn drive<T: 'static>(
    mut step: Step<T>,
    http: &HttpClient,
    device: &SoftwareDevice,
) -> Result<Outcome<T>, Failure> {
    let protocol = |error: cba_protocol::Error| Failure::protocol(&error);
    loop {
        step = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Send(exchange) => {
                let answer = http
                    .send(exchange.request())
                    .map_err(|error| Failure::network(&error))?;
                exchange.respond(answer, UnixTime::now()).map_err(protocol)?
            }
            Step::Unwrap(task) => {
                let bytes = device
                    .unwrap(task.wrapped())
                    .map_err(|error| Failure::keys(&error))?;
                let key = SessionKey::try_from(bytes.as_slice())
                    .map_err(|error| Failure::new(Status::IncorrectConfiguration, error))?;
                task.complete(key).map_err(protocol)?
            }
            _ => {
                let problem = "the flow asked for a signature that only a sign-in has";
                return Err(Failure::new(Status::ServerTemporarilyUnavailable, problem));
            }
        };
    }
}
