//! Progress of an operation, as seen by the thread that waits for it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::features::PAD_SECONDS;
use crate::{ErrorKind, ListRequest, Traffic};

/// What the operation waits for, and since when.
#[derive(Default)]
pub(super) struct Progress(Mutex<State>);

#[derive(Default)]
struct State {
    at: Option<(Phase, Instant)>,
    /// Start of the operation.
    begun: Option<Instant>,
    given_up: bool,
    traffic: Traffic,
    /// Request that cancels the operation.
    request: Option<ListRequest>,
}

/// What an operation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The user at the reader's PIN pad.
    AtPinPad,
    /// Its turn with the card.
    Beginning,
    /// The card.
    Transmitting,
    /// Its thread.
    Waiting,
}

/// The operation was given up: nothing more may be sent.
#[derive(Debug)]
pub(super) struct GivenUp;

/// Limit for an operation, as a multiple of the limit for an answer. Without it, a card that answers each command just in time
/// could block its caller without end.
const MAX_ANSWERS: u32 = 20;

impl Phase {
    /// Error for a caller that stops waiting.
    pub(super) fn late(self) -> ErrorKind {
        match self {
            Self::Beginning => ErrorKind::Busy,
            Self::AtPinPad | Self::Transmitting | Self::Waiting => ErrorKind::TimedOut,
        }
    }
}

impl Progress {
    /// Progress of an operation for a request, which ends when the request is cancelled.
    pub(super) fn of(request: &ListRequest) -> Self {
        Self(Mutex::new(State {
            request: Some(request.clone()),
            ..State::default()
        }))
    }

    /// Whether the operation can be cancelled by a request.
    pub(super) fn is_cancellable(&self) -> bool {
        self.state().request.is_some()
    }

    /// Gives the operation up: nothing more may be sent. Returns what it was waiting for.
    pub(super) fn give_up(&self) -> Phase {
        let mut state = self.state();
        state.given_up = true;
        state.at.map_or(Phase::Waiting, |(phase, _)| phase)
    }

    /// Whether the operation was given up.
    pub(super) fn is_given_up(&self) -> bool {
        self.state().is_given_up()
    }

    /// Waits for the end of another operation, and for what that one waits for.
    pub(super) fn wait_as(&self, other: &Self) {
        let phase = other.state().at.map_or(Phase::Waiting, |(phase, _)| phase);
        let mut state = self.state();
        let since = state.at.map_or_else(Instant::now, |(_, since)| since);
        state.set(phase, since);
    }

    /// Records the start of an operation, which waits for its thread.
    pub(super) fn begin(&self) {
        let (mut state, now) = (self.state(), Instant::now());
        state.set(Phase::Waiting, now);
        state.begun = Some(now);
    }

    /// Records what the operation waits for from now on.
    pub(super) fn enter(&self, phase: Phase) {
        self.state().set(phase, Instant::now());
    }

    /// The same, for steps that must not happen after the operation was given up.
    pub(super) fn try_enter(&self, phase: Phase) -> Result<(), GivenUp> {
        let mut state = self.state();
        if state.is_given_up() {
            return Err(GivenUp);
        }
        state.set(phase, Instant::now());
        Ok(())
    }

    /// Counts a command and its response.
    pub(super) fn count(&self, sent: usize, received: usize) {
        self.state().traffic.count(sent, received);
    }

    /// Number of commands and bytes so far.
    pub(super) fn traffic(&self) -> Traffic {
        self.state().traffic
    }

    /// Remaining time. After its end, the operation is abandoned, and the thing that it waited for is returned.
    pub(super) fn patience(&self, limit: Duration) -> Result<Duration, Phase> {
        let mut state = self.state();
        let now = Instant::now();
        let (phase, since) = state.at.unwrap_or((Phase::Waiting, now));
        // The reader itself stops waiting when the user does nothing.
        let pad = Duration::from_secs(match phase {
            Phase::AtPinPad => PAD_SECONDS.into(),
            Phase::Beginning | Phase::Transmitting | Phase::Waiting => 0,
        });
        let left = |limit: Duration, since: Instant| limit.saturating_add(pad).checked_sub(since.elapsed());
        let whole = left(limit.saturating_mul(MAX_ANSWERS), state.begun.unwrap_or(now));
        match left(limit, since)
            .zip(whole)
            .map(|(answer, whole)| answer.min(whole))
        {
            Some(left) if !left.is_zero() => Ok(left),
            _ => {
                state.given_up = true;
                Err(phase)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set(&mut self, phase: Phase, now: Instant) {
        self.at = Some((phase, now));
        if let Some(request) = &self.request {
            request.set_timeout_error(phase.late());
        }
    }

    fn is_given_up(&self) -> bool {
        self.given_up || self.request.as_ref().is_some_and(ListRequest::is_cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, Phase, Progress};

    #[test]
    fn what_gets_on_is_waited_for_and_what_does_not_is_given_up() {
        let progress = Progress::default();
        progress.enter(Phase::Transmitting);
        assert!(progress.patience(Duration::from_secs(60)).is_ok());
        progress.try_enter(Phase::AtPinPad).unwrap();
        assert!(
            progress.patience(Duration::ZERO).is_ok(),
            "the pad has its own time"
        );
        progress.try_enter(Phase::Beginning).unwrap();
        assert_eq!(progress.patience(Duration::ZERO), Err(Phase::Beginning));
        assert!(progress.try_enter(Phase::Transmitting).is_err());
    }

    #[test]
    fn a_card_that_gets_on_without_end_is_given_up_too() {
        let (progress, limit) = (Progress::default(), Duration::from_millis(10));
        progress.begin();
        let (begun, mut slowest, mut last) = (Instant::now(), Duration::ZERO, Instant::now());
        while progress.try_enter(Phase::Transmitting).is_ok() && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(1));
            let _ = progress.patience(limit);
            slowest = slowest.max(last.elapsed());
            last = Instant::now();
        }
        assert!(progress.try_enter(Phase::Transmitting).is_err());
        // On a busy machine one answer may have taken too long.
        assert!(begun.elapsed() >= limit * super::MAX_ANSWERS || slowest >= limit);
    }
}
