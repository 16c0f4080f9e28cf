//! What happens to readers and tokens.

use std::fmt;

use crate::shown::Shown;

/// Something happened to a reader or a token. Names are those of [`TokenId::place`](crate::TokenId::place).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "event", rename_all = "kebab-case")
)]
pub enum Event {
    /// A source has answered that the last listing showed as pending, or answers differently now: list again.
    Answered {
        /// The reader, module or file; or the backend as a whole.
        place: String,
    },
    /// A token is there now that was not, or another one than before.
    Inserted {
        /// Where.
        place: String,
    },
    /// A reader was connected.
    ReaderAdded {
        /// Its name.
        place: String,
    },
    /// A reader was disconnected.
    ReaderRemoved {
        /// Its name.
        place: String,
    },
    /// The token that was there is gone.
    Removed {
        /// Where.
        place: String,
    },
    /// The service can be reached, perhaps again: list anew.
    ServiceStarted,
    /// The service can't be reached, and its tokens can't either: it went away, or was not there from the first.
    ServiceStopped,
}

impl Event {
    /// Stable name for programs: `answered`, `inserted`, `reader-added`, `reader-removed`, `removed`, `service-started`,
    /// `service-stopped`.
    ///
    /// ```
    /// assert_eq!(card_access::Event::ServiceStopped.code(), "service-stopped");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::Inserted { .. } => "inserted",
            Self::ReaderAdded { .. } => "reader-added",
            Self::ReaderRemoved { .. } => "reader-removed",
            Self::Removed { .. } => "removed",
            Self::ServiceStarted => "service-started",
            Self::ServiceStopped => "service-stopped",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { place } => write!(f, "answered: {}", Shown(place)),
            Self::Inserted { place } => write!(f, "card inserted: {}", Shown(place)),
            Self::ReaderAdded { place } => write!(f, "reader added: {}", Shown(place)),
            Self::ReaderRemoved { place } => write!(f, "reader removed: {}", Shown(place)),
            Self::Removed { place } => write!(f, "card removed: {}", Shown(place)),
            Self::ServiceStarted => f.write_str("card service started"),
            Self::ServiceStopped => f.write_str("card service stopped"),
        }
    }
}
