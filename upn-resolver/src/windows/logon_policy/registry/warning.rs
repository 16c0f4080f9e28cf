//! Warnings about values in a registry export.

use alloc::string::String;
use core::fmt;

/// A warning about a value in a registry export that could not be used, or only under an assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportWarning {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) kind: ImportWarningKind,
}

impl ImportWarning {
    /// The line of the text, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The name of the registry value.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of warning.
    #[must_use]
    pub fn kind(&self) -> ImportWarningKind {
        self.kind
    }
}

impl fmt::Display for ImportWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {:?} ", self.line, self.name)?;
        match self.kind {
            ImportWarningKind::NumberedControlSet => f.write_str(
                "is in a numbered control set; treated as the current one, whose number is in HKEY_LOCAL_MACHINE\\SYSTEM\\Select",
            ),
            ImportWarningKind::OtherKey { documented } => write!(
                f,
                "is not in HKEY_LOCAL_MACHINE\\{documented}, where the setting is documented; ignored"
            ),
            ImportWarningKind::UnknownName => f.write_str("is not a known smart-card setting; ignored"),
            ImportWarningKind::UnknownOption => f.write_str("has an unknown option as its value; ignored"),
            ImportWarningKind::WrongType { expected } => write!(f, "must be {expected}; ignored"),
        }
    }
}

/// Kind of warning about a value in a registry export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportWarningKind {
    /// The value is in a numbered control set, and was treated as one of the current control set.
    NumberedControlSet,
    /// The setting is not in its documented key, but for example in one for 32-bit programs (`WOW6432Node`), of a
    /// user (`HKEY_CURRENT_USER`, `HKEY_USERS`), of device management (`PolicyManager`), or of a loaded hive.
    OtherKey {
        /// The documented key, below `HKEY_LOCAL_MACHINE`.
        documented: &'static str,
    },
    /// The name is unknown.
    UnknownName,
    /// The value is not one of the options of the setting.
    UnknownOption,
    /// The value has the wrong type.
    WrongType {
        /// The required type.
        expected: &'static str,
    },
}
