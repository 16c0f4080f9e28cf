//! Errors: answers that the protocol does not allow, and unusable results of key operations.

use core::time::Duration;

use http::StatusCode;

use crate::advised::{Guidance, advised};
use crate::algorithm::Algorithm;
use crate::responsible::Responsible;
use crate::state::State;

advised! {
    /// Reason why a flow could not continue. A refusal by the server is not an error but an [`Outcome`](crate::Outcome).
    ///
    /// ```
    /// use cba_protocol::{Error, Responsible};
    ///
    /// assert_eq!(Error::SessionKeyMismatch.code(), "protocol/session-key-mismatch");
    /// assert_eq!(Error::SessionKeyMismatch.responsible(), Responsible::Administrator);
    /// ```
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Error {
        /// JSON that is nested deeper than [`Limits::max_depth`](crate::config::Limits::max_depth).
        AnswerTooDeep {
            /// The request.
            state: State,
            /// The limit, in levels.
            limit: usize,
        } => "protocol/answer-too-deep" Administrator:
            "{state}: the answer is nested deeper than {limit} levels; it does not come from the service",
            "Check that the configured authority is the right one and that no proxy answers in its place."
        /// An answer longer than [`Limits::max_answer`](crate::config::Limits::max_answer).
        AnswerTooLarge {
            /// The request.
            state: State,
            /// Length of the body that was read, in bytes.
            length: usize,
            /// The limit, in bytes.
            limit: usize,
        } => "protocol/answer-too-large" Administrator:
            "{state}: the answer has {length} bytes, the limit is {limit}; it does not come from the service",
            "Check that the configured authority is the right one and that no proxy answers in its place."
        /// The server did not ask for a certificate in the TLS handshake.
        CertificateNotRequested {
            /// The request.
            state: State,
        } => "protocol/certificate-not-requested" Administrator:
            "{state}: the server did not ask for a certificate; a proxy that inspects TLS may be in between, or the connection was not fresh",
            "Exempt the host from TLS inspection, and send the request on a new connection."
        /// The answer names a host outside the configured cloud.
        ForeignHost {
            /// The request.
            state: State,
            /// The URL in the answer.
            url: String,
        } => "protocol/foreign-host" Administrator:
            "{state}: the answer names {url:?}, which is outside the configured cloud; it is not contacted",
            "Check that the configured cloud is the one of the tenant."
        /// The answer is not JSON, or not an object of the expected form.
        NotJson {
            /// The request.
            state: State,
            /// Status of the answer.
            status: StatusCode,
            /// Line where reading stopped, counted from one.
            line: usize,
            /// Column where reading stopped, counted from one.
            column: usize,
        } => "protocol/not-json" Administrator:
            "{state}: status {status}, and the answer is not the expected JSON (line {line}, column {column}); a proxy may have answered",
            "Check that the configured authority is the right one and that no proxy answers in its place."
        /// A required part of the answer is missing, or has a form that the protocol does not define.
        ProtocolChanged {
            /// The request.
            state: State,
            /// What is missing or different.
            what: &'static str,
        } => "protocol/changed" Developer:
            "{state}: unexpected answer: {what}",
            "Check that the configured authority is the right one, then report the message with the transcript."
        /// The server answered with a redirect. Redirects are never followed.
        Redirected {
            /// The request.
            state: State,
            /// Status of the answer.
            status: StatusCode,
        } => "protocol/redirected" User:
            "{state}: status {status} is a redirect, which is not followed; a proxy or captive portal may have answered",
            "Sign in to the network that this machine is in, or remove the proxy in between."
        /// The unwrapped session key does not decrypt the answer that it came with.
        SessionKeyMismatch => "protocol/session-key-mismatch" Administrator:
            "the unwrapped session key does not decrypt the answer; unwrap it with the transport key that was registered for this device",
            "Check that the transport key is the one that the device was registered with."
        /// No signature of the algorithm has this length.
        SignatureLength {
            /// The state of the signature.
            state: State,
            /// The requested algorithm.
            algorithm: Algorithm,
            /// Length of the signature, in bytes.
            length: usize,
        } => "protocol/signature-length" Developer:
            "{state}: a signature of {length} bytes cannot be {algorithm}; ECDSA signatures are r and s without ASN.1",
            "Report this message to the developers of the program."
        /// The certificate that the registration service issued does not belong to this device. It was not kept.
        UnfitCertificate {
            /// What is wrong with it.
            what: &'static str,
        } => "protocol/unfit-certificate" Administrator:
            "registration: the new device certificate cannot be used: {what}",
            "Check that the configured registration service is that of the tenant; delete the new device in the tenant."
        /// A key of a new device is not an RSA key with 2048 bits.
        UnfitKey {
            /// The key.
            key: &'static str,
        } => "protocol/unfit-key" Developer:
            "keys: the {key} is not an RSA key with 2048 bits; the registration service accepts no other",
            "Make an RSA key with 2048 bits."
        /// A failure status without a readable error.
        Unavailable {
            /// The request.
            state: State,
            /// Status of the answer.
            status: StatusCode,
            /// Delay that the header `Retry-After` asks for (RFC 9110 section 10.2.3).
            retry_after: Option<Duration>,
        } => "protocol/unavailable" Service:
            "{state}: the service answered with status {status}; try again later",
            "Try again later."
        /// The user name makes the URL of a request too long.
        UnwritableRequest {
            /// The request.
            state: State,
        } => "protocol/unwritable-request" User:
            "{state}: the user name is too long for a URL; enter a shorter one",
            "Enter another user name."
    }
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
}
