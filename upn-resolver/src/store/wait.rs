//! Waiting for other processes, with a limit.

use std::thread;
use std::time::{Duration, Instant};

/// Pause between two attempts. It is short so that no writer is delayed for long.
const PAUSE: Duration = Duration::from_millis(3);

/// Limit on how long an operation waits for other processes.
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

    /// Retries while another process is in the way, and returns the last result when the time is over. It tries at
    /// least once.
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
