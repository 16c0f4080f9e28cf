//! Destinations of the events of a flow: the caller's transcript and `tracing`.

#[cfg(feature = "tracing")]
mod spans;
#[cfg(not(feature = "tracing"))]
#[path = "no_spans.rs"]
mod spans;

use http::{Request, Response};
use rustls_pki_types::UnixTime;
use uuid::Uuid;

use self::spans::Spans;
use crate::algorithm::Algorithm;
use crate::config::Config;
use crate::state::State;
use crate::transcript::{Entry, Transcript};

/// Recorder of one flow. Without a transcript and without a subscriber nothing is computed.
#[derive(Clone)]
pub(crate) struct Recorder {
    transcript: Option<Transcript>,
    spans: Spans,
}

/// Purpose of a flow.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    AccessToken,
    DeviceCode,
    DeviceCredential,
    Join,
    Leave,
    Renewal,
    SignIn,
    WebSignIn,
}

impl Recorder {
    pub(crate) fn begin(
        kind: Kind,
        transcript: Option<Transcript>,
        config: &Config,
        correlation: Option<&Uuid>,
    ) -> Self {
        let recorder = Self {
            transcript,
            spans: Spans::begin(kind, config, correlation),
        };
        if let Some(correlation) = correlation {
            recorder.record(|| Entry::began(config, correlation));
        }
        recorder
    }

    /// The recorder of a request that is to be sent.
    pub(crate) fn asked(self, state: State, request: &Request<Vec<u8>>) -> Self {
        self.record(|| Entry::asked(state, request));
        let spans = self.spans.asked(state, request);
        Self { spans, ..self }
    }

    pub(crate) fn answered(&self, state: State, response: &Response<Vec<u8>>, at: UnixTime) {
        self.spans.answered(state, response);
        self.record(|| Entry::answered(state, response, at));
    }

    /// The recorder of a key operation.
    pub(crate) fn key_operation(self, state: State, algorithm: &str) -> Self {
        let spans = self.spans.key_operation(state, algorithm);
        Self { spans, ..self }
    }

    pub(crate) fn signed(&self, state: State, algorithm: Algorithm, length: usize) {
        self.spans.signed(state, algorithm, length);
        self.record(|| Entry::signed(state, algorithm, length));
    }

    pub(crate) fn keys_made(&self) {
        self.spans.keys_made();
        self.record(|| Entry::KeysMade);
    }

    pub(crate) fn unwrapped(&self) {
        self.spans.unwrapped();
        self.record(|| Entry::Unwrapped);
    }

    /// The flow ended in `state`. `code` is the stable name of the reason; `why` is the reason in words, which may name the user.
    pub(crate) fn ended(&self, state: State, code: impl FnOnce() -> String, why: impl FnOnce() -> String) {
        self.spans.ended(state, code);
        self.record(|| Entry::ended(state, &why()));
    }

    fn record(&self, entry: impl FnOnce() -> Entry) {
        if let Some(transcript) = &self.transcript {
            transcript.push(entry());
        }
    }
}
