//! Exit codes of `sign-in`.

use std::process::ExitCode;

/// Exit code of `sign-in`. Part of its contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// A primary refresh token was granted.
    Granted = 0,
    /// The server refused or requires a browser, or nothing was sent.
    NotGranted = 1,
    /// The command line, or a file that it names, cannot be used.
    Usage = 2,
    /// No service, reader, card or certificate.
    NoCard = 3,
    /// The PIN is wrong, blocked or missing, or its last try was not allowed.
    Pin = 4,
    /// The card failed, or was removed.
    CardFailure = 5,
    /// The authority did not answer.
    Network = 6,
    /// An answer does not follow the protocol.
    ProtocolChanged = 7,
    /// The time limit of the whole sign-in ended.
    TimeLimit = 8,
    /// The domain controller could not be verified: its certificate, its signature, or the account data in the ticket.
    DomainNotProven = 9,
    /// The keytab has no key for the ticket: the device's password was changed since, or the key is of another type.
    KeytabOutOfDate = 10,
    /// A token was granted, and the broker did not take it.
    NotHandedOver = 11,
}

impl Exit {
    /// The exit code if the result could not be written: a failure keeps its own.
    pub(crate) fn with_lost_result(self) -> Self {
        match self {
            Self::Granted => Self::Usage,
            failed => failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
