//! What goes wrong on purpose.

use crate::{Error, ErrorKind};

/// A call of [`Provider`](crate::Provider) or [`Token`](crate::Token) that a fault can be planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// [`Token::credential`](crate::Token::credential) or [`credentials`](crate::Token::credentials).
    Credentials,
    /// [`Provider::open`](crate::Provider::open).
    Open,
    /// [`Token::pin_status`](crate::Token::pin_status).
    PinStatus,
    /// [`Token::sign`](crate::Token::sign), before the PIN is looked at.
    Sign,
}

/// Something that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Another program holds the card.
    Busy,
    /// The card gives no answer until the time is over. The error comes at once: tests need not wait for it.
    Hang,
    /// The card answers with something else than its specification says.
    Malformed,
    /// The card is taken out, and stays out.
    Removed,
    /// Another program resets the card.
    Reset,
    /// The signature has the right form and is wrong.
    WrongSignature,
}

impl Fault {
    /// The error that the caller sees; none for a fault that shows in the result alone.
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

/// The faults still to come.
#[derive(Debug, Default)]
pub(super) struct Plan(Vec<(Call, Fault)>);

impl Plan {
    pub(super) fn add(&mut self, call: Call, fault: Fault) {
        self.0.push((call, fault));
    }

    /// The next fault for this call, which is then over.
    pub(super) fn take(&mut self, call: Call) -> Option<Fault> {
        let next = self.0.iter().position(|(planned, _)| *planned == call)?;
        Some(self.0.remove(next).1)
    }
}
