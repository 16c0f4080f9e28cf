//! The registration service: a device gets its identity here ([MS-DVRJ]), and gives it back.
//!
//! [MS-DVRJ] describes the request, the certificate and the errors as AD FS has them. Where Entra differs, the forms are those
//! that public clients send and read; `Dialect` names them.

mod csr;
mod discovery;
mod error;
mod join;
mod leave;
mod request;

use self::error::ServiceError;
use crate::fault::Leg;
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::Refusal;
use crate::state::State;

/// Answers a request.
pub(super) fn answer(state: &State, leg: Leg, request: &Request, notes: &mut SignInNotes) -> Answer {
    let result = match leg {
        Leg::Discovery => discovery::answer(state, request),
        Leg::Join => join::answer(state, request, notes),
        Leg::Leave => leave::answer(state, request, notes),
        _ => discovery::nonce(state, request),
    };
    result.unwrap_or_else(|error| {
        notes.registration_error = Some(error.to_string());
        error.answer(state, request)
    })
}

/// The answer of a scripted refusal.
pub(crate) fn registration_error(state: &State, request: &Request, refusal: &Refusal) -> Answer {
    ServiceError::from(refusal.clone()).answer(state, request)
}
