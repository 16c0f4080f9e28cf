//! The legs of a sign-in, in order.

use rustls_pki_types::UnixTime;

use super::discovery::{self, Realm};
use super::progress::Flow;
use super::{NonceRetry, assertion, token_endpoint};
use crate::aadsts::Advice;
use crate::answer::Answer;
use crate::config::{Audience, KdfOffer};
use crate::error::Error;
use crate::prt::{PrimaryRefreshToken, Subject};
use crate::refusal::Refusal;
use crate::state::State;
use crate::step::{Dated, Outcome, Step};
use crate::wire::TokenAnswer;

impl Flow {
    /// First leg: realm discovery.
    pub(crate) fn discover_realm(self) -> Result<Step, Error> {
        let request = self
            .context
            .get(State::Realm, &discovery::realm_path(&self.upn))?;
        Ok(self.send(
            State::Realm,
            request,
            |flow, answer, _| match discovery::read_realm(&flow.context.config, &answer)? {
                Realm::Managed => flow.read_metadata(),
                Realm::NotManaged(reason) => Ok(Step::Done(Outcome::NotManaged(reason))),
                Realm::Refused(refusal) => Ok(Step::Done(Outcome::refused(refusal))),
            },
        ))
    }

    /// Second leg: the OpenID metadata, if the configuration needs it and no cache had it.
    pub(crate) fn read_metadata(self) -> Result<Step, Error> {
        let config = &self.context.config;
        let needed = *config.audience() == Audience::Issuer || config.kdf() == KdfOffer::AsAdvertised;
        if !needed || self.metadata.is_some() {
            return self.ask_nonce();
        }
        let path = discovery::metadata_path(config, &self.device);
        let request = self.context.get(State::Metadata, &path)?;
        Ok(self.send(State::Metadata, request, |mut flow, answer, _| {
            match discovery::read_metadata(&flow.context.config, &flow.device, &answer)? {
                Ok(metadata) => flow.metadata = Some(metadata),
                Err(refusal) => return Ok(Step::Done(Outcome::refused(refusal))),
            }
            flow.ask_nonce()
        }))
    }

    /// Third leg: the nonce.
    fn ask_nonce(self) -> Result<Step, Error> {
        let request = token_endpoint::ask_nonce(&self.context)?;
        Ok(self.send(
            State::Nonce,
            request,
            |flow, answer, now| match token_endpoint::read_nonce(&flow.context.config, &answer)? {
                Ok(value) => Ok(flow.sign_assertion(Nonce { value, received: now }, now)),
                Err(refusal) => Ok(Step::Done(Outcome::refused(refusal))),
            },
        ))
    }

    /// Fourth leg: the card signs, unless the proof needs no signature.
    fn sign_assertion(self, nonce: Nonce, now: UnixTime) -> Step {
        let Some((algorithm, input)) = assertion::signing_input(&self, &nonce.value, now) else {
            return self.sign_request(&nonce.value, None);
        };
        let recorder = self.context.recorder.clone();
        Step::sign_as_user(
            State::Assertion,
            algorithm,
            input,
            recorder,
            move |dated| match dated {
                Dated::Signed(assertion) => Ok(self.sign_request(&nonce.value, Some(&assertion))),
                Dated::Postponed(now) if self.is_too_old(&nonce, now) => self.ask_nonce(),
                Dated::Postponed(now) => Ok(self.sign_assertion(nonce, now)),
            },
        )
    }

    fn is_too_old(&self, nonce: &Nonce, now: UnixTime) -> bool {
        let age = now.as_secs().saturating_sub(nonce.received.as_secs());
        age > self.context.config.max_nonce_age().as_secs()
    }

    /// Fifth leg: the device signs.
    fn sign_request(self, nonce: &str, assertion: Option<&str>) -> Step {
        let input = token_endpoint::signing_input(&self, nonce, assertion);
        let recorder = self.context.recorder.clone();
        Step::sign_as_device(State::Request, input, recorder, |request| self.redeem(&request))
    }

    /// Sixth leg: the token request.
    fn redeem(self, signed: &str) -> Result<Step, Error> {
        let request = token_endpoint::redeem(&self.context, signed)?;
        Ok(self.send(
            State::Token,
            request,
            |flow, answer, now| match token_endpoint::read_token(&flow.context.config, &answer)? {
                Ok(issued) => flow.unwrap_session_key(issued, now),
                Err(refusal) => flow.retry_or_end(refusal),
            },
        ))
    }

    /// A stale nonce is replaced once; any other refusal ends the flow.
    fn retry_or_end(mut self, refusal: Refusal) -> Result<Step, Error> {
        if refusal.advice() == Advice::RefetchNonce && self.nonce_retry == NonceRetry::Available {
            self.nonce_retry = NonceRetry::Used;
            return self.ask_nonce();
        }
        Ok(Step::Done(Outcome::refused(refusal)))
    }

    /// Last leg: the transport key decrypts the session key.
    fn unwrap_session_key(self, issued: TokenAnswer, now: UnixTime) -> Result<Step, Error> {
        let jwe = token_endpoint::read_session_key(issued.session_key_jwe.as_deref())?;
        let (wrapped, recorder) = (jwe.wrapped_key.clone(), self.context.recorder.clone());
        Ok(Step::unwrap_key(wrapped, recorder, move |key| {
            token_endpoint::check_session_key(&self.context.config, &jwe, &key)?;
            let subject = Subject {
                config: self.context.config,
                device: self.device,
                upn: self.upn,
                metadata: self.metadata,
            };
            let prt = PrimaryRefreshToken::issued(subject, issued, key, now)?;
            Ok(Step::Done(Outcome::Granted(Box::new(prt))))
        }))
    }

    fn send(
        self,
        state: State,
        request: http::Request<Vec<u8>>,
        answered: impl FnOnce(Self, Answer, UnixTime) -> Result<Step, Error> + Send + 'static,
    ) -> Step {
        let recorder = self.context.recorder.clone();
        Step::send(state, request, recorder, move |answer, now| {
            answered(self, answer, now)
        })
    }
}

/// A nonce of the server.
struct Nonce {
    value: String,
    received: UnixTime,
}
