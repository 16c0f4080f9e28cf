//! Errors of a policy.

use alloc::string::String;
use core::fmt;

use super::binding::UsernameBinding;
use crate::quoted::Quoted;
use crate::responsible::Responsible;

/// Error in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// A text that is not a distinguished name.
    Issuer(String),
    /// A binding that Entra does not offer.
    NotOffered(UsernameBinding),
    /// A text that is not an object identifier.
    Oid(String),
    /// Two bindings with the same priority.
    Priority(u32),
    /// Two rules with the same condition and different strengths.
    TwoStrengths(String),
}

impl PolicyError {
    /// Who has to act: the administrator of the tenant.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::Administrator
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer(text) => write!(
                f,
                "{} is not an issuer name such as \"CN=ContosoCA,DC=contoso,DC=com\"",
                Quoted(text)
            ),
            Self::NotOffered(binding) => {
                write!(
                    f,
                    "{binding} is not offered: bind {} to certificateUserIds",
                    binding.field()
                )
            }
            Self::Oid(text) => write!(
                f,
                "{} is not an object identifier such as \"1.3.6.1.4.1.99999.1\"",
                Quoted(text)
            ),
            Self::Priority(priority) => {
                write!(
                    f,
                    "two bindings have the priority {priority}; each binding requires its own"
                )
            }
            Self::TwoStrengths(rule) => write!(f, "two rules for {rule} have different strengths; keep one"),
        }
    }
}

impl core::error::Error for PolicyError {}
