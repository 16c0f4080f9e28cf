//! Renewing the primary refresh token with itself: [MS-OAPXBC] 3.2.5.1.3.1 with the scope `aza`.

use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::exchange::{Exchanging, Purpose, Used};
use super::{IdToken, KerberosTickets, PrimaryRefreshToken};
use crate::flow::context::Context;
use crate::flow::{Replacement, State, session_key};
use crate::wire::{ExchangeClaims, TokenAnswer};
use crate::{Error, Outcome, Seed, SessionKey, Step, Transcript};

/// A renewal. Begin with [`PrimaryRefreshToken::renewal`].
#[must_use = "call start() to begin"]
pub struct Renewal {
    prt: PrimaryRefreshToken,
    transcript: Transcript,
}

impl PrimaryRefreshToken {
    /// Asks for a new token in exchange for this one, when [`renew_at`](Self::renew_at) has come. Keep this one until the new one is
    /// stored.
    ///
    /// ```
    /// # use cba_protocol::{Error, PrimaryRefreshToken, Seed, Step, Transcript};
    /// # use rustls_pki_types::UnixTime;
    /// # fn example(prt: &PrimaryRefreshToken, seed: Seed, now: UnixTime, transcript: &Transcript) -> Result<(), Error> {
    /// if prt.renew_at(now) <= now {
    ///     let step: Step = prt.renewal().transcript(transcript).start(seed, now)?;
    /// #   drop(step);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn renewal(&self) -> Renewal {
        Renewal {
            prt: self.clone(),
            transcript: Transcript::default(),
        }
    }
}

impl Renewal {
    /// Writes along in this transcript.
    pub fn transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = transcript.clone();
        self
    }

    /// The first step. The transport key is asked for only when the server rolls the session key.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] when the request cannot be written.
    pub fn start(self, seed: Seed, now: UnixTime) -> Result<Step, Error> {
        let context = Context::new(self.prt.config.clone(), seed, self.transcript);
        Exchanging {
            prt: self.prt,
            context,
            purpose: Renew,
            replacement: Replacement::Left,
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
        let Some(session_key_jwe) = answer.session_key_jwe.take() else {
            let key = used.prt.session_key.clone();
            return renewed(used, answer, key);
        };
        let jwe = session_key::read(Some(&session_key_jwe))?;
        let wrapped = jwe.wrapped_key.clone();
        Ok(Step::unwrap_key(
            wrapped,
            used.context.transcript.clone(),
            move |key| {
                session_key::check(used.context.config.session_key_check, &jwe, &key)?;
                renewed(used, answer, key)
            },
        ))
    }
}

fn renewed(used: Used, answer: TokenAnswer, session_key: SessionKey) -> Result<Step, Error> {
    let missing = Error::ProtocolChanged {
        state: State::Token,
        what: "the answer has no refresh_token",
    };
    let kerberos = KerberosTickets::read(&answer, &session_key);
    let old = used.prt;
    Ok(Step::Done(Outcome::Granted(Box::new(PrimaryRefreshToken {
        token: answer
            .refresh_token
            .filter(|token| !token.expose().is_empty())
            .ok_or(missing)?,
        session_key,
        // [MS-OAPXBC] 3.2.5.1.3.2: `token_type` of this answer describes the access token, and is `bearer`.
        token_type: old.token_type,
        issued_at: used.now,
        lifetime: answer
            .refresh_token_expires_in
            .map(Duration::from_secs)
            .or(old.lifetime),
        kerberos,
        id_token: answer
            .id_token
            .as_deref()
            .and_then(IdToken::read)
            .or(old.id_token),
        ..old
    }))))
}
