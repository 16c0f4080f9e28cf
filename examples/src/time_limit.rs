//! The option `--time-limit` of the programs that look at every card.

use std::time::{Duration, Instant};

/// The limit of one run.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct TimeLimitOption {
    /// Longest time to wait for readers, cards and modules. What answers is shown at once
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: u64,
}

impl TimeLimitOption {
    /// The time of this run, from now on.
    #[must_use]
    pub fn start(self) -> TimeLimit {
        TimeLimit {
            begun: Instant::now(),
            limit: Duration::from_secs(self.time_limit),
        }
    }
}

/// A limit that runs.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit {
    begun: Instant,
    limit: Duration,
}

impl TimeLimit {
    /// How long everything may take before what is there is shown without the rest: a reader and a module that work answer
    /// within it, so that a card comes with all the backends that reach it.
    pub const GRACE: Duration = Duration::from_millis(500);

    /// The time that is left.
    #[must_use]
    pub fn left(self) -> Duration {
        self.limit.saturating_sub(self.begun.elapsed())
    }
}
