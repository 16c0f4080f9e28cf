//! The loop over the steps of the protocol, which every agent has.

use cba_protocol::{Exchange, Outcome, SessionKey, SessionKeyLength, Step};
use rustls_pki_types::UnixTime;

use super::card::{Card, CardProblem};
use super::observer::Observer;
use super::waiting::Wait;
use crate::device::{KeyRefused, SoftwareDevice};
use crate::device_token::TokenError;
use crate::http_client::{HttpClient, HttpError};

/// Runs the flow to its end and counts the requests.
pub(crate) fn drive<T: 'static>(
    mut step: Step<T>,
    http: &HttpClient,
    device: &SoftwareDevice,
    card: &mut Card,
    requests: &mut usize,
    observer: &mut dyn Observer,
) -> Result<Outcome<T>, Interrupted> {
    loop {
        if observer.reached(step.state()).is_break() {
            return Err(Interrupted::Cancelled);
        }
        step = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Send(exchange) => {
                *requests += 1;
                observer.waiting_for(Wait::request(exchange.state(), exchange.request()));
                send(exchange, http)?
            }
            Step::SignAsUser(task) => {
                card.ask_pin()?;
                // The PIN may have been typed long after the task was made.
                match task.refreshed(UnixTime::now())? {
                    Step::SignAsUser(task) => {
                        let signature = card.sign(task.algorithm(), task.input())?;
                        task.complete(&signature)?
                    }
                    other => other,
                }
            }
            Step::SignAsDevice(task) => {
                wait_for_device(device, observer);
                let signature = device.sign(task.input())?;
                task.complete(&signature)?
            }
            Step::Unwrap(task) => {
                wait_for_device(device, observer);
                let key = SessionKey::try_from(device.unwrap(task.wrapped())?.as_slice())?;
                task.complete(key)?
            }
            _ => unreachable!("a sign-in has no other steps"),
        };
    }
}

/// Records that a token uses a device key. A key in a file needs no time.
fn wait_for_device(device: &SoftwareDevice, observer: &mut dyn Observer) {
    if let Some(module) = device.module() {
        observer.waiting_for(Wait::Module {
            place: module.display().to_string(),
        });
    }
}

/// Sends a request and returns the next step.
pub(super) fn send<T: 'static>(exchange: Exchange<T>, http: &HttpClient) -> Result<Step<T>, Interrupted> {
    let answer = http.send(exchange.request())?;
    Ok(exchange.respond(answer, UnixTime::now())?)
}

/// Reason why a flow did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Interrupted {
    /// The observer cancelled the flow.
    #[error("cancelled before the next step")]
    Cancelled,
    /// A failure of the card or its PIN.
    #[error(transparent)]
    Card(#[from] CardProblem),
    /// A failure of a device key.
    #[error(transparent)]
    DeviceKey(#[from] KeyRefused),
    /// New device keys could not be made or used.
    #[error(transparent)]
    NewKeys(TokenError),
    /// A failure of the network.
    #[error(transparent)]
    Network(#[from] HttpError),
    /// An answer that does not follow the protocol.
    #[error(transparent)]
    Protocol(#[from] cba_protocol::Error),
    /// The transport key did not decrypt a session key.
    #[error(transparent)]
    SessionKey(#[from] SessionKeyLength),
}
