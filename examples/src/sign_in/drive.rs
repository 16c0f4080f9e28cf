//! The loop that answers the protocol's steps: the dozen lines that an agent writes for itself.

use cba_protocol::{Outcome, SessionKey, SessionKeyLength, State, Step};
use rustls_pki_types::UnixTime;

use super::card::{Card, CardProblem};
use super::observer::Observer;
use super::waiting::Wait;
use crate::device::{KeyRefused, SoftwareDevice};
use crate::http_client::{HttpClient, HttpError};

/// Answers every step until the flow ends; counts the requests in `requests`.
pub(crate) fn drive(
    mut step: Step,
    http: &HttpClient,
    device: &SoftwareDevice,
    card: &mut Card,
    requests: &mut usize,
    observer: &mut dyn Observer,
) -> Result<Outcome, Interrupted> {
    loop {
        if observer.reached(step.state()).is_break() {
            return Err(Interrupted::Cancelled);
        }
        step = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Send(exchange) => {
                // The nonce ages from the moment it is given, and people are slow: the PIN comes first.
                if exchange.state() == State::Nonce {
                    card.ask_pin()?;
                }
                *requests += 1;
                observer.waiting_for(Wait::Request {
                    state: exchange.state(),
                    host: exchange
                        .request()
                        .uri()
                        .authority()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                });
                let answer = http.send(exchange.request())?;
                exchange.respond(answer, UnixTime::now())?
            }
            Step::SignAsUser(task) => {
                let signature = card.sign(task.algorithm(), task.input())?;
                task.complete(&signature)?
            }
            Step::SignAsDevice(task) => {
                let signature = device.sign(task.input())?;
                task.complete(&signature)?
            }
            Step::Unwrap(task) => {
                let key = SessionKey::try_from(device.unwrap(task.wrapped())?.as_slice())?;
                task.complete(key)?
            }
        };
    }
}

/// Why a flow did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Interrupted {
    /// The observer wanted no more of it.
    #[error("broken off before the next step")]
    Cancelled,
    /// The card or its PIN.
    #[error(transparent)]
    Card(#[from] CardProblem),
    /// A key of the device.
    #[error(transparent)]
    DeviceKey(#[from] KeyRefused),
    /// The network.
    #[error(transparent)]
    Network(#[from] HttpError),
    /// An answer that is not the protocol's.
    #[error(transparent)]
    Protocol(#[from] cba_protocol::Error),
    /// The transport key gave something else than a session key.
    #[error(transparent)]
    SessionKey(#[from] SessionKeyLength),
}
