//! Listings of [`Cards`](crate::Cards).

use std::{fmt, time::Duration};

use crate::{Error, ErrorKind, Problem, TokenInfo, shown::Shown};

/// Tokens of a machine, places that could not be read, and places that have not answered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CardListing {
    /// Tokens that could be read.
    pub found: Vec<CardEntry>,
    /// Places that could not be read, with the reason.
    pub problems: Vec<Problem>,
    /// Places that have not answered yet. Their answer is announced by [`Event::Answered`](crate::Event::Answered).
    pub pending: Vec<Pending>,
}

/// Token, with every backend that reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CardEntry {
    pub(super) preferred: TokenInfo,
    pub(super) others: Vec<TokenInfo>,
    pub(super) reason: SelectionReason,
}

impl CardEntry {
    /// The token through the preferred backend.
    #[must_use]
    pub fn preferred(&self) -> &TokenInfo {
        &self.preferred
    }

    /// The token through each backend that reaches it, the preferred one first.
    pub fn backends(&self) -> impl Iterator<Item = &TokenInfo> {
        std::iter::once(&self.preferred).chain(&self.others)
    }

    /// Reason for the preference.
    #[must_use]
    pub fn reason(&self) -> SelectionReason {
        self.reason
    }
}

/// Reason why one backend is preferred for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum SelectionReason {
    /// PC/SC before PKCS#11: fewer commands, and the exact number of PIN tries.
    Direct,
    /// PKCS#11, because PC/SC found no supported application on the card.
    ModuleKnowsCard,
    /// No other backend reaches it.
    OnlyBackend,
}

impl SelectionReason {
    /// Stable name for programs: `direct`, `module-knows-card`, `only-backend`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::ModuleKnowsCard => "module-knows-card",
            Self::OnlyBackend => "only-backend",
        }
    }
}

impl fmt::Display for SelectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "reached directly, with the exact number of PIN tries",
            Self::ModuleKnowsCard => "reached through its PKCS#11 module, the only one to support this card",
            Self::OnlyBackend => "reached through one backend only",
        })
    }
}

/// Place that has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Pending {
    /// Reader, PKCS#11 module or file; or the backend as a whole, such as the smart card service.
    pub place: String,
    /// Time since the request.
    pub waited: Duration,
    /// Error for a caller that stops waiting: [`Busy`](ErrorKind::Busy) while another program holds the card,
    /// [`ServiceSilent`](ErrorKind::ServiceSilent) for the service, [`ModuleFailed`](ErrorKind::ModuleFailed) for a PKCS#11
    /// module, otherwise [`TimedOut`](ErrorKind::TimedOut).
    pub error: Error,
}

impl Pending {
    pub(super) fn new(place: &str, waited: Duration, error: ErrorKind) -> Self {
        let detail = format!("no answer for {} s", waited.as_secs());
        Self {
            place: place.to_owned(),
            waited,
            error: Error::from(error).with_location(place).with_detail(detail),
        }
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no answer from {} for {} s",
            Shown(&self.place),
            self.waited.as_secs()
        )
    }
}

impl From<Pending> for Problem {
    /// Stops waiting.
    fn from(pending: Pending) -> Self {
        Self {
            place: pending.place,
            error: pending.error,
        }
    }
}
