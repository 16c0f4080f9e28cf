//! What the end of an attempt means: accepted, worth another value, or a reason to stop.

use cba_protocol::aadsts::Advice;
use cba_protocol::{Error, NotManaged, Outcome, Refusal, Responsible, State};
use http::StatusCode;

use super::order::{Reason, Refused};
use super::report::{Attempt, known_error, known_page};
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;

/// What follows an attempt.
pub(super) enum Next<T> {
    Accepted(T),
    TryOther(Refused),
    /// Another try could harm the user, or is useless.
    Stop(&'static str),
    Fail(Box<Failure>),
}

/// Reads the end of an attempt, as a line of the report and as what follows.
pub(super) fn judge<T>(ended: Result<Outcome<T>, Failure>) -> (Attempt, Next<T>) {
    match ended {
        Ok(Outcome::Granted(granted)) => (Attempt::new("accepted"), Next::Accepted(*granted)),
        Ok(Outcome::Interaction(interaction)) => {
            let mut attempt = refused("interaction", &interaction.refusal);
            attempt.page = interaction.page.as_deref().map(known_page);
            (attempt, Next::Stop("the service requires a browser"))
        }
        Ok(Outcome::NotManaged(reason)) => {
            let attempt = Attempt::new("not-managed").with_code(reason.code());
            let why = match reason {
                NotManaged::Unknown { .. } => "the user is unknown",
                _ => "the user is not managed here",
            };
            (attempt, Next::Stop(why))
        }
        Ok(Outcome::Refused(refusal)) => (refused("refused", &refusal), after(&refusal)),
        Ok(_) => (
            Attempt::new("unknown"),
            Next::Stop("the outcome is unknown to this version"),
        ),
        Err(Failure::Interrupted(Interrupted::Protocol(error))) => {
            let result = match error {
                Error::Unavailable { .. } => "unavailable",
                _ => "not-understood",
            };
            let attempt = Attempt::new(result).with_code(error.code()).at(error.state());
            (attempt, after_answer(&error))
        }
        Err(failure) => (Attempt::new("failed"), Next::Fail(Box::new(failure))),
    }
}

fn refused(result: &'static str, refusal: &Refusal) -> Attempt {
    Attempt::new(result)
        .with_code(&known_error(&refusal.code()))
        .at(refusal.state)
}

/// AADSTS code of a client that repeats itself, which is how the service throttles users
/// (<https://learn.microsoft.com/entra/msal/dotnet/advanced/client-and-server-throttling>).
const LOOP: u32 = 50_196;

/// AADSTS code of an account that is locked, or of an address that is blocked
/// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
const LOCKED: u32 = 50_053;

/// Only a form that is refused is tried again in another form.
fn after<T>(refusal: &Refusal) -> Next<T> {
    let other = |reason| {
        Next::TryOther(Refused {
            at: refusal.state,
            reason,
            codes: refusal.codes.clone(),
        })
    };
    if refusal.codes.contains(&LOCKED) {
        return Next::Stop("the account is locked, or this address is blocked");
    }
    if refusal.codes.contains(&LOOP)
        || refusal.advice() == Advice::RetryLater
        || refusal.responsible() == Responsible::Service
    {
        return Next::Stop("the service asks to try later");
    }
    if refusal.responsible() == Responsible::Developer {
        return other(Reason::Form);
    }
    if refusal.is_user_unknown() {
        return Next::Stop("the user is unknown");
    }
    match refusal.state {
        // Whether discovery needs the token is an open point.
        State::Discovery if is_authentication(refusal) => other(Reason::Form),
        State::Registration if asks_for_factor(&refusal.message) => other(Reason::Factor),
        // [MS-DVRJ] 4.1 refuses a kind of request with it.
        State::Registration if is_authentication(refusal) => other(Reason::Kind),
        _ if refusal.advice() == Advice::RemoveDevice => Next::Stop("the user has too many devices"),
        _ if refusal.responsible() == Responsible::Administrator => Next::Stop("a policy refuses"),
        _ => Next::Stop("the user or the certificate is refused"),
    }
}

/// Whether the registration service refuses the token, or this kind of request.
fn is_authentication(refusal: &Refusal) -> bool {
    refusal.error == "AuthenticationError" || refusal.status == StatusCode::UNAUTHORIZED
}

/// Whether the registration service requires another factor. No public source shows the text of this refusal.
fn asks_for_factor(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["multifactor", "multi-factor", "mfa"]
        .iter()
        .any(|words| message.contains(words))
}

/// After an answer that is not understood, another form may get another answer.
fn after_answer<T>(error: &Error) -> Next<T> {
    match error {
        Error::Unavailable { .. } => Next::Stop("the service asks to try later"),
        _ if error.state() == State::Registration => {
            Next::Stop("the answer to the join is not understood; a device may be registered")
        }
        _ => Next::TryOther(Refused {
            at: error.state(),
            reason: Reason::Answer,
            codes: Vec::new(),
        }),
    }
}
