//! One exchange with a primary refresh token: a nonce, one `POST` signed with the session key, an answer encrypted with it.
//! [MS-OAPXBC] 3.2.5.1.3.

use rustls_pki_types::UnixTime;

use super::NonceRetry;
use super::context::Context;
use super::token_endpoint::{self, JWT_BEARER};
use crate::aadsts::Advice;
use crate::answer::Answer;
use crate::config::PrtNonce;
use crate::error::Error;
use crate::jose::jwe::Jwe;
use crate::jose::{Integrity, jws};
use crate::prt::PrimaryRefreshToken;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::{ExchangeClaims, TokenAnswer};

/// Lifetime of the signed request, in seconds.
const LIFETIME: u64 = 5 * 60;

/// Purpose of the exchange.
pub(super) trait Purpose: Send + Sized + 'static {
    type Granted: Send + 'static;

    /// The claims in addition to the common ones.
    fn claims<'a>(&'a self, prt: &'a PrimaryRefreshToken, common: ExchangeClaims<'a>) -> ExchangeClaims<'a>;

    /// The form fields in addition to the common ones.
    fn form(&self) -> Vec<(&str, &str)>;

    /// The next step after the answer.
    fn granted(self, used: Used, answer: TokenAnswer) -> Result<Step<Self::Granted>, Error>;
}

/// A token that was used, and how its answer was protected.
pub(super) struct Used {
    pub(super) prt: PrimaryRefreshToken,
    pub(super) context: Context,
    pub(super) integrity: Integrity,
    pub(super) now: UnixTime,
}

/// An exchange in progress.
pub(super) struct Exchanging<P> {
    pub(super) prt: PrimaryRefreshToken,
    pub(super) context: Context,
    pub(super) purpose: P,
    pub(super) nonce_retry: NonceRetry,
}

impl<P: Purpose> Exchanging<P> {
    pub(super) fn start(self, now: UnixTime) -> Result<Step<P::Granted>, Error> {
        match self.context.config.prt_nonce() {
            PrtNonce::Fetched => self.ask_nonce(),
            PrtNonce::Omitted => self.redeem(None, now),
        }
    }

    fn ask_nonce(self) -> Result<Step<P::Granted>, Error> {
        let request = token_endpoint::ask_nonce(&self.context)?;
        let recorder = self.context.recorder.clone();
        Ok(Step::send(
            State::Nonce,
            request,
            recorder,
            |answer, now| match token_endpoint::read_nonce(&self.context.config, &answer)? {
                Ok(nonce) => self.redeem(Some(&nonce), now),
                Err(refusal) => Ok(Step::Done(Outcome::refused(refusal))),
            },
        ))
    }

    fn redeem(mut self, nonce: Option<&str>, now: UnixTime) -> Result<Step<P::Granted>, Error> {
        let ctx = self.context.random.draw();
        let (ctx, _) = ctx.split_at(24);
        let config = &self.context.config;
        let common = ExchangeClaims {
            client_id: config.client_id(),
            scope: config.scope(),
            iss: "aad:brokerplugin",
            iat: now.as_secs(),
            exp: now.as_secs().saturating_add(LIFETIME),
            grant_type: "refresh_token",
            refresh_token: self.prt.token.expose(),
            request_nonce: nonce,
            win_ver: config.os_version(),
            ..ExchangeClaims::default()
        };
        let claims = self.purpose.claims(&self.prt, common);
        let signed = jws::hs256(&self.prt.session_key, self.prt.kdf_version(), ctx, &claims);
        let mut form = vec![
            ("grant_type", JWT_BEARER),
            ("request", signed.as_str()),
            ("client_info", "1"),
        ];
        if let Some(version) = config.windows_api_version() {
            form.push(("windows_api_version", version));
        }
        form.extend(self.purpose.form());
        let request = self.context.post(State::Token, &form)?;
        let recorder = self.context.recorder.clone();
        Ok(Step::send(State::Token, request, recorder, |answer, now| {
            self.read(answer, now)
        }))
    }

    fn read(mut self, answer: Answer, now: UnixTime) -> Result<Step<P::Granted>, Error> {
        let limits = self.context.config.limits();
        let (answer, integrity) = self.open(answer)?;
        if answer.status.is_success() {
            let Self {
                prt,
                context,
                purpose,
                ..
            } = self;
            return purpose.granted(
                Used {
                    prt,
                    context,
                    integrity,
                    now,
                },
                answer.json(limits)?,
            );
        }
        let refusal = answer.refusal(limits)?;
        if refusal.advice() == Advice::RefetchNonce && self.may_retry() {
            self.nonce_retry = NonceRetry::Used;
            return self.ask_nonce();
        }
        Ok(Step::Done(Outcome::refused(refusal)))
    }

    fn may_retry(&self) -> bool {
        self.nonce_retry == NonceRetry::Available && self.context.config.prt_nonce() == PrtNonce::Fetched
    }

    /// The answer, decrypted. Errors are not encrypted.
    fn open(&self, answer: Answer) -> Result<(Answer, Integrity), Error> {
        let changed = |what| Error::ProtocolChanged {
            state: State::Token,
            what,
        };
        let body = answer.body(self.context.config.limits())?;
        let encrypted = core::str::from_utf8(body)
            .ok()
            .filter(|text| text.trim_ascii_start().starts_with("eyJ"));
        let Some(text) = encrypted else {
            return Ok((answer, Integrity::TlsOnly));
        };
        let (plain, integrity) = Jwe::parse(text)
            .and_then(|jwe| jwe.open(&self.prt.session_key))
            .map_err(changed)?;
        Ok((answer.with_body(plain), integrity))
    }
}
