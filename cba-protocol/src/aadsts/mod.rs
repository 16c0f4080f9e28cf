//! What the service's error codes mean, who can act, and what to try: as data, in our own words.
//!
//! Meanings follow the public lists: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>, the
//! troubleshooting pages of certificate-based authentication, and where those have nothing the service's own error texts. What to
//! try is this crate's advice.

mod entries;

use core::fmt;

pub use entries::ENTRIES;

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The number after `AADSTS`.
    pub code: u32,
    /// What it means, in our own words.
    pub meaning: &'static str,
    /// Who can do something about it.
    pub who: Who,
    /// What to try, in this order; never empty.
    pub advice: &'static [Advice],
}

impl Entry {
    pub(crate) fn first(&self) -> Advice {
        self.advice.first().copied().unwrap_or(Advice::Stop)
    }
}

/// The entry of a code.
///
/// ```
/// use cba_protocol::aadsts::{self, Advice, Who};
///
/// let revoked = aadsts::entry(500_171).ok_or("unknown")?;
/// assert_eq!((revoked.who, revoked.advice.first()), (Who::User, Some(&Advice::OtherCertificate)));
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

/// Who can do something about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Who {
    /// An administrator of the tenant or of its CAs.
    Administrator,
    /// The authors of the agent or of this crate: the message was wrong.
    Developer,
    /// Nobody: the service has a bad moment.
    Service,
    /// The user, with another card, another name, or a browser.
    User,
}

/// What to try after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Advice {
    /// Ask for another user name.
    AskForUserName,
    /// Compare the clock with the server's.
    CheckClock,
    /// Throw the primary refresh token away and sign in anew.
    DropPrt,
    /// Go on without Kerberos tickets.
    DropTickets,
    /// The message was wrong: report it with the transcript.
    FixClient,
    /// Let the user sign in in a browser.
    Interact,
    /// Try another certificate.
    OtherCertificate,
    /// Get a new nonce and sign both JWTs again. The flow does that by itself, once.
    RefetchNonce,
    /// Repair the device's registration.
    RepairDevice,
    /// Wait, minutes rather than seconds, and try again.
    RetryLater,
    /// Sign in anew.
    SignInAgain,
    /// Do not try again before somebody has acted.
    Stop,
    /// Ask the cloud that the tenant belongs to.
    SwitchCloud,
    /// Sign in through the federation server.
    UseFederation,
}

impl Advice {
    /// Who usually can act, when no entry says it.
    pub(crate) fn who(self) -> Who {
        match self {
            Self::AskForUserName
            | Self::DropPrt
            | Self::Interact
            | Self::OtherCertificate
            | Self::SignInAgain => Who::User,
            Self::FixClient | Self::DropTickets | Self::RefetchNonce => Who::Developer,
            Self::RetryLater => Who::Service,
            Self::CheckClock | Self::RepairDevice | Self::Stop | Self::SwitchCloud | Self::UseFederation => {
                Who::Administrator
            }
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Administrator => "administrator",
            Self::Developer => "developer",
            Self::Service => "service",
            Self::User => "user",
        })
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AskForUserName => "give another user name",
            Self::CheckClock => "compare this machine's clock with the server's",
            Self::DropPrt => "throw the primary refresh token away and sign in anew",
            Self::DropTickets => "go on without Kerberos tickets",
            Self::FixClient => "report it with the transcript: the message was wrong",
            Self::Interact => "sign in in a browser",
            Self::OtherCertificate => "try another certificate",
            Self::RefetchNonce => "get a new nonce and sign again",
            Self::RepairDevice => "repair the device's registration",
            Self::RetryLater => "wait some minutes and try again",
            Self::SignInAgain => "sign in anew",
            Self::Stop => "do not try again before somebody has acted",
            Self::SwitchCloud => "ask the cloud that the tenant belongs to",
            Self::UseFederation => "sign in through the federation server",
        })
    }
}
