//! Failures of a sign-in as the screen shows them.

use card_access::{Error, ErrorKind};

use super::shown::sentence;
use crate::card_list;
use crate::sign_in::card::CardProblem;
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;

/// A failure, who has to act, and what to try. All text in it is safe for the screen.
#[derive(Clone, Debug)]
pub(super) struct ShownFailure {
    pub(super) what: String,
    pub(super) help: Option<&'static str>,
    pub(super) who: Option<&'static str>,
    /// The stable code of a card error.
    pub(super) code: Option<&'static str>,
    pub(super) next: NextScreen,
}

/// The screen that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextScreen {
    /// The tiles, because the user cancelled.
    Cancelled,
    /// The result.
    End,
    /// The form, because the PIN can be typed again or is blocked.
    Pin,
}

impl From<&Error> for ShownFailure {
    fn from(error: &Error) -> Self {
        use ErrorKind::{
            FinalTryRefused, PinBlocked, PinFormat, PinRefused, PinRequired, TriesUnknown, WrongPin,
        };
        Self {
            what: sentence(&error.kind().to_string()),
            help: Some(error.hint()),
            who: Some(card_list::Failure::from(error).who),
            code: Some(error.code()),
            next: match error.kind() {
                FinalTryRefused
                | PinBlocked
                | PinFormat { .. }
                | PinRefused { .. }
                | PinRequired
                | TriesUnknown
                | WrongPin { .. } => NextScreen::Pin,
                _ => NextScreen::End,
            },
        }
    }
}

impl From<&Failure> for ShownFailure {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Card(CardProblem::FinalTry)
            | Failure::Interrupted(Interrupted::Card(CardProblem::FinalTry)) => {
                Self::from(&Error::from(ErrorKind::FinalTryRefused))
            }
            Failure::Card(CardProblem::TriesUnknown)
            | Failure::Interrupted(Interrupted::Card(CardProblem::TriesUnknown)) => {
                Self::from(&Error::from(ErrorKind::TriesUnknown))
            }
            Failure::Card(CardProblem::Card(error))
            | Failure::Interrupted(Interrupted::Card(CardProblem::Card(error))) => Self::from(error),
            Failure::Interrupted(Interrupted::Cancelled) => Self::plain(failure, NextScreen::Cancelled),
            _ => Self::plain(failure, NextScreen::End),
        }
    }
}

impl ShownFailure {
    /// The failure of a blocked PIN, for a card that reports it before a sign-in.
    pub(super) fn pin_blocked() -> Self {
        Self::from(&Error::from(ErrorKind::PinBlocked))
    }

    fn plain(failure: &Failure, next: NextScreen) -> Self {
        Self {
            what: sentence(&failure.to_string()),
            help: None,
            who: None,
            code: None,
            next,
        }
    }
}
