//! How far an operation has come, seen by who waits for it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::features::PAD_SECONDS;

/// What the thread waits for, and since when.
#[derive(Default)]
pub(super) struct Progress(Mutex<State>);

#[derive(Default)]
struct State {
    at: Option<(Phase, Instant)>,
    given_up: bool,
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

/// The operation was given up: nothing more is to be sent.
#[derive(Debug)]
pub(super) struct GivenUp;

impl Progress {
    /// Notes what is waited for from now on.
    pub(super) fn enter(&self, phase: Phase) {
        self.state().at = Some((phase, Instant::now()));
    }

    /// The same, for what must not happen after the operation was given up.
    pub(super) fn try_enter(&self, phase: Phase) -> Result<(), GivenUp> {
        let mut state = self.state();
        if state.given_up {
            return Err(GivenUp);
        }
        state.at = Some((phase, Instant::now()));
        Ok(())
    }

    /// How long it may go on; when it took too long, the operation is given up, and what it waits for is told.
    pub(super) fn patience(&self, limit: Duration) -> Result<Duration, Phase> {
        let mut state = self.state();
        let (phase, since) = state.at.unwrap_or((Phase::Waiting, Instant::now()));
        let limit = match phase {
            // The reader itself gives up when the user does nothing.
            Phase::AtPinPad => limit + Duration::from_secs(PAD_SECONDS.into()),
            Phase::Beginning | Phase::Transmitting | Phase::Waiting => limit,
        };
        match limit.checked_sub(since.elapsed()) {
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

#[cfg(test)]
mod tests {
    use super::{Duration, Phase, Progress};

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
}
