//! The option `--time-limit` of the programs that read all cards.

use std::time::{Duration, Instant};

/// The option `--time-limit`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct TimeLimitOption {
    /// Longest time to wait for readers, cards and modules. Each result is shown as soon as it is known
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: u64,
}

impl TimeLimitOption {
    /// Starts the time of this run.
    #[must_use]
    pub fn start(self) -> TimeLimit {
        TimeLimit {
            begun: Instant::now(),
            limit: Duration::from_secs(self.time_limit),
        }
    }
}

/// A running time limit.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit {
    begun: Instant,
    limit: Duration,
}

impl TimeLimit {
    /// Time in which working readers and modules answer. A listing waits this long before it is shown without the missing parts, so
    /// that a card is shown with all backends that reach it.
    pub const GRACE: Duration = Duration::from_millis(500);

    /// The remaining time.
    #[must_use]
    pub fn left(self) -> Duration {
        self.limit.saturating_sub(self.begun.elapsed())
    }
}
