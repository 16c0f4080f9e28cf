//! Printable form of names from readers, modules and files.

use std::fmt::{self, Write as _};

use upn_resolver::certificate::NameProblem;

/// Text on one line. Characters that control a terminal, or hide or reorder text, are escaped.
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
