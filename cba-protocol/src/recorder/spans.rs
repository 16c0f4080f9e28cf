//! Spans and events of `tracing`: a span for each flow, and in it one for each request and key operation, which lasts as long as the
//! caller takes.

use http::{Request, Response};
use tracing::field::Empty;
use tracing::{Span, debug, debug_span, info, info_span};
use uuid::Uuid;

use super::Kind;
use crate::algorithm::Algorithm;
use crate::config::Config;
use crate::state::State;

#[derive(Clone)]
pub(super) struct Spans {
    flow: Span,
    step: Span,
}

impl Spans {
    pub(super) fn begin(kind: Kind, config: &Config, correlation: Option<&Uuid>) -> Self {
        let kind = match kind {
            Kind::AccessToken => "access-token",
            Kind::DeviceCode => "device-code",
            Kind::Join => "join",
            Kind::Leave => "leave",
            Kind::WebSignIn => "web-sign-in",
            Kind::DeviceCredential => "device-credential",
            Kind::Renewal => "renewal",
            Kind::SignIn => "sign-in",
        };
        let flow = info_span!(
            target: "cba_protocol",
            "flow",
            kind,
            authority = config.cloud().authority(),
            tenant = config.tenant().as_str(),
            correlation_id = correlation.map(display),
            state = Empty,
            code = Empty,
        );
        Self {
            flow,
            step: Span::none(),
        }
    }

    pub(super) fn asked(self, state: State, request: &Request<Vec<u8>>) -> Self {
        let (state, method) = (state.code(), request.method().as_str());
        let parent = &self.flow;
        let step =
            debug_span!(target: "cba_protocol", parent: parent, "request", state, method, status = Empty);
        debug!(target: "cba_protocol", parent: &step, state, method, bytes = request.body().len(), "request");
        Self { step, ..self }
    }

    pub(super) fn answered(&self, state: State, response: &Response<Vec<u8>>) {
        let (state, status) = (state.code(), response.status().as_u16());
        self.step.record("status", status);
        debug!(target: "cba_protocol", parent: &self.step, state, status, bytes = response.body().len(), "answer");
    }

    pub(super) fn key_operation(self, state: State, algorithm: &str) -> Self {
        let (state, parent) = (state.code(), &self.flow);
        let step = debug_span!(target: "cba_protocol", parent: parent, "key operation", state, algorithm);
        Self { step, ..self }
    }

    pub(super) fn signed(&self, state: State, algorithm: Algorithm, bytes: usize) {
        let (state, algorithm) = (state.code(), algorithm.code());
        debug!(target: "cba_protocol", parent: &self.step, state, algorithm, bytes, "signed");
    }

    pub(super) fn keys_made(&self) {
        let state = State::Keys.code();
        debug!(target: "cba_protocol", parent: &self.step, state, "keys made");
    }

    pub(super) fn unwrapped(&self) {
        let state = State::SessionKey.code();
        debug!(target: "cba_protocol", parent: &self.step, state, "unwrapped");
    }

    pub(super) fn ended(&self, state: State, code: impl FnOnce() -> String) {
        if self.flow.is_disabled() {
            return;
        }
        let (state, code) = (state.code(), code());
        self.flow.record("state", state);
        self.flow.record("code", code.as_str());
        info!(target: "cba_protocol", parent: &self.flow, state, code, "ended");
    }
}
