//! A request and its answer.

use core::fmt;

use http::{Request, Response};
use rustls_pki_types::UnixTime;
use zeroize::Zeroize;

use super::Step;
use crate::answer::Answer;
use crate::error::Error;
use crate::prt::PrimaryRefreshToken;
use crate::recorder::Recorder;
use crate::state::State;

/// A request to send.
///
/// Send it unchanged, over TLS with the server's name verified, and do not follow redirects.
pub struct Exchange<T = PrimaryRefreshToken> {
    state: State,
    request: Box<Wiped>,
    recorder: Recorder,
    answered: Box<Answered<T>>,
}

type Answered<T> = dyn FnOnce(Answer, UnixTime) -> Result<Step<T>, Error> + Send;

impl<T> Exchange<T> {
    /// The request: always with `https` and a host of the configured cloud.
    #[must_use]
    pub fn request(&self) -> &Request<Vec<u8>> {
        &self.request.0
    }

    /// State of the flow, which identifies the request. Ask for the PIN before you send that of [`State::Nonce`]: a nonce expires, and the
    /// card signs right after it.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Takes the answer of the server, whatever its status, and returns the next step.
    ///
    /// `now` is the time of the answer. It dates the user's assertion.
    ///
    /// # Errors
    /// An [`Error`] if the answer is not one that the protocol allows. A refusal is not an error but an
    /// [`Outcome`](crate::Outcome).
    pub fn respond(self, response: Response<Vec<u8>>, now: UnixTime) -> Result<Step<T>, Error> {
        let Self {
            state,
            recorder,
            answered,
            ..
        } = self;
        recorder.answered(state, &response, now);
        let step = Answer::read(state, response).and_then(|answer| answered(answer, now));
        super::record_end(&recorder, &step);
        step
    }
}

impl<T> Exchange<T> {
    pub(super) fn new(
        state: State,
        request: Request<Vec<u8>>,
        recorder: Recorder,
        answered: impl FnOnce(Answer, UnixTime) -> Result<Step<T>, Error> + Send + 'static,
    ) -> Self {
        let recorder = recorder.asked(state, &request);
        Self {
            state,
            request: Box::new(Wiped(request)),
            recorder,
            answered: Box::new(answered),
        }
    }

    /// Ends the flow without an answer.
    pub(super) fn fail(self, error: Error) -> Result<Step<T>, Error> {
        let step = Err(error);
        super::record_end(&self.recorder, &step);
        step
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn send(
        state: State,
        request: Request<Vec<u8>>,
        recorder: Recorder,
        answered: impl FnOnce(Answer, UnixTime) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::Send(Exchange::new(state, request, recorder, answered))
    }
}

impl<T> fmt::Debug for Exchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// A request whose body is wiped when it is dropped: it may contain a refresh token.
struct Wiped(Request<Vec<u8>>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.body_mut().zeroize();
    }
}
