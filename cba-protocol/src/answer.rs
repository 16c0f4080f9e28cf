//! An answer as it came, after the checks that hold for every leg.

use core::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::Error;
use crate::config::Limits;
use crate::flow::State;
use crate::refusal::Refusal;
use crate::wire;

/// An answer that is no redirect.
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
        if parts.status.is_redirection() {
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

    /// The same answer with another body: what was encrypted in it.
    pub(crate) fn with_body(self, body: Zeroizing<Vec<u8>>) -> Self {
        Self { body, ..self }
    }

    /// The body within the limit.
    pub(crate) fn body(&self, limits: Limits) -> Result<&[u8], Error> {
        if self.body.len() > limits.answer {
            return Err(Error::AnswerTooLarge {
                state: self.state,
                length: self.body.len(),
                limit: limits.answer,
            });
        }
        Ok(&self.body)
    }

    /// The JSON of a success.
    pub(crate) fn json<T: DeserializeOwned>(&self, limits: Limits) -> Result<T, Error> {
        wire::json(self.state, self.status, self.body(limits)?, limits)
    }

    /// What the server says in a failure. A service that is down may say nothing that can be read.
    pub(crate) fn refusal(&self, limits: Limits) -> Result<Refusal, Error> {
        let (state, status, retry_after) = (self.state, self.status, self.retry_after());
        let down = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let body = self.body(limits)?;
        match wire::json::<wire::ErrorBody>(state, status, body, limits) {
            Ok(error) if error.tells() => Ok(Refusal::new(state, status, retry_after, error)),
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

    /// The seconds of `Retry-After`; its other form, a date, is not used by the service and reads as none.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }
}
