//! How long a module that failed is left alone.

use std::time::{Duration, Instant};

/// A watch asks several times a second, and to start a dead module anew each time would cost more than it could show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    last: Duration,
    end: Option<Instant>,
}

impl Rest {
    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_secs(60);

    /// After a failure: twice as long as the time before.
    pub(super) fn longer(self) -> Self {
        let last = (self.last * 2).clamp(Self::FIRST, Self::LONGEST);
        Self {
            last,
            end: Instant::now().checked_add(last),
        }
    }

    pub(super) fn is_over(self) -> bool {
        self.end.is_none_or(|end| end <= Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::Rest;

    #[test]
    fn each_failure_in_a_row_doubles_the_rest_up_to_a_minute() {
        let seconds = std::iter::successors(Some(Rest::default()), |rest| Some(rest.longer()))
            .map(|rest| rest.last.as_secs())
            .take(8);
        assert_eq!(seconds.collect::<Vec<_>>(), [0, 2, 4, 8, 16, 32, 60, 60]);
        assert!(Rest::default().is_over());
        assert!(!Rest::default().longer().is_over());
    }
}
