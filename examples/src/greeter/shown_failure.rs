//! Why a sign-in came to nothing, for people.

use card_access::{Error, ErrorKind};

use super::shown::sentence;
use crate::card_list;
use crate::sign_in::card::CardProblem;
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;

/// What went wrong, who can resolve it and what to try. All text in it is fit for the screen.
#[derive(Clone, Debug)]
pub(super) struct ShownFailure {
    pub(super) what: String,
    pub(super) help: Option<&'static str>,
    pub(super) who: Option<&'static str>,
    /// The stable code of a card's error.
    pub(super) code: Option<&'static str>,
    pub(super) next: NextScreen,
}

/// Where the screen goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextScreen {
    /// Back to the tiles: the user broke it off.
    Cancelled,
    /// It is told, and that is the end of it.
    End,
    /// The PIN can be typed again, or is blocked now.
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
    /// What a sign-in says about a blocked PIN, for a card that says so before one.
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
