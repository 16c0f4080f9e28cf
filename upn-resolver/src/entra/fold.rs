//! Case-insensitive comparison of a formatted name with a text.

use core::fmt;

pub(super) use crate::fold::equal;

/// Whether `printed` formats to the text, without regard to case and without allocating.
pub(super) fn prints(text: &str, printed: impl fmt::Display) -> bool {
    let mut rest = Unmatched(text);
    fmt::Write::write_fmt(&mut rest, format_args!("{printed}")).is_ok() && rest.0.is_empty()
}

/// Strips what is written from the front of the text, as long as it matches.
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
