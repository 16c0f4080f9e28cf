//! Problems in exports of users.

use alloc::string::String;
use core::fmt;

use crate::entra::stored::MalformedUserId;
use crate::quoted::Quoted;
use crate::upn::UpnError;

/// A problem with a user in an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportProblem {
    pub(super) line: u32,
    pub(super) kind: ExportProblemKind,
}

impl ExportProblem {
    /// The line of the export, counted from 1; 0 for a user from code.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The kind of problem.
    #[must_use]
    pub fn kind(&self) -> &ExportProblemKind {
        &self.kind
    }
}

impl fmt::Display for ExportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

/// Kind of problem with a user in an export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportProblemKind {
    /// PowerShell wrote the type of an object instead of its content.
    Truncated {
        /// The attribute.
        attribute: &'static str,
    },
    /// More values than one of Microsoft's pages allows, but within the limit of the other.
    ManyUserIds {
        /// The number of values.
        values: usize,
    },
    /// Another user has the same value, which Entra does not allow.
    Duplicate {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
        /// The line of the first user with this value.
        first_line: u32,
    },
    /// Two columns of CSV with the same name; the first is used.
    DuplicateColumn {
        /// The attribute.
        attribute: &'static str,
    },
    /// A line that cannot be read.
    MalformedLine {
        /// The reason.
        reason: String,
    },
    /// A name that is not a user principal name. If it is the `userPrincipalName`, the user is skipped.
    MalformedName {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
        /// The error.
        error: UpnError,
    },
    /// A value that cannot match any certificate.
    MalformedUserId {
        /// The value.
        value: String,
        /// The error.
        error: MalformedUserId,
    },
    /// A text, or another type, instead of a list. The values in a text are used.
    NotAList {
        /// The attribute.
        attribute: &'static str,
    },
    /// Values that are not strings, which are ignored.
    NotText {
        /// The attribute.
        attribute: &'static str,
        /// The number of values.
        values: usize,
    },
    /// A user without `userPrincipalName`.
    NoUserPrincipalName,
    /// The values of the user, or of the whole export, are too long.
    TooLong,
    /// More values than Entra allows.
    TooManyUserIds {
        /// The number of values.
        values: usize,
    },
}

impl fmt::Display for ExportProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { attribute } => write!(
                f,
                "{attribute} is cut off, its values are missing: export it with more depth (ConvertTo-Json -Depth 5), or as one text \
                 (-join ';')"
            ),
            Self::ManyUserIds { values } => write!(
                f,
                "{values} values in certificateUserIds; one page of Entra's documentation allows {MAX_USER_IDS}, \
                 another {UNDOUBTED_USER_IDS}"
            ),
            Self::Duplicate {
                attribute,
                value,
                first_line,
            } => {
                let value = Quoted(value);
                write!(f, "{attribute} {value} is also the value of line {first_line}")
            }
            Self::DuplicateColumn { attribute } => {
                write!(f, "the column {attribute} occurs twice; the first one is used")
            }
            Self::MalformedLine { reason } => write!(f, "unreadable: {reason}"),
            Self::MalformedName {
                attribute,
                value,
                error,
            } => {
                let value = Quoted(value);
                write!(f, "{attribute} {value} is not a user principal name: {error}")
            }
            Self::MalformedUserId { value, error } => {
                let value = Quoted(value);
                write!(f, "certificateUserIds value {value} cannot match: {error}")
            }
            Self::NotAList { attribute } => {
                write!(f, "{attribute} is not a list; the values in its text are used")
            }
            Self::NotText { attribute, values: 1 } => {
                write!(f, "{attribute} has a value that is not a string")
            }
            Self::NotText { attribute, values } => {
                write!(f, "{attribute} has {values} values that are not strings")
            }
            Self::NoUserPrincipalName => f.write_str("no userPrincipalName; the user is skipped"),
            Self::TooLong => f.write_str("the values are too long; the user is skipped"),
            Self::TooManyUserIds { values } => {
                write!(
                    f,
                    "{values} values in certificateUserIds; Entra allows {MAX_USER_IDS}"
                )
            }
        }
    }
}

/// Whether PowerShell wrote a type instead of a value: `System.String[]`, `Microsoft.Graph.PowerShell.Models.…`,
/// `@{…}`.
pub(super) fn is_cut_off(value: &str) -> bool {
    ["System.", "Microsoft.Graph.", "@{"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// Maximum number of values in `certificateUserIds` that Entra accepts.
///
/// Source: [Certificate user IDs][cuid]. An earlier version of the page had 5.
///
/// [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
pub const MAX_USER_IDS: usize = 10;

/// Number of values above which there is a warning: an earlier version of the page allowed no more, and the deep dive
/// still says so.
pub(super) const UNDOUBTED_USER_IDS: usize = 5;
