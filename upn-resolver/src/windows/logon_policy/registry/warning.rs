//! What was in a registry export and did not become a setting.

use alloc::string::String;
use core::fmt;

/// A value of a registry export that could not be used, or only under an assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportWarning {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) kind: ImportWarningKind,
}

impl ImportWarning {
    /// The line of the text, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The name of the registry value.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is the matter with it.
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
                "is in a numbered control set; taken for the current one, whose number is in HKEY_LOCAL_MACHINE\\SYSTEM\\Select",
            ),
            ImportWarningKind::OtherKey { documented } => write!(
                f,
                "is not in HKEY_LOCAL_MACHINE\\{documented}, where the setting is documented; ignored"
            ),
            ImportWarningKind::UnknownName => f.write_str("is not a known smart-card setting; ignored"),
            ImportWarningKind::UnknownOption => f.write_str("has a value that is none of its options; ignored"),
            ImportWarningKind::WrongType { expected } => write!(f, "must be {expected}; ignored"),
        }
    }
}

/// What is the matter with a value of a registry export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportWarningKind {
    /// It is in a control set with a number, and was taken for one of the current control set.
    NumberedControlSet,
    /// The setting is in another key than the one in which it is documented: for 32-bit programs (`WOW6432Node`), of a user
    /// (`HKEY_CURRENT_USER`, `HKEY_USERS`), of device management (`PolicyManager`), or of a hive that was loaded.
    OtherKey {
        /// The documented key, below `HKEY_LOCAL_MACHINE`.
        documented: &'static str,
    },
    /// No setting has this name.
    UnknownName,
    /// The setting has a list of options, and this is none of them.
    UnknownOption,
    /// The value has another type than the setting.
    WrongType {
        /// The type that it should have.
        expected: &'static str,
    },
}
