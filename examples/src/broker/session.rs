//! The signed-in session: the primary refresh token, its renewal, and what is made of it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cba_protocol::aadsts::Advice;
use cba_protocol::{
    AccessToken, Config, Freshness, Outcome, PrimaryRefreshToken, Seed, SsoContext, SsoCredential,
};
use rustls_pki_types::UnixTime;

use super::account::Account;
use super::exchange::drive;
use super::failure::{Failure, Status};
use super::log;
use super::request::TokenRequest;
use super::store::{Store, StoreError};
use super::timer::Timer;
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;

/// First pause after a renewal that failed; each failure doubles it.
const FIRST_PAUSE: u64 = 60;
/// Longest pause after a renewal that failed.
const LONGEST_PAUSE: u64 = 30 * 60;
/// Longest time without a renewal, also if the clock was set back.
const LONGEST_INTERVAL: u64 = 4 * 60 * 60;

/// The session, shared by all threads.
pub(super) struct Session {
    config: Config,
    device: SoftwareDevice,
    http: HttpClient,
    store: Option<Store>,
    timer: Timer,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Counts the tokens that were handed over or dropped.
    version: u64,
    next_renewal: Option<UnixTime>,
    failures: u32,
}

/// The token and its account.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) prt: Arc<PrimaryRefreshToken>,
    pub(super) account: Arc<Account>,
    /// Reader of the card that signed in.
    pub(super) card: Option<String>,
}

