//! Where the user can be.

use upn_resolver::Decision;

use super::form::Form;
use super::overview::Tile;
use super::progress::Progress;
use super::shown_failure::ShownFailure;
use crate::sign_in::report::Report;

/// Where the user is.
pub(super) enum Screen {
    Ended(Box<Ending>),
    Form(Box<Form>),
    /// The form waits for what comes of it.
    Running(Box<Running>),
    Tiles,
}

/// Which side of the screen is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The certificates without a tile.
    Hidden,
    Main,
    /// The decision with its proof.
    Proof,
}

/// A sign-in that is going on.
pub(super) struct Running {
    pub(super) form: Form,
    pub(super) progress: Progress,
    pub(super) breaking_off: bool,
    pub(super) warnings: Vec<String>,
}

/// A sign-in that has ended.
pub(super) struct Ending {
    pub(super) tile: Tile,
    pub(super) result: Result<Report, ShownFailure>,
    /// The decision of a sign-in that has no report.
    pub(super) decision: Option<Decision>,
    pub(super) progress: Progress,
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
