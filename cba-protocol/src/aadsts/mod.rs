//! Error codes of the service (AADSTS): what they mean, who has to act, and what to try.
//!
//! Meanings are in our own words and follow the public lists: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>,
//! the troubleshooting pages of certificate-based authentication and, for codes that neither lists, the service's error messages.
//! What to try is this crate's advice.

mod entries;

use core::fmt;

use crate::responsible::Responsible;

pub use entries::ENTRIES;

/// An error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The number after `AADSTS`.
    pub code: u32,
    /// Meaning of the code.
    pub meaning: &'static str,
    /// Who has to act.
    pub responsible: Responsible,
    /// Steps to try, in this order. Never empty.
    pub advice: &'static [Advice],
}

impl Entry {
    pub(crate) fn first(&self) -> Advice {
        self.advice.first().copied().unwrap_or(Advice::Stop)
    }
}

/// The entry of a code, if it is known.
///
/// ```
/// use cba_protocol::Responsible;
/// use cba_protocol::aadsts::{self, Advice};
///
/// let revoked = aadsts::entry(500_171).ok_or("unknown")?;
/// assert_eq!((revoked.responsible, revoked.advice.first()), (Responsible::User, Some(&Advice::OtherCertificate)));
/// assert!(aadsts::entry(1).is_none());
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn entry(code: u32) -> Option<&'static Entry> {
    ENTRIES
        .binary_search_by_key(&code, |entry| entry.code)
        .ok()
        .and_then(|at| ENTRIES.get(at))
}

/// Step to try after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Advice {
    /// Ask for another user name.
    AskForUserName,
    /// Compare the clock of this machine with the server's.
    CheckClock,
    /// Discard the primary refresh token and sign in again.
    DropPrt,
    /// Continue without Kerberos tickets.
    DropTickets,
    /// The request was wrong: report it with the transcript.
    FixClient,
    /// Let the user sign in with a browser.
    Interact,
    /// Try another certificate.
    OtherCertificate,
    /// Get a new nonce and sign both JWTs again. The flow does this once by itself.
    RefetchNonce,
    /// Remove a device that is no longer used, so that another one can be registered.
    RemoveDevice,
    /// Repair the registration of the device.
    RepairDevice,
    /// Try again in some minutes.
    RetryLater,
    /// Sign in again.
    SignInAgain,
    /// Do not retry before the problem is resolved.
    Stop,
    /// Use the cloud that the tenant belongs to.
    SwitchCloud,
    /// Sign in through the federation server.
    UseFederation,
}

impl Advice {
    /// Stable name for programs, such as `other-certificate`.
    ///
    /// ```
    /// assert_eq!(cba_protocol::aadsts::Advice::RefetchNonce.code(), "refetch-nonce");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AskForUserName => "ask-for-user-name",
            Self::CheckClock => "check-clock",
            Self::DropPrt => "drop-prt",
            Self::DropTickets => "drop-tickets",
            Self::FixClient => "fix-client",
            Self::Interact => "interact",
            Self::OtherCertificate => "other-certificate",
            Self::RefetchNonce => "refetch-nonce",
            Self::RemoveDevice => "remove-device",
            Self::RepairDevice => "repair-device",
            Self::RetryLater => "retry-later",
            Self::SignInAgain => "sign-in-again",
            Self::Stop => "stop",
            Self::SwitchCloud => "switch-cloud",
            Self::UseFederation => "use-federation",
        }
    }

    /// Who usually has to act, where no entry says so.
    pub(crate) fn responsible(self) -> Responsible {
        match self {
            Self::AskForUserName
            | Self::DropPrt
            | Self::Interact
            | Self::OtherCertificate
            | Self::RemoveDevice
            | Self::SignInAgain => Responsible::User,
            Self::FixClient | Self::DropTickets | Self::RefetchNonce => Responsible::Developer,
            Self::RetryLater => Responsible::Service,
            Self::CheckClock | Self::RepairDevice | Self::Stop | Self::SwitchCloud | Self::UseFederation => {
                Responsible::Administrator
            }
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AskForUserName => "enter another user name",
            Self::CheckClock => "compare this machine's clock with the server's",
            Self::DropPrt => "discard the primary refresh token and sign in again",
            Self::DropTickets => "continue without Kerberos tickets",
            Self::FixClient => "report it with the transcript: the request was wrong",
            Self::Interact => "sign in with a browser",
            Self::OtherCertificate => "try another certificate",
            Self::RefetchNonce => "get a new nonce and sign again",
            Self::RemoveDevice => "remove a device that is no longer used",
            Self::RepairDevice => "repair the registration of the device",
            Self::RetryLater => "try again in some minutes",
            Self::SignInAgain => "sign in again",
            Self::Stop => "do not retry before the problem is resolved",
            Self::SwitchCloud => "use the cloud that the tenant belongs to",
            Self::UseFederation => "sign in through the federation server",
        })
    }
}
