//! Comparison of printed names with a text, without regard to case.

use core::fmt;

pub(super) use crate::fold::equal;

/// Whether what `printed` prints is the text, without regard to case and without a copy of it.
pub(super) fn prints(text: &str, printed: impl fmt::Display) -> bool {
    let mut rest = Unmatched(text);
    fmt::Write::write_fmt(&mut rest, format_args!("{printed}")).is_ok() && rest.0.is_empty()
}

/// Takes what is written off the front of the text, as long as it agrees.
struct Unmatched<'t>(&'t str);

impl fmt::Write for Unmatched<'_> {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        let (front, rest) = self.0.split_at_checked(written.len()).ok_or(fmt::Error)?;
        if !equal(front, written) {
            return Err(fmt::Error);
        }
        self.0 = rest;
        Ok(())
    }
}
