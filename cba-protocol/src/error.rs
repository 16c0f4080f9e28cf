//! Errors: answers that the protocol does not allow, and unusable results of key operations.

use core::time::Duration;

use http::StatusCode;

use crate::algorithm::Algorithm;
use crate::responsible::Responsible;
use crate::state::State;

/// Reason why a flow could not continue. A refusal by the server is not an error but an [`Outcome`](crate::Outcome).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// JSON that is nested deeper than [`Limits::max_depth`](crate::config::Limits::max_depth).
    #[error("{state}: the answer is nested deeper than {limit} levels; it does not come from the service")]
    AnswerTooDeep {
        /// The request.
        state: State,
        /// The limit, in levels.
        limit: usize,
    },
    /// An answer longer than [`Limits::max_answer`](crate::config::Limits::max_answer).
    #[error(
        "{state}: the answer has {length} bytes, the limit is {limit}; it does not come from the service"
    )]
    AnswerTooLarge {
        /// The request.
        state: State,
        /// Length of the body that was read, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The server did not ask for a certificate in the TLS handshake.
    #[error(
        "{state}: the server did not ask for a certificate; a proxy that inspects TLS may be in between, or the connection was not fresh"
    )]
    CertificateNotRequested {
        /// The request.
        state: State,
    },
    /// The answer names a host outside the configured cloud.
    #[error("{state}: the answer names {url:?}, which is outside the configured cloud; it is not contacted")]
    ForeignHost {
        /// The request.
        state: State,
        /// The URL in the answer.
        url: String,
    },
    /// The answer is not JSON, or not an object of the expected form.
    #[error(
        "{state}: status {status}, and the answer is not the expected JSON (line {line}, column {column}); a proxy may have answered"
    )]
    NotJson {
        /// The request.
        state: State,
        /// Status of the answer.
        status: StatusCode,
        /// Line where reading stopped, counted from one.
        line: usize,
        /// Column where reading stopped, counted from one.
        column: usize,
    },
    /// A required part of the answer is missing, or has a form that the protocol does not define.
    #[error("{state}: unexpected answer: {what}")]
    ProtocolChanged {
        /// The request.
        state: State,
        /// What is missing or different.
        what: &'static str,
    },
    /// The server answered with a redirect. Redirects are never followed.
    #[error(
        "{state}: status {status} is a redirect, which is not followed; a proxy or captive portal may have answered"
    )]
    Redirected {
        /// The request.
        state: State,
        /// Status of the answer.
        status: StatusCode,
    },
    /// The unwrapped session key does not decrypt the answer that it came with.
    #[error(
        "the unwrapped session key does not decrypt the answer; unwrap it with the transport key that was registered for this device"
    )]
    SessionKeyMismatch,
    /// No signature of the algorithm has this length.
    #[error(
        "{state}: a signature of {length} bytes cannot be {algorithm}; ECDSA signatures are r and s without ASN.1"
    )]
    SignatureLength {
        /// The state of the signature.
        state: State,
        /// The requested algorithm.
        algorithm: Algorithm,
        /// Length of the signature, in bytes.
        length: usize,
    },
    /// The certificate that the registration service issued does not belong to this device. It was not kept.
    #[error("registration: the new device certificate cannot be used: {what}")]
    UnfitCertificate {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A key of a new device is not an RSA key with 2048 bits.
    #[error("keys: the {key} is not an RSA key with 2048 bits; the registration service accepts no other")]
    UnfitKey {
        /// The key.
        key: &'static str,
    },
    /// A failure status without a readable error.
    #[error("{state}: the service answered with status {status}; try again later")]
    Unavailable {
        /// The request.
        state: State,
        /// Status of the answer.
        status: StatusCode,
        /// Delay that the header `Retry-After` asks for (RFC 9110 section 10.2.3).
        retry_after: Option<Duration>,
    },
    /// The user name makes the URL of a request too long.
    #[error("{state}: the user name is too long for a URL; enter a shorter one")]
    UnwritableRequest {
        /// The request.
        state: State,
    },
}

