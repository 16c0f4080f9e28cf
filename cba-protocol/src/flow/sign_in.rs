//! The legs of a sign-in in their order. What each one asks and reads is in the file of its name.

use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::Upn;

use super::context::Context;
use super::realm::Realm;
use super::{
    IssuerMetadata, NotManaged, State, assertion, metadata, nonce, realm, request, response, session_key,
};
use crate::aadsts::Advice;
use crate::config::{Audience, KdfOffer};
use crate::wire::TokenAnswer;
use crate::{Device, Error, HelloKey, Outcome, PrimaryRefreshToken, Refusal, Secret, Step};

/// A sign-in under way.
pub(crate) struct Flow {
    pub(crate) context: Context,
    pub(crate) device: Device,
    pub(crate) upn: Upn,
    /// The name to try once when the server does not know `upn`.
    pub(crate) other_upn: Option<Upn>,
    pub(crate) proof: Proof,
    pub(crate) metadata: Option<IssuerMetadata>,
    /// Whether a stale nonce may still be replaced; once a name.
    pub(crate) replacement: Replacement,
}

/// How the user proves who they are.
pub(crate) enum Proof {
    Certificate(CertificateDer<'static>),
    Hello(HelloKey),
    RefreshToken(Secret),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replacement {
    Left,
    Spent,
}

impl Flow {
    /// First leg: who signs this user in?
    pub(crate) fn discover_realm(self) -> Result<Step, Error> {
        let request = self.context.get(State::Realm, &realm::path(&self.upn))?;
        Ok(self.send(State::Realm, request, |flow, answer, _| {
            match realm::read(&flow.context.config, &answer)? {
                Realm::Managed => flow.read_metadata(),
                Realm::NotManaged(NotManaged::Unknown { .. }) if flow.other_upn.is_some() => {
                    flow.use_other_upn()
                }
                Realm::NotManaged(elsewhere) => Ok(Step::Done(Outcome::NotManaged(elsewhere))),
                Realm::Refused(refusal) => Ok(Step::Done(refusal.outcome())),
            }
        }))
    }

    /// Second leg, when the configuration needs something of it that no cache gave.
    pub(crate) fn read_metadata(self) -> Result<Step, Error> {
        let config = &self.context.config;
        let needed = config.audience == Audience::Issuer || config.kdf == KdfOffer::AsAdvertised;
        if !needed || self.metadata.is_some() {
            return self.ask_nonce();
        }
        let request = self
            .context
            .get(State::Metadata, &metadata::path(config, &self.device))?;
        Ok(self.send(State::Metadata, request, |mut flow, answer, _| {
            match metadata::read(&flow.context.config, &flow.device, &answer)? {
                Ok(metadata) => flow.metadata = Some(metadata),
                Err(refusal) => return Ok(Step::Done(refusal.outcome())),
            }
            flow.ask_nonce()
        }))
    }

    /// Third leg. What follows is dated, so the PIN must be at hand.
    fn ask_nonce(self) -> Result<Step, Error> {
        let request = nonce::request(&self.context)?;
        Ok(self.send(State::Nonce, request, |flow, answer, now| {
            match nonce::read(&flow.context.config, &answer)? {
                Ok(nonce) => Ok(flow.sign_assertion(nonce, now)),
                Err(refusal) => Ok(Step::Done(refusal.outcome())),
            }
        }))
    }

    /// Fourth leg: the card, unless the proof is one that nobody signs.
    fn sign_assertion(self, nonce: String, now: UnixTime) -> Step {
        let Some((algorithm, input)) = assertion::signing_input(&self, &nonce, now) else {
            return self.sign_request(&nonce, None);
        };
        let transcript = self.context.transcript.clone();
        Step::sign_as_user(State::Assertion, algorithm, input, transcript, move |assertion| {
            Ok(self.sign_request(&nonce, Some(&assertion)))
        })
    }

    /// Fifth leg: the device.
    fn sign_request(self, nonce: &str, assertion: Option<&str>) -> Step {
        let input = request::signing_input(&self, nonce, assertion);
        let transcript = self.context.transcript.clone();
        Step::sign_as_device(State::Request, input, transcript, |request| self.redeem(&request))
    }

    /// Sixth leg: the one `POST`.
    fn redeem(self, signed: &str) -> Result<Step, Error> {
        let request = request::post(&self.context, signed)?;
        Ok(self.send(State::Token, request, |flow, answer, now| {
            match response::read(&flow.context.config, &answer)? {
                Ok(issued) => flow.unwrap_session_key(issued, now),
                Err(refusal) => flow.judge(refusal),
            }
        }))
    }

    /// What a refusal of the request leads to. Each way back is taken at most once.
    fn judge(mut self, refusal: Refusal) -> Result<Step, Error> {
        match refusal.advice() {
            Advice::RefetchNonce if self.replacement == Replacement::Left => {
                self.replacement = Replacement::Spent;
                self.ask_nonce()
            }
            _ if refusal.is_user_unknown() && self.other_upn.is_some() => self.use_other_upn(),
            _ => Ok(Step::Done(refusal.outcome())),
        }
    }

    fn use_other_upn(mut self) -> Result<Step, Error> {
        if let Some(other) = self.other_upn.take() {
            self.upn = other;
        }
        self.replacement = Replacement::Left;
        self.discover_realm()
    }

    /// Last leg: the transport key.
    fn unwrap_session_key(self, issued: TokenAnswer, now: UnixTime) -> Result<Step, Error> {
        let jwe = session_key::read(issued.session_key_jwe.as_deref())?;
        let wrapped = jwe.wrapped_key.clone();
        Ok(Step::unwrap_key(
            wrapped,
            self.context.transcript.clone(),
            move |key| {
                session_key::check(self.context.config.session_key_check, &jwe, &key)?;
                let prt = PrimaryRefreshToken::issued(self, issued, key, now)?;
                Ok(Step::Done(Outcome::Granted(Box::new(prt))))
            },
        ))
    }

    fn send(
        self,
        state: State,
        request: http::Request<Vec<u8>>,
        answered: impl FnOnce(Self, crate::answer::Answer, UnixTime) -> Result<Step, Error> + Send + 'static,
    ) -> Step {
        let transcript = self.context.transcript.clone();
        Step::send(state, request, transcript, move |answer, now| {
            answered(self, answer, now)
        })
    }
}
