//! A request and its answer.

use core::fmt;

use http::{Request, Response};
use rustls_pki_types::UnixTime;
use zeroize::Zeroize;

use super::Step;
use crate::answer::Answer;
use crate::flow::State;
use crate::{Error, PrimaryRefreshToken, Transcript};

/// A request that wants an answer.
///
/// Send it as it is, over TLS with the server's name checked, and do not follow redirects.
pub struct Exchange<T = PrimaryRefreshToken> {
    state: State,
    request: Box<Wiped>,
    transcript: Transcript,
    answered: Box<Answered<T>>,
}

type Answered<T> = dyn FnOnce(Answer, UnixTime) -> Result<Step<T>, Error> + Send;

impl<T> Exchange<T> {
    /// The request: `GET` or `POST`, always `https` and always the configured host.
    #[must_use]
    pub fn request(&self) -> &Request<Vec<u8>> {
        &self.request.0
    }

    /// Which request it is. At [`State::Nonce`] have the PIN at hand before you send: the nonce that comes back ages, and the
    /// card is asked for its signature right after.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Goes on with the server's answer, whatever its status.
    ///
    /// `now` is the time of the answer; it dates the user's assertion.
    ///
    /// # Errors
    /// An [`Error`] when the answer is not one that the protocol allows. That the server refuses is no error but an [`Outcome`](crate::Outcome).
    pub fn respond(self, response: Response<Vec<u8>>, now: UnixTime) -> Result<Step<T>, Error> {
        let Self {
            state,
            transcript,
            answered,
            ..
        } = self;
        transcript.answered(state, &response, now);
        let step = Answer::read(state, response).and_then(|answer| answered(answer, now));
        transcript.ended(&step);
        step
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn send(
        state: State,
        request: Request<Vec<u8>>,
        transcript: Transcript,
        answered: impl FnOnce(Answer, UnixTime) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        transcript.asked(state, &request);
        Self::Send(Exchange {
            state,
            request: Box::new(Wiped(request)),
            transcript,
            answered: Box::new(answered),
        })
    }
}

impl<T> fmt::Debug for Exchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// A request whose body is wiped when it is dropped: it may carry a refresh token.
struct Wiped(Request<Vec<u8>>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.body_mut().zeroize();
    }
}
