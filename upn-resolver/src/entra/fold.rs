//! Comparing names as a directory does: without regard to case.

use core::fmt;

/// Whether a directory would take both for the same value.
///
/// ASCII letters are folded, and other characters through their Unicode lower case. Entra user names are ASCII; what
/// Active Directory does with other letters is not published for these attributes. A text in ASCII never equals one
/// that is not, so that U+212A, the Kelvin sign, can't stand in for a `k`.
pub(super) fn equal(left: &str, right: &str) -> bool {
    // Nearly all names are written alike everywhere.
    if left == right {
        return true;
    }
    if left.is_ascii() || right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars()
        .flat_map(char::to_lowercase)
        .eq(right.chars().flat_map(char::to_lowercase))
}

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
