//! Answer of the server, after the checks that apply to every request.

use core::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::state::State;
use crate::wire;

/// An answer. It is a redirect only where the protocol has one.
pub(crate) struct Answer {
    pub(crate) state: State,
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Answer {
    pub(crate) fn read(state: State, response: Response<Vec<u8>>) -> Result<Self, Error> {
        let (parts, body) = response.into_parts();
        let body = Zeroizing::new(body);
        if parts.status.is_redirection() && !state.may_redirect() {
            return Err(Error::Redirected {
                state,
                status: parts.status,
            });
        }
        Ok(Self {
            state,
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The same answer with its decrypted body.
    pub(crate) fn with_body(self, body: Zeroizing<Vec<u8>>) -> Self {
        Self { body, ..self }
    }

    /// The body within the limit.
    pub(crate) fn body(&self, limits: Limits) -> Result<&[u8], Error> {
        if self.body.len() > limits.max_answer() {
            return Err(Error::AnswerTooLarge {
                state: self.state,
                length: self.body.len(),
                limit: limits.max_answer(),
            });
        }
        Ok(&self.body)
    }

    /// The JSON of a success.
    pub(crate) fn json<T: DeserializeOwned>(&self, limits: Limits) -> Result<T, Error> {
        wire::json(self.state, self.status, self.body(limits)?, limits)
    }

    /// The error of a failure. A service that is down may give none that can be read.
    pub(crate) fn refusal(&self, limits: Limits) -> Result<Refusal, Error> {
        let (state, status, retry_after) = (self.state, self.status, self.retry_after());
        let down = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let body = self.body(limits)?;
        match wire::json::<wire::ErrorBody>(state, status, body, limits) {
            Ok(error) if error.is_error() => Ok(Refusal::new(state, status, retry_after, error)),
            _ if down => Err(Error::Unavailable {
                state,
                status,
                retry_after,
            }),
            Ok(_) => Err(Error::ProtocolChanged {
                state,
                what: "a failure status without an error",
            }),
            Err(unreadable) => Err(unreadable),
        }
    }

    /// The seconds of `Retry-After`. The service does not use its other form, a date, which reads as none.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }
}
