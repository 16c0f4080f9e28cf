//! Error for a text that is not a registry export.

use core::fmt;

use crate::responsible::Responsible;

/// Error for a text that is not a registry export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryError {
    pub(super) line: usize,
    pub(super) kind: RegistryErrorKind,
}

impl RegistryError {
    /// The line of the text, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Who has to act: the administrator of the device, with another export.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::Administrator
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegistryErrorKind {
    Malformed,
    NoHeader,
    NotText,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        f.write_str(match self.kind {
            RegistryErrorKind::Malformed => {
                "not a [key], \"name\"=value or ; comment of a registry export"
            }
            RegistryErrorKind::NoHeader => {
                "not a registry export: the first line must be \"Windows Registry Editor Version 5.00\" or \"REGEDIT4\""
            }
            RegistryErrorKind::NotText => "not text in UTF-16 or UTF-8; export it again with regedit",
        })
    }
}

impl core::error::Error for RegistryError {}