impl Session {
    /// A session with the stored token, if there is a usable one. Nothing is changed yet.
    pub(super) fn open(
        config: Config,
        device: SoftwareDevice,
        http: HttpClient,
        store: Option<Store>,
        timer: Timer,
    ) -> Self {
        let session = Self {
            config,
            device,
            http,
            store,
            timer,
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        match session.store.as_ref().map(|store| store.read(&session.config)) {
            Some(Ok(Some((prt, card)))) => match session.checked(prt, card) {
                Ok(held) => {
                    log(format_args!(
                        "continuing with the stored token of {}",
                        held.account.username()
                    ));
                    session.hold(&mut session.state(), held);
                }
                Err(failure) => log(format_args!("the stored token is not usable: {failure}")),
            },
            Some(Err(error)) => log(format_args!("the stored token is not usable: {error}")),
            Some(Ok(None)) | None => {}
        }
        session
    }

    /// Removes what is stored but cannot be used. Called by the one process that has the name.
    pub(super) fn tidy(&self) {
        let state = self.state();
        if state.held.is_none()
            && let Some(Err(error)) = self.store.as_ref().map(Store::remove)
        {
            log(format_args!("the stored token was not removed: {error}"));
        }
    }

    /// Takes over a token. It is stored when this returns.
    pub(super) fn take(&self, prt: PrimaryRefreshToken, card: Option<String>) -> Result<Held, TakeError> {
        let held = self.checked(prt, card).map_err(TakeError::Unusable)?;
        let mut state = self.state();
        if let Some(store) = &self.store {
            store.write(
                &held.prt,
                held.card.as_deref(),
                seed().map_err(TakeError::Unusable)?,
            )?;
        }
        self.hold(&mut state, held.clone());
        self.changed.notify_all();
        Ok(held)
    }

    /// Drops the token and what is stored of it. Returns it if there was one.
    pub(super) fn discard(&self, reason: &str) -> Option<Held> {
        let mut state = self.state();
        self.discard_in(&mut state, reason)
    }

    /// The token, if it is there and has not expired.
    pub(super) fn held(&self) -> Option<Held> {
        let mut state = self.state();
        let expires = state.held.as_ref()?.prt.expires_at();
        if expires.is_some_and(|at| at <= UnixTime::now()) {
            self.discard_in(&mut state, "it has expired");
        }
        state.held.clone()
    }

    /// An access token. Sends two requests.
    pub(super) fn token(&self, held: &Held, asked: &TokenRequest) -> Result<AccessToken, Failure> {
        let mut request = held.prt.token_request(&asked.client_id, &asked.scopes.join(" "));
        if let Some(uri) = &asked.redirect_uri {
            request = request.with_redirect_uri(uri);
        }
        if let Some(claims) = &asked.claims {
            request = request.with_claims(claims);
        }
        let step = request
            .start(seed()?, UnixTime::now())
            .map_err(|error| Failure::protocol(&error))?;
        match drive(step, &self.http, &self.device)? {
            Outcome::Granted(token) => Ok(*token),
            outcome => {
                // A refusal for one application leaves the token alone.
                if advice(&outcome) == Some(Advice::DropPrt) {
                    self.discard_if(held, "the authority no longer accepts it");
                }
                Err(Failure::not_granted(&outcome))
            }
        }
    }

    /// Number of the present state, for [`wait_for_token`](Self::wait_for_token).
    pub(super) fn version(&self) -> u64 {
        self.state().version
    }

    /// Waits until a token is handed over or dropped after `version`. Returns the number of that state.
    pub(super) fn wait_for_change(&self, version: u64) -> u64 {
        let state = self
            .changed
            .wait_while(self.state(), |state| state.version == version);
        state.unwrap_or_else(PoisonError::into_inner).version
    }

    /// Waits until a token is handed over after `version`, or for this time.
    pub(super) fn wait_for_token(&self, version: u64, limit: Duration) -> Option<Held> {
        let end = Instant::now() + limit;
        let mut state = self.state();
        loop {
            if state.version != version && state.held.is_some() {
                return state.held.clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Time of the next renewal.
    pub(super) fn next_renewal(&self) -> Option<UnixTime> {
        self.state().next_renewal
    }

    /// Whether tokens are stored.
    pub(super) fn stores(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Renews the token whenever it is due. Never returns.
    pub(super) fn keep_renewed(&self) -> ! {
        loop {
            let due = self.due(UnixTime::now());
            match due {
                Some(held) => self.renew(&held),
                None => self.timer.wait(),
            }
        }
    }

    /// The token if its renewal is due. Sets the timer otherwise.
    fn due(&self, now: UnixTime) -> Option<Held> {
        let mut state = self.state();
        let next = state.next_renewal.map(|at| at.min(after(now, LONGEST_INTERVAL)));
        state.next_renewal = next;
        if next.is_some_and(|at| at <= now) {
            return state.held.clone();
        }
        self.timer.set(next);
        None
    }

    fn renew(&self, held: &Held) {
        let step = seed().and_then(|seed| {
            let started = held.prt.renewal().start(seed, UnixTime::now());
            started.map_err(|error| Failure::protocol(&error))
        });
        let outcome = step.and_then(|step| drive(step, &self.http, &self.device));
        let (problem, ends) = match outcome {
            Ok(Outcome::Granted(prt)) => match self.renewed(held, *prt) {
                Ok(()) => return,
                Err(problem) => (problem, false),
            },
            Ok(outcome) => (
                Failure::not_granted(&outcome).to_string(),
                matches!(advice(&outcome), Some(Advice::DropPrt | Advice::SignInAgain)),
            ),
            Err(failure) => (failure.to_string(), false),
        };
        log(format_args!("the token was not renewed: {problem}"));
        if ends {
            self.discard_if(held, "the authority no longer accepts it");
            return;
        }
        let mut state = self.state();
        let pause = FIRST_PAUSE << state.failures.min(5);
        state.failures += 1;
        // The token may have been dropped or replaced meanwhile.
        if state.held.as_ref().is_some_and(|now| now.is(held)) {
            state.next_renewal = Some(after(UnixTime::now(), pause.min(LONGEST_PAUSE)));
        }
    }

    /// Puts the renewed token in place of the old one, unless that was replaced or dropped meanwhile.
    fn renewed(&self, old: &Held, prt: PrimaryRefreshToken) -> Result<(), String> {
        let new = self
            .checked(prt, old.card.clone())
            .map_err(|failure| failure.to_string())?;
        let mut state = self.state();
        if !state.held.as_ref().is_some_and(|now| now.is(old)) {
            return Ok(());
        }
        if let Some(store) = &self.store {
            let seed = seed().map_err(|failure| failure.to_string())?;
            let written = store.write(&new.prt, new.card.as_deref(), seed);
            written.map_err(|error| error.to_string())?;
        }
        log(format_args!(
            "the token of {} was renewed",
            new.account.username()
        ));
        let version = state.version;
        self.hold(&mut state, new);
        state.version = version;
        Ok(())
    }

    /// Checks that the token can be used here.
    fn checked(&self, prt: PrimaryRefreshToken, card: Option<String>) -> Result<Held, Failure> {
        if prt.device().certificate() != self.device.certificate() {
            return Err(Failure::new(
                Status::IncorrectConfiguration,
                "the token is of another device; use the same device file for the broker and the sign-in",
            ));
        }
        if prt.expires_at().is_some_and(|at| at <= UnixTime::now()) {
            return Err(Failure::new(
                Status::InteractionRequired,
                "the token has expired; sign in again",
            ));
        }
        let account = Account::of(&prt, self.config.cloud()).ok_or_else(|| {
            Failure::new(
                Status::ServerTemporarilyUnavailable,
                "the token does not name the ids of its user, without which clients accept no account",
            )
        })?;
        Ok(Held {
            prt: Arc::new(prt),
            account: Arc::new(account),
            card,
        })
    }

    fn hold(&self, state: &mut State, held: Held) {
        state.version += 1;
        state.failures = 0;
        state.next_renewal = Some(held.prt.renew_at(UnixTime::now()));
        state.held = Some(held);
        self.timer.set(state.next_renewal);
    }

    fn discard_if(&self, held: &Held, reason: &str) {
        let mut state = self.state();
        if state.held.as_ref().is_some_and(|now| now.is(held)) {
            self.discard_in(&mut state, reason);
        }
    }

    fn discard_in(&self, state: &mut State, reason: &str) -> Option<Held> {
        let held = state.held.take();
        state.version += 1;
        self.changed.notify_all();
        state.next_renewal = None;
        self.timer.set(None);
        if let Some(Err(error)) = self.store.as_ref().map(Store::remove) {
            log(format_args!("the stored token was not removed: {error}"));
        }
        if let Some(held) = &held {
            let user = held.account.username();
            log(format_args!("the token of {user} was dropped: {reason}"));
        }
        held
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// A cookie for the sign-in page, with the nonce or else the time.
    pub(super) fn cookie(&self, nonce: Option<&str>) -> Result<SsoCredential, Failure> {
        let freshness = nonce.map_or_else(|| Freshness::IssuedAt(UnixTime::now()), Freshness::Nonce);
        Ok(self.prt.sso(freshness, SsoContext::default(), seed()?))
    }

    /// Whether it is this token and not another one of the same user.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.prt, &other.prt)
    }
}

/// Reason why a token was not taken over.
#[derive(Debug, thiserror::Error)]
pub(super) enum TakeError {
    #[error("the token was not stored: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Unusable(Failure),
}

/// Fresh randomness.
pub(super) fn seed() -> Result<Seed, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::randomness)?;
    Ok(Seed::from(seed))
}

fn after(time: UnixTime, seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(time.as_secs().saturating_add(seconds)))
}

/// The first step to try after a refusal.
fn advice<T>(outcome: &Outcome<T>) -> Option<Advice> {
    match outcome {
        Outcome::Interaction(interaction) => Some(interaction.refusal.advice()),
        Outcome::Refused(refusal) => Some(refusal.advice()),
        _ => None,
    }
}
