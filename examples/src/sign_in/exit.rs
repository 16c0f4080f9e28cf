//! How `sign-in` ends, in one number.

use std::process::ExitCode;

/// The exit code of `sign-in`. Part of its contract: other programs read it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// A primary refresh token was granted.
    Granted = 0,
    /// The server refused or wants a browser, or nothing was sent.
    NotGranted = 1,
    /// The command line, or a file that it names, cannot be used.
    Usage = 2,
    /// No service, reader, card or certificate.
    NoCard = 3,
    /// The PIN is wrong, blocked, missing or down to its final try.
    Pin = 4,
    /// The card was there and failed, or was taken out.
    CardFailure = 5,
    /// No answer came from the authority.
    Network = 6,
    /// An answer came that is not the protocol's.
    ProtocolChanged = 7,
    /// The time limit of the whole was over.
    TimeLimit = 8,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
