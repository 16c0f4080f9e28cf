//! Limit on the key derivations of one file.

use super::MAX_ITERATIONS;
use super::fault::Fault;

/// Iterations of key derivation that a file may still use.
///
/// A file states the number itself, for each of its parts. Every part is charged before any key of its level is derived, so a
/// file that asks for too much is refused at no cost.
pub(super) struct Budget(u32);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MAX_ITERATIONS)
    }

    /// A smaller budget, so that fuzzing is not slowed down by key derivations.
    #[cfg(fuzzing)]
    pub(super) fn of(iterations: u32) -> Self {
        Self(iterations)
    }

    pub(super) fn charge(&mut self, iterations: u32) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(iterations).ok_or(Fault::Unsupported(
            "a key file with more than ten million iterations",
        ))?;
        Ok(())
    }
}
