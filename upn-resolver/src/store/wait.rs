//! Waiting for other processes, up to a bound.

use std::thread;
use std::time::{Duration, Instant};

/// Between two tries. Short, so that of several writers none is left behind for long.
const PAUSE: Duration = Duration::from_millis(3);

/// How long an operation may wait for other processes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    start: Instant,
    wait: Duration,
}

impl Deadline {
    pub(super) fn after(wait: Duration) -> Self {
        Self {
            start: Instant::now(),
            wait,
        }
    }

    /// Tries again while another process is in the way, and gives the last answer once the time is over. There is always one try.
    pub(super) fn retry<T>(self, mut attempt: impl FnMut() -> T, is_busy: impl Fn(&T) -> bool) -> T {
        loop {
            let outcome = attempt();
            if !is_busy(&outcome) || self.start.elapsed() >= self.wait {
                return outcome;
            }
            thread::sleep(PAUSE);
        }
    }
}
