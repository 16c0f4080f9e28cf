//! Text of others in messages: readers, modules and files may be called anything.

use std::fmt::{self, Write as _};

use upn_resolver::certificate::NameProblem;

/// Text on one line, with every character written out that steers a terminal, or hides or reorders text.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if NameProblem::of_character(character).is_some() {
                write!(f, "{}", character.escape_default())
            } else {
                f.write_char(character)
            }
        })
    }
}
