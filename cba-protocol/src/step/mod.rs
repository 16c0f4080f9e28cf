//! Steps of a flow: a step owns the state machine and accepts only the matching answer.

mod authenticated;
mod code;
mod exchange;
mod keys;
mod tasks;

use core::fmt;

use crate::aadsts::Advice;
use crate::discovery::NotManaged;
use crate::error::Error;
use crate::prt::PrimaryRefreshToken;
use crate::recorder::Recorder;
use crate::refusal::{Interaction, Refusal};
use crate::state::State;

pub use authenticated::AuthenticatedExchange;
pub(crate) use code::Shown;
pub use code::{UserCodeTask, WaitTask};
pub use exchange::Exchange;
pub use keys::KeysTask;
pub(crate) use tasks::Dated;
pub use tasks::{SignTask, UnwrapTask};

/// Next step for the caller.
///
/// A step owns everything that the flow has learned so far. It is `Send + 'static`, so a daemon can keep it while a person types a
/// PIN. Dropping it ends the flow and wipes its secrets. An answer of the wrong kind does not compile:
///
/// ```compile_fail,E0599
/// fn wrong(task: cba_protocol::SignTask, answer: http::Response<Vec<u8>>, now: rustls_pki_types::UnixTime) {
///     let _ = task.respond(answer, now); // the task takes a signature
/// }
/// ```
///
/// `T` is the result of the flow: a sign-in and a renewal end with a [`PrimaryRefreshToken`].
///
/// A sign-in, a renewal and a token request have the steps `Send`, `SignAsUser`, `SignAsDevice` and `Unwrap` only. The others belong
/// to the flows that they name.
///
/// The enum is exhaustive on purpose: the loop that answers steps is one `match`, and the compiler says where a program does not
/// know a kind of step. A new kind comes with a new major version.
#[must_use = "a flow does not continue until its step is answered"]
pub enum Step<T = PrimaryRefreshToken> {
    /// Nothing: the flow has ended.
    Done(Outcome<T>),
    /// Make two RSA keys with 2048 bits for a new device ([`Join`](crate::Join)).
    MakeKeys(KeysTask<T>),
    /// Send a request over TLS and return the answer, whatever its status.
    Send(Exchange<T>),
    /// Send a request on a fresh TLS connection whose client certificate is that of the device ([`Leave`](crate::Leave)).
    SendAsDevice(AuthenticatedExchange<T>),
    /// Send a request on a fresh TLS connection whose client certificate is that of the user ([`WebSignIn`](crate::WebSignIn)).
    SendAsUser(AuthenticatedExchange<T>),
    /// Show a code that the user enters on another machine ([`DeviceCode`](crate::DeviceCode)).
    ShowCode(UserCodeTask<T>),
    /// Sign with the private key of the device certificate.
    SignAsDevice(SignTask<T>),
    /// Sign with the private key of the user's certificate: the card.
    SignAsUser(SignTask<T>),
    /// Decrypt with the private transport key of the device.
    Unwrap(UnwrapTask<T>),
    /// Wait before the next request ([`DeviceCode`](crate::DeviceCode)).
    Wait(WaitTask<T>),
}

/// Result of a flow whose answers all followed the protocol.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<T = PrimaryRefreshToken> {
    /// The server granted what was asked for.
    Granted(Box<T>),
    /// The server requires the user to sign in with a browser.
    Interaction(Box<Interaction>),
    /// This cloud does not sign the user in: a federation server or another cloud does, or the name is unknown.
    NotManaged(NotManaged),
    /// The server refused.
    Refused(Box<Refusal>),
}

impl<T> Step<T> {
    /// State of the flow.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Done(outcome) => outcome.state(),
            Self::Send(exchange) => exchange.state(),
            Self::SignAsDevice(task) | Self::SignAsUser(task) => task.state(),
            Self::SendAsDevice(exchange) | Self::SendAsUser(exchange) => exchange.state(),
            Self::MakeKeys(_) => State::Keys,
            Self::ShowCode(_) => State::UserCode,
            Self::Unwrap(_) => State::SessionKey,
            Self::Wait(_) => State::Waiting,
        }
    }
}

impl<T> Outcome<T> {
    /// Final state of the flow.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Granted(_) => State::Granted,
            Self::Interaction(_) => State::Interaction,
            Self::NotManaged(_) => State::NotManaged,
            Self::Refused(_) => State::Refused,
        }
    }

    /// Whether the server does not know the user name: in realm discovery or at the token endpoint.
    ///
    /// A cached name may be out of date. `upn_resolver`'s [`Decision::after_unknown_user`](upn_resolver::Decision::after_unknown_user) says
    /// whether there is another name to sign in with, once; [the guide](crate::manual::writing_an_agent#a-stale-name) shows the loop.
    ///
    /// ```
    /// use cba_protocol::{NotManaged, Outcome};
    ///
    /// let outcome: Outcome = Outcome::NotManaged(NotManaged::Unknown { domain: None });
    /// assert!(outcome.is_user_unknown());
    /// ```
    #[must_use]
    pub fn is_user_unknown(&self) -> bool {
        match self {
            Self::NotManaged(reason) => matches!(reason, NotManaged::Unknown { .. }),
            Self::Refused(refusal) => refusal.is_user_unknown(),
            Self::Granted(_) | Self::Interaction(_) => false,
        }
    }

    /// A refusal that requires a browser is an interaction.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        match refusal.advice() {
            Advice::Interact => Self::Interaction(Box::new(Interaction { refusal, page: None })),
            _ => Self::Refused(Box::new(refusal)),
        }
    }

    fn code(&self) -> String {
        match self {
            Self::Granted(_) => self.state().code().to_owned(),
            Self::Interaction(interaction) => interaction.refusal.code(),
            Self::NotManaged(reason) => reason.code().to_owned(),
            Self::Refused(refusal) => refusal.code(),
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Granted(_) => String::new(),
            Self::Interaction(interaction) => format!("{:#}", interaction.refusal),
            Self::NotManaged(reason) => reason.to_string(),
            Self::Refused(refusal) => format!("{refusal:#}"),
        }
    }
}

/// Records the end of a flow, if it ended.
fn record_end<T>(recorder: &Recorder, step: &Result<Step<T>, Error>) {
    match step {
        Ok(Step::Done(outcome)) => recorder.ended(outcome.state(), || outcome.code(), || outcome.reason()),
        Ok(_) => {}
        Err(error) => recorder.ended(State::Failed, || error.code().to_owned(), || error.to_string()),
    }
}

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(outcome) => f.debug_tuple("Done").field(&outcome.state()).finish(),
            Self::Send(exchange) => exchange.fmt(f),
            Self::SignAsDevice(task) => f.debug_tuple("SignAsDevice").field(task).finish(),
            Self::SignAsUser(task) => f.debug_tuple("SignAsUser").field(task).finish(),
            Self::MakeKeys(task) => task.fmt(f),
            Self::SendAsDevice(exchange) => f.debug_tuple("SendAsDevice").field(exchange).finish(),
            Self::SendAsUser(exchange) => f.debug_tuple("SendAsUser").field(exchange).finish(),
            Self::ShowCode(task) => task.fmt(f),
            Self::Unwrap(task) => task.fmt(f),
            Self::Wait(task) => task.fmt(f),
        }
    }
}
