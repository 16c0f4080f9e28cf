//! Planned faults.

use crate::{Error, ErrorKind};

/// Call of [`Provider`](crate::Provider) or [`Token`](crate::Token) for which a fault can be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// [`Token::credential`](crate::Token::credential) or [`credentials`](crate::Token::credentials).
    Credentials,
    /// [`Provider::open`](crate::Provider::open).
    Open,
    /// [`Token::pin_status`](crate::Token::pin_status).
    PinStatus,
    /// [`Token::sign`](crate::Token::sign), before the PIN is checked.
    Sign,
}

/// Fault that occurs once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Another program holds the card.
    Busy,
    /// The card does not answer within the time limit. The error is returned at once, so that tests need not wait.
    Hang,
    /// The card gives a response that breaks its specification.
    Malformed,
    /// The card is removed.
    Removed,
    /// Another program resets the card.
    Reset,
    /// The signature has the right form but is wrong.
    WrongSignature,
}

impl Fault {
    /// Error that the caller receives; `None` for a fault that affects only the result.
    pub(super) fn error(self) -> Option<Error> {
        let kind = match self {
            Self::Busy => ErrorKind::Busy,
            Self::Hang => ErrorKind::TimedOut,
            Self::Malformed => ErrorKind::Malformed { what: "answer" },
            Self::Removed => ErrorKind::Removed,
            Self::Reset => ErrorKind::CardReset,
            Self::WrongSignature => return None,
        };
        Some(kind.into())
    }
}

/// Faults that have not occurred yet.
#[derive(Debug, Default)]
pub(super) struct Plan(Vec<(Call, Fault)>);

impl Plan {
    pub(super) fn add(&mut self, call: Call, fault: Fault) {
        self.0.push((call, fault));
    }

    /// Takes the next fault for this call.
    pub(super) fn take(&mut self, call: Call) -> Option<Fault> {
        let next = self.0.iter().position(|(planned, _)| *planned == call)?;
        Some(self.0.remove(next).1)
    }
}
