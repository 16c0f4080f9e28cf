//! Answers that the protocol does not allow, and results of keys that cannot be.

use core::time::Duration;

use http::StatusCode;

use crate::flow::State;
use crate::jose::Algorithm;

/// Why a flow could not go on. That the server refuses is not an error but an [`Outcome`](crate::Outcome).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// JSON that is nested deeper than [`Limits::depth`](crate::config::Limits).
    #[error(
        "{state}: the answer is nested deeper than {limit} levels; something else than the service answered"
    )]
    AnswerTooDeep {
        /// What was asked.
        state: State,
        /// The limit, in levels.
        limit: usize,
    },
    /// An answer longer than [`Limits::answer`](crate::config::Limits).
    #[error(
        "{state}: the answer has {length} bytes, the limit is {limit}; something else than the service answered"
    )]
    AnswerTooLarge {
        /// What was asked.
        state: State,
        /// Length of the answer's body, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The answer points to a host outside the configured cloud.
    #[error("{state}: the answer names {url:?}, which is not of the configured cloud; it is not asked")]
    ForeignHost {
        /// What was asked.
        state: State,
        /// The URL in the answer.
        url: String,
    },
    /// The answer is not JSON, or not in the form that was asked for.
    #[error(
        "{state}: status {status}, and the answer is not the JSON expected (line {line}, column {column}); a proxy may have answered"
    )]
    NotJson {
        /// What was asked.
        state: State,
        /// The status of the answer.
        status: StatusCode,
        /// Where reading stopped, counted from one.
        line: usize,
        /// Where reading stopped, counted from one.
        column: usize,
    },
    /// A required part of the answer is missing or has another form than the protocol gives it.
    #[error("{state}: the protocol changed: {what}")]
    ProtocolChanged {
        /// What was asked.
        state: State,
        /// What is missing or different.
        what: &'static str,
    },
    /// The server answered with a redirect. It is never followed.
    #[error(
        "{state}: status {status} points elsewhere; redirects are not followed, a proxy or captive portal may be in the way"
    )]
    Redirected {
        /// What was asked.
        state: State,
        /// The status of the answer.
        status: StatusCode,
    },
    /// The unwrapped key does not open the answer that came with it.
    #[error(
        "the unwrapped session key does not fit; was it unwrapped with the transport key registered for this device?"
    )]
    SessionKeyMismatch,
    /// No signature of this algorithm has this length.
    #[error(
        "{state}: a signature of {length} bytes cannot be {algorithm}; ECDSA is given as r and s without ASN.1"
    )]
    SignatureLength {
        /// What was signed.
        state: State,
        /// The algorithm that was asked for.
        algorithm: Algorithm,
        /// The length of the signature, in bytes.
        length: usize,
    },
    /// A failure status without an error that could be read.
    #[error("{state}: the service answered with status {status}; try again later")]
    Unavailable {
        /// What was asked.
        state: State,
        /// The status of the answer.
        status: StatusCode,
        /// How many seconds the header `Retry-After` asked to wait (RFC 9110 section 10.2.3).
        retry_after: Option<Duration>,
    },
    /// A request cannot be written, because the user name makes its URL too long.
    #[error("{state}: the request cannot be written; the user name is too long for a URL")]
    UnwritableRequest {
        /// What should have been asked.
        state: State,
    },
}

/// Who has to look into an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The program that drives the flow: a key gave something else than was asked for.
    Caller,
    /// The server, or whatever answered in its place.
    Peer,
}

impl Error {
    /// Where in the flow it happened.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::AnswerTooDeep { state, .. }
            | Self::AnswerTooLarge { state, .. }
            | Self::ForeignHost { state, .. }
            | Self::NotJson { state, .. }
            | Self::ProtocolChanged { state, .. }
            | Self::Redirected { state, .. }
            | Self::SignatureLength { state, .. }
            | Self::Unavailable { state, .. }
            | Self::UnwritableRequest { state } => *state,
            Self::SessionKeyMismatch => State::SessionKey,
        }
    }

    /// A code that stays the same over versions, such as `protocol/not-json`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnswerTooDeep { .. } => "protocol/answer-too-deep",
            Self::AnswerTooLarge { .. } => "protocol/answer-too-large",
            Self::ForeignHost { .. } => "protocol/foreign-host",
            Self::NotJson { .. } => "protocol/not-json",
            Self::ProtocolChanged { .. } => "protocol/changed",
            Self::Redirected { .. } => "protocol/redirected",
            Self::SessionKeyMismatch => "protocol/session-key-mismatch",
            Self::SignatureLength { .. } => "protocol/signature-length",
            Self::Unavailable { .. } => "protocol/unavailable",
            Self::UnwritableRequest { .. } => "protocol/unwritable-request",
        }
    }

    /// Who has to look into it.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::SessionKeyMismatch | Self::SignatureLength { .. } | Self::UnwritableRequest { .. } => {
                Blame::Caller
            }
            _ => Blame::Peer,
        }
    }
}
