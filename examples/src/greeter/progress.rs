//! How far a sign-in is.

use std::time::Duration;

use cba_protocol::State;

/// The steps of the protocol in their order, as people call them.
pub(super) const STEPS: [(State, &str); 7] = [
    (State::Realm, "realm"),
    (State::Metadata, "metadata"),
    (State::Nonce, "nonce"),
    (State::Assertion, "card signature"),
    (State::Request, "device signature"),
    (State::Token, "token"),
    (State::SessionKey, "session key"),
];

/// The steps that were reached, with the time since the start.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    reached: Vec<(State, Duration)>,
    ended: Option<Duration>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It took so long; all its turns together, when there were several.
    Done(Duration),
    /// The sign-in ended in it.
    Failed,
    /// It is not its turn yet.
    Pending,
    /// It is going on.
    Running,
    /// It was not needed.
    Skipped,
}

impl Progress {
    pub(super) fn reach(&mut self, state: State, at: Duration) {
        self.reached.push((state, at));
    }

    pub(super) fn end(&mut self, at: Duration) {
        self.ended = Some(at);
    }

    /// How often a step was begun: a stale nonce or another name begins one again.
    pub(super) fn turns(&self, step: State) -> usize {
        self.reached.iter().filter(|(state, _)| *state == step).count()
    }

    pub(super) fn standing(&self, step: State) -> Standing {
        let is_last = |state: State| self.reached.last().is_some_and(|(last, _)| *last == state);
        if self.turns(step) > 0 {
            return match self.ended {
                _ if !is_last(step) => Standing::Done(self.spent(step)),
                Some(_) => Standing::Failed,
                None => Standing::Running,
            };
        }
        let order = |state: State| STEPS.iter().position(|(step, _)| *step == state);
        let passed = self.reached.iter().any(|(state, _)| match order(*state) {
            Some(at) => order(step).is_some_and(|this| at > this),
            None => true,
        });
        if passed {
            Standing::Skipped
        } else {
            Standing::Pending
        }
    }

    fn spent(&self, step: State) -> Duration {
        let ends = self.reached.iter().skip(1).map(|(_, at)| *at).chain(self.ended);
        let turns = self.reached.iter().zip(ends);
        turns
            .filter(|((state, _), _)| *state == step)
            .map(|((_, begun), ended)| ended.saturating_sub(*begun))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cba_protocol::State;

    use super::{Progress, Standing};

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_step_is_pending_then_running_then_done() {
        let mut progress = Progress::default();
        assert_eq!(progress.standing(State::Realm), Standing::Pending);
        progress.reach(State::Realm, ms(0));
        assert_eq!(progress.standing(State::Realm), Standing::Running);
        progress.reach(State::Nonce, ms(7));
        assert_eq!(progress.standing(State::Realm), Standing::Done(ms(7)));
        assert_eq!(progress.standing(State::Metadata), Standing::Skipped);
        assert_eq!(progress.standing(State::Token), Standing::Pending);
        progress.end(ms(9));
        assert_eq!(progress.standing(State::Nonce), Standing::Failed);
    }

    #[test]
    fn the_turns_of_a_step_add_up() {
        let mut progress = Progress::default();
        for (state, at) in [
            (State::Nonce, 0),
            (State::Token, 5),
            (State::Nonce, 8),
            (State::Token, 10),
            (State::Granted, 20),
        ] {
            progress.reach(state, ms(at));
        }
        progress.end(ms(21));
        assert_eq!(progress.standing(State::Nonce), Standing::Done(ms(7)));
        assert_eq!(progress.standing(State::Token), Standing::Done(ms(13)));
        assert_eq!(progress.turns(State::Token), 2);
    }
}