impl Error {
    /// State of the flow in which the error occurred.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::AnswerTooDeep { state, .. }
            | Self::AnswerTooLarge { state, .. }
            | Self::CertificateNotRequested { state }
            | Self::ForeignHost { state, .. }
            | Self::NotJson { state, .. }
            | Self::ProtocolChanged { state, .. }
            | Self::Redirected { state, .. }
            | Self::SignatureLength { state, .. }
            | Self::Unavailable { state, .. }
            | Self::UnwritableRequest { state } => *state,
            Self::SessionKeyMismatch => State::SessionKey,
            Self::UnfitCertificate { .. } => State::Registration,
            Self::UnfitKey { .. } => State::Keys,
        }
    }

    /// Stable name for programs, such as `protocol/not-json`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnswerTooDeep { .. } => "protocol/answer-too-deep",
            Self::AnswerTooLarge { .. } => "protocol/answer-too-large",
            Self::CertificateNotRequested { .. } => "protocol/certificate-not-requested",
            Self::ForeignHost { .. } => "protocol/foreign-host",
            Self::NotJson { .. } => "protocol/not-json",
            Self::ProtocolChanged { .. } => "protocol/changed",
            Self::Redirected { .. } => "protocol/redirected",
            Self::SessionKeyMismatch => "protocol/session-key-mismatch",
            Self::SignatureLength { .. } => "protocol/signature-length",
            Self::UnfitCertificate { .. } => "protocol/unfit-certificate",
            Self::UnfitKey { .. } => "protocol/unfit-key",
            Self::Unavailable { .. } => "protocol/unavailable",
            Self::UnwritableRequest { .. } => "protocol/unwritable-request",
        }
    }

    /// Who has to act.
    ///
    /// ```
    /// use cba_protocol::{Error, Responsible};
    ///
    /// assert_eq!(Error::SessionKeyMismatch.responsible(), Responsible::Administrator);
    /// ```
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        match self {
            Self::AnswerTooDeep { .. }
            | Self::AnswerTooLarge { .. }
            | Self::CertificateNotRequested { .. }
            | Self::ForeignHost { .. }
            | Self::NotJson { .. }
            | Self::UnfitCertificate { .. }
            | Self::SessionKeyMismatch => Responsible::Administrator,
            Self::ProtocolChanged { .. } | Self::SignatureLength { .. } | Self::UnfitKey { .. } => {
                Responsible::Developer
            }
            Self::Redirected { .. } | Self::UnwritableRequest { .. } => Responsible::User,
            Self::Unavailable { .. } => Responsible::Service,
        }
    }

    /// Next step to try, as a sentence for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AnswerTooDeep { .. } | Self::AnswerTooLarge { .. } | Self::NotJson { .. } => {
                "Check that the configured authority is the right one and that no proxy answers in its place."
            }
            Self::CertificateNotRequested { .. } => {
                "Exempt the host from TLS inspection, and send the request on a new connection."
            }
            Self::UnfitCertificate { .. } => {
                "Check that the configured registration service is that of the tenant; delete the new device in the tenant."
            }
            Self::UnfitKey { .. } => "Make an RSA key with 2048 bits.",
            Self::ForeignHost { .. } => "Check that the configured cloud is the one of the tenant.",
            Self::ProtocolChanged { .. } => {
                "Check that the configured authority is the right one, then report the message with the transcript."
            }
            Self::Redirected { .. } => {
                "Sign in to the network that this machine is in, or remove the proxy in between."
            }
            Self::SessionKeyMismatch => {
                "Check that the transport key is the one that the device was registered with."
            }
            Self::SignatureLength { .. } => "Report this message to the developers of the program.",
            Self::Unavailable { .. } => "Try again later.",
            Self::UnwritableRequest { .. } => "Enter another user name.",
        }
    }
}
