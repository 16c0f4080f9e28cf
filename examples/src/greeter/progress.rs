//! Progress of a sign-in.

use std::time::Duration;

use cba_protocol::State;

/// The steps of the protocol in their order, with their display names.
const SIGN_IN: [(State, &str); 7] = [
    (State::Realm, "realm"),
    (State::Metadata, "metadata"),
    (State::Nonce, "nonce"),
    (State::Assertion, "card signature"),
    (State::Request, "device signature"),
    (State::Token, "token"),
    (State::SessionKey, "session key"),
];

/// The steps of a join in their order.
const JOIN: [(State, &str); 10] = [
    (State::Authorize, "sign-in page"),
    (State::CredentialType, "credentials"),
    (State::CertificateSignIn, "card in TLS"),
    (State::Login, "login"),
    (State::Interrupt, "stay signed in"),
    (State::Token, "access token"),
    (State::Discovery, "discovery"),
    (State::Keys, "device keys"),
    (State::CertificateRequest, "device signature"),
    (State::Registration, "registration"),
];

/// The steps that were reached, with the time since the start.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    steps: &'static [(State, &'static str)],
    reached: Vec<(State, Duration)>,
    ended: Option<Duration>,
}

/// Status of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepStatus {
    /// Completed; the duration of all its runs.
    Done(Duration),
    /// The sign-in ended in this step.
    Failed,
    /// Not reached yet.
    Pending,
    /// Running.
    Running,
    /// Not needed.
    Skipped,
}

impl Default for Progress {
    /// Of a sign-in.
    fn default() -> Self {
        Self::of(&SIGN_IN)
    }
}

impl Progress {
    /// Of a join.
    pub(super) fn of_join() -> Self {
        Self::of(&JOIN)
    }

    fn of(steps: &'static [(State, &'static str)]) -> Self {
        Self {
            steps,
            reached: Vec::new(),
            ended: None,
        }
    }

    /// The steps in their order, with their display names.
    pub(super) fn steps(&self) -> impl Iterator<Item = (State, &'static str)> {
        self.steps.iter().copied()
    }

    pub(super) fn reach(&mut self, state: State, at: Duration) {
        self.reached.push((state, at));
    }

    pub(super) fn end(&mut self, at: Duration) {
        self.ended = Some(at);
    }

    /// How often a step was started. A stale nonce or another name starts it again.
    pub(super) fn runs(&self, step: State) -> usize {
        self.reached.iter().filter(|(state, _)| *state == step).count()
    }

    pub(super) fn status(&self, step: State) -> StepStatus {
        let is_last = |state: State| self.reached.last().is_some_and(|(last, _)| *last == state);
        if self.runs(step) > 0 {
            return match self.ended {
                _ if !is_last(step) => StepStatus::Done(self.duration(step)),
                Some(_) => StepStatus::Failed,
                None => StepStatus::Running,
            };
        }
        let order = |state: State| self.steps.iter().position(|(step, _)| *step == state);
        let passed = self.reached.iter().any(|(state, _)| match order(*state) {
            Some(at) => order(step).is_some_and(|this| at > this),
            None => true,
        });
        if passed {
            StepStatus::Skipped
        } else {
            StepStatus::Pending
        }
    }

    fn duration(&self, step: State) -> Duration {
        let ends = self.reached.iter().skip(1).map(|(_, at)| *at).chain(self.ended);
        let runs = self.reached.iter().zip(ends);
        runs.filter(|((state, _), _)| *state == step)
            .map(|((_, begun), ended)| ended.saturating_sub(*begun))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cba_protocol::State;

    use super::{Progress, StepStatus};

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_step_is_pending_then_running_then_done() {
        let mut progress = Progress::default();
        assert_eq!(progress.status(State::Realm), StepStatus::Pending);
        progress.reach(State::Realm, ms(0));
        assert_eq!(progress.status(State::Realm), StepStatus::Running);
        progress.reach(State::Nonce, ms(7));
        assert_eq!(progress.status(State::Realm), StepStatus::Done(ms(7)));
        assert_eq!(progress.status(State::Metadata), StepStatus::Skipped);
        assert_eq!(progress.status(State::Token), StepStatus::Pending);
        progress.end(ms(9));
        assert_eq!(progress.status(State::Nonce), StepStatus::Failed);
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
        assert_eq!(progress.status(State::Nonce), StepStatus::Done(ms(7)));
        assert_eq!(progress.status(State::Token), StepStatus::Done(ms(13)));
        assert_eq!(progress.runs(State::Token), 2);
    }
}
