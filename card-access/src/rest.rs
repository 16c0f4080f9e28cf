//! Pause after a failure, before a source is asked again.

use std::time::{Duration, Instant};

/// Pause that doubles with each consecutive failure. A watch polls several times a second; asking a dead source each time would
/// only cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rest {
    last: Duration,
    end: Option<Instant>,
}

impl Rest {
    const MAX_PAUSE: Duration = Duration::from_secs(60);

    /// Extends the pause after one more failure: `first`, then twice the previous pause, at most a minute.
    pub(crate) fn longer(self, first: Duration) -> Self {
        let last = (self.last * 2).clamp(first, Self::MAX_PAUSE);
        Self {
            last,
            end: Instant::now().checked_add(last),
        }
    }

    /// Whether the source may be asked again.
    pub(crate) fn is_over(self) -> bool {
        self.end.is_none_or(|end| end <= Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Rest};

    #[test]
    fn each_failure_in_a_row_doubles_the_pause_up_to_a_minute() {
        const FIRST: Duration = Duration::from_secs(2);
        let seconds = std::iter::successors(Some(Rest::default()), |rest| Some(rest.longer(FIRST)))
            .map(|rest| rest.last.as_secs())
            .take(8);
        assert_eq!(seconds.collect::<Vec<_>>(), [0, 2, 4, 8, 16, 32, 60, 60]);
        assert!(Rest::default().is_over());
        assert!(!Rest::default().longer(FIRST).is_over());
    }
}
