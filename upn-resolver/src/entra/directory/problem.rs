//! What is wrong with the users of an export.

use alloc::string::String;
use core::fmt;

use crate::entra::stored::MalformedUserId;
use crate::upn::UpnError;

/// Something wrong with a user of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportProblem {
    pub(super) line: u32,
    pub(super) kind: ExportProblemKind,
}

impl ExportProblem {
    /// The line of the export, from 1; 0 for a user from code.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// What is wrong.
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

/// What is wrong with a user of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportProblemKind {
    /// PowerShell wrote the type of an object in place of its content.
    Truncated {
        /// The attribute.
        attribute: &'static str,
    },
    /// More values than one of Microsoft's pages allows, and no more than the other does.
    ManyUserIds {
        /// How many there are.
        values: usize,
    },
    /// Another user has the same value, which Entra does not allow.
    Duplicate {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
        /// The line of the first user with it.
        first_line: u32,
    },
    /// Two columns of CSV have the same name; the first is read.
    DuplicateColumn {
        /// The attribute.
        attribute: &'static str,
    },
    /// The line could not be read.
    MalformedLine {
        /// Why not.
        reason: String,
    },
    /// A name that is no user principal name. Without one in `userPrincipalName` the user is left out.
    MalformedName {
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        error: UpnError,
    },
    /// A value that can't match any certificate.
    MalformedUserId {
        /// The value.
        value: String,
        /// What is wrong with it.
        error: MalformedUserId,
    },
    /// One text, or something else, in place of a list. The values in a text are taken.
    NotAList {
        /// The attribute.
        attribute: &'static str,
    },
    /// Values that are not texts, which are passed over.
    NotText {
        /// The attribute.
        attribute: &'static str,
        /// How many there are.
        values: usize,
    },
    /// The user has no `userPrincipalName`.
    NoUserPrincipalName,
    /// The user's values, or all of the export's, are too long to be kept.
    TooLong,
    /// More values than Entra allows.
    TooManyUserIds {
        /// How many there are.
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
                write!(f, "{attribute} {value:?} is that of line {first_line} too")
            }
            Self::DuplicateColumn { attribute } => {
                write!(f, "the column {attribute} is there twice; the first one is read")
            }
            Self::MalformedLine { reason } => write!(f, "unreadable: {reason}"),
            Self::MalformedName {
                attribute,
                value,
                error,
            } => {
                write!(f, "{attribute} {value:?} is no user principal name: {error}")
            }
            Self::MalformedUserId { value, error } => {
                write!(f, "certificateUserIds value {value:?} can't match: {error}")
            }
            Self::NotAList { attribute } => {
                write!(f, "{attribute} is not a list; the values in its text are taken")
            }
            Self::NotText { attribute, values: 1 } => write!(f, "{attribute} has a value that is not a text"),
            Self::NotText { attribute, values } => {
                write!(f, "{attribute} has {values} values that are not texts")
            }
            Self::NoUserPrincipalName => f.write_str("no userPrincipalName; the user is left out"),
            Self::TooLong => f.write_str("the values are too long; the user is left out"),
            Self::TooManyUserIds { values } => {
                write!(
                    f,
                    "{values} values in certificateUserIds; Entra allows {MAX_USER_IDS}"
                )
            }
        }
    }
}

/// Whether PowerShell wrote a type in place of a value: `System.String[]`, `Microsoft.Graph.PowerShell.Models.…`, `@{…}`.
pub(super) fn is_cut_off(value: &str) -> bool {
    ["System.", "Microsoft.Graph.", "@{"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// More values than this in `certificateUserIds` are refused by Entra.
///
/// Source: [Certificate user IDs][cuid]. An earlier version of the page had 5.
///
/// [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
pub const MAX_USER_IDS: usize = 10;

/// More values than this are doubtful: an earlier version of the page allowed no more, and the deep dive still says so.
pub(super) const UNDOUBTED_USER_IDS: usize = 5;
