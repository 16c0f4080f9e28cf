//! Renewal of a primary refresh token with itself: [MS-OAPXBC] 3.2.5.1.3.1 with the scope `aza`.

use rustls_pki_types::UnixTime;

use super::context::Context;
use super::exchange::{Exchanging, Purpose, Used};
use super::{NonceRetry, token_endpoint};
use crate::error::Error;
use crate::prt::PrimaryRefreshToken;
use crate::recorder::Kind;
use crate::secret::SessionKey;
use crate::seed::Seed;
use crate::step::{Outcome, Step};
use crate::transcript::Transcript;
use crate::wire::{ExchangeClaims, TokenAnswer};

/// Renewal of a primary refresh token. Made by [`PrimaryRefreshToken::renewal`].
#[must_use = "call start() to begin"]
pub struct Renewal {
    prt: PrimaryRefreshToken,
    transcript: Option<Transcript>,
}

impl PrimaryRefreshToken {
    /// Creates a renewal: a new token in exchange for this one, from the time [`renew_at`](Self::renew_at) on. Keep this one until
    /// the new one is stored.
    ///
    /// ```
    /// # use cba_protocol::{Error, PrimaryRefreshToken, Seed, Step, Transcript};
    /// # use rustls_pki_types::UnixTime;
    /// # fn example(prt: &PrimaryRefreshToken, seed: Seed, now: UnixTime, transcript: &Transcript) -> Result<(), Error> {
    /// if prt.renew_at(now) <= now {
    ///     let step: Step = prt.renewal().with_transcript(transcript).start(seed, now)?;
    /// #   drop(step);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn renewal(&self) -> Renewal {
        Renewal {
            prt: self.clone(),
            transcript: None,
        }
    }
}

impl Renewal {
    /// Records the flow in `transcript`.
    pub fn with_transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = Some(transcript.clone());
        self
    }

    /// Returns the first step. The transport key is needed only if the server replaces the session key.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the request cannot be written.
    pub fn start(self, seed: Seed, now: UnixTime) -> Result<Step, Error> {
        let context = Context::new(Kind::Renewal, self.prt.config.clone(), seed, self.transcript);
        Exchanging {
            prt: self.prt,
            context,
            purpose: Renew,
            nonce_retry: NonceRetry::Available,
        }
        .start(now)
    }
}

struct Renew;

impl Purpose for Renew {
    type Granted = PrimaryRefreshToken;

    fn claims<'a>(&'a self, prt: &'a PrimaryRefreshToken, common: ExchangeClaims<'a>) -> ExchangeClaims<'a> {
        ExchangeClaims {
            previous_refresh_token: Some(prt.token.expose()),
            ..common
        }
    }

    fn form(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn granted(self, used: Used, mut answer: TokenAnswer) -> Result<Step, Error> {
        let Used {
            prt, context, now, ..
        } = used;
        let Some(session_key_jwe) = answer.session_key_jwe.take() else {
            let key = prt.session_key.clone();
            return renewed(prt, answer, key, now);
        };
        let jwe = token_endpoint::read_session_key(Some(&session_key_jwe))?;
        let (wrapped, recorder) = (jwe.wrapped_key.clone(), context.recorder.clone());
        Ok(Step::unwrap_key(wrapped, recorder, move |key| {
            token_endpoint::check_session_key(&context.config, &jwe, &key)?;
            renewed(prt, answer, key, now)
        }))
    }
}

fn renewed(
    prt: PrimaryRefreshToken,
    answer: TokenAnswer,
    session_key: SessionKey,
    now: UnixTime,
) -> Result<Step, Error> {
    let prt = prt.renewed(answer, session_key, now)?;
    Ok(Step::Done(Outcome::Granted(Box::new(prt))))
}
