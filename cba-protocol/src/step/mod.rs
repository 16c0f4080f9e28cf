//! One step at a time: the step owns the machine, and only the right answer can be given to it.

mod exchange;
mod sign_task;
mod unwrap_task;

use core::fmt;

use crate::flow::State;
use crate::{Interaction, NotManaged, PrimaryRefreshToken, Refusal};

pub use exchange::Exchange;
pub use sign_task::SignTask;
pub use unwrap_task::UnwrapTask;

/// What has to be done next, and by whom.
///
/// A step owns all that the flow has learned so far. It is `Send + 'static`, so a daemon can park it for as long as a person
/// needs for a PIN; dropping it ends the flow and wipes its secrets. Giving an answer to the wrong step does not compile:
///
/// ```compile_fail,E0599
/// fn wrong(task: cba_protocol::SignTask, answer: http::Response<Vec<u8>>, now: rustls_pki_types::UnixTime) {
///     let _ = task.respond(answer, now); // a signature is asked for, not an answer
/// }
/// ```
///
/// `T` is what the flow is for: a sign-in and a renewal end in a [`PrimaryRefreshToken`].
#[must_use = "a flow goes nowhere until its step is answered"]
pub enum Step<T = PrimaryRefreshToken> {
    /// Nothing: the flow has ended.
    Done(Outcome<T>),
    /// Send a request over TLS and hand back the answer, whatever its status.
    Send(Exchange<T>),
    /// Sign with the private key of the device certificate.
    SignAsDevice(SignTask<T>),
    /// Sign with the private key of the user's certificate: the card.
    SignAsUser(SignTask<T>),
    /// Unwrap with the private transport key of the device.
    Unwrap(UnwrapTask<T>),
}

/// How a flow ended, when the server and this client understood each other.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<T = PrimaryRefreshToken> {
    /// The server gave what was asked for.
    Granted(Box<T>),
    /// The server wants to see the user in a browser.
    Interaction(Box<Interaction>),
    /// The user is not signed in here: another federation server, another cloud, or nobody knows the name.
    NotManaged(NotManaged),
    /// The server said no.
    Refused(Box<Refusal>),
}

impl<T> Step<T> {
    /// Where in [`flow::table`](crate::flow::table) the flow stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Done(outcome) => outcome.state(),
            Self::Send(exchange) => exchange.state(),
            Self::SignAsDevice(task) | Self::SignAsUser(task) => task.state(),
            Self::Unwrap(_) => State::SessionKey,
        }
    }
}

impl<T> Outcome<T> {
    /// The final state of [`flow::table`](crate::flow::table) that this is.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Granted(_) => State::Granted,
            Self::Interaction(_) => State::Interaction,
            Self::NotManaged(_) => State::NotManaged,
            Self::Refused(_) => State::Refused,
        }
    }
}

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(outcome) => f.debug_tuple("Done").field(&outcome.state()).finish(),
            Self::Send(exchange) => exchange.fmt(f),
            Self::SignAsDevice(task) => f.debug_tuple("SignAsDevice").field(task).finish(),
            Self::SignAsUser(task) => f.debug_tuple("SignAsUser").field(task).finish(),
            Self::Unwrap(task) => task.fmt(f),
        }
    }
}
