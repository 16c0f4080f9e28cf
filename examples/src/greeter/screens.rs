//! The screens.

use upn_resolver::Decision;

use super::form::Form;
use super::overview::Tile;
use super::progress::Progress;
use super::shown_failure::ShownFailure;
use crate::sign_in::report::Report;

/// The current screen.
pub(super) enum Screen {
    Ended(Box<Ending>),
    Form(Box<Form>),
    /// The form waits for the result.
    Running(Box<Running>),
    Tiles,
}

/// The page in front of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The certificates without a tile.
    Hidden,
    Main,
    /// The decision with its explanation.
    Explanation,
}

/// A running sign-in.
pub(super) struct Running {
    pub(super) form: Form,
    pub(super) progress: Progress,
    /// Whether this run has joined the machine.
    pub(super) has_joined: bool,
    pub(super) breaking_off: bool,
    /// Whether the program ends after the registration.
    pub(super) is_leaving: bool,
    pub(super) warnings: Vec<String>,
}

/// A sign-in that has ended.
pub(super) struct Ending {
    pub(super) tile: Tile,
    pub(super) result: Result<Report, ShownFailure>,
    /// The decision of a sign-in without a report.
    pub(super) decision: Option<Decision>,
    pub(super) progress: Progress,
    /// Whether the machine was joined before this sign-in, with its card.
    pub(super) has_joined: bool,
    pub(super) warnings: Vec<String>,
}

impl Ending {
    pub(super) fn decision(&self) -> Option<&Decision> {
        match &self.result {
            Ok(report) => Some(&report.decision),
            Err(_) => self.decision.as_ref(),
        }
    }
}
