//! Events of readers and tokens.

use std::fmt;

use crate::shown::Shown;

/// Change of a reader or a token. Names are those of [`TokenId::place`](crate::TokenId::place).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "event", rename_all = "kebab-case")
)]
pub enum Event {
    /// A source that the last listing showed as pending has answered, or its answer has changed: list again.
    Answered {
        /// Reader, module or file; or the backend as a whole.
        place: String,
    },
    /// A token was inserted, or replaced another one.
    Inserted {
        /// Reader, module or file.
        place: String,
    },
    /// A reader was connected.
    ReaderAdded {
        /// Name of the reader.
        place: String,
    },
    /// A reader was disconnected.
    ReaderRemoved {
        /// Name of the reader.
        place: String,
    },
    /// A token was removed.
    Removed {
        /// Reader, module or file.
        place: String,
    },
    /// The service can be reached, for the first time or again: list again.
    ServiceStarted,
    /// The service and its tokens cannot be reached: it stopped, or was not running from the start.
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
