//! Bounds on the rate of calls, so that one program does not occupy the broker or have the account throttled.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Tokens that refill with time; a call takes one.
pub(super) struct Rate {
    per_second: f64,
    most: f64,
    state: Mutex<(f64, Instant)>,
}

impl Rate {
    /// `per_second` calls in the long run, and four seconds' worth at once.
    pub(super) fn new(per_second: f64) -> Self {
        let most = (per_second * 4.0).max(1.0);
        Self {
            per_second,
            most,
            state: Mutex::new((most, Instant::now())),
        }
    }

    /// Whether a call is allowed now.
    pub(super) fn allows(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, last) = *state;
        let now = Instant::now();
        let left = (now.duration_since(last).as_secs_f64())
            .mul_add(self.per_second, left)
            .min(self.most);
        let allowed = left >= 1.0;
        *state = (if allowed { left - 1.0 } else { left }, now);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn a_burst_is_cut_off_at_four_seconds_worth() {
        let rate = Rate::new(2.0);
        let allowed = (0..100).filter(|_| rate.allows()).count();
        assert!((8..12).contains(&allowed), "{allowed}");
    }
}
