//! What went wrong, what it means, and who can mend it.

mod kind;

use std::{borrow::Cow, fmt};

pub use kind::ErrorKind;

use crate::shown::Shown;

/// What went wrong: a kind to match on, where it happened, and what the reader, card or module said about it.
///
/// ```
/// use card_access::{Error, ErrorKind, Party};
///
/// let error = Error::from(ErrorKind::WrongPin { tries_left: Some(2) }).at("Reader 00 00");
/// assert_eq!(error.to_string(), "the PIN is wrong, 2 tries are left (Reader 00 00)");
/// assert_eq!(error.code(), "card/wrong-pin");
/// assert_eq!((error.mended_by(), error.help()), (Party::User, "Type the PIN again."));
///
/// let error = error.said("SW 63C2", 0x63c2);
/// assert_eq!(error.vendor().map(|said| (&*said.name, said.number)), Some(("SW 63C2", 0x63c2)));
/// assert_eq!((error.kind(), error.place()), (&ErrorKind::WrongPin { tries_left: Some(2) }, Some("Reader 00 00")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    place: Option<String>,
    vendor: Option<VendorCode>,
}

impl Error {
    /// Adds where it happened: a reader, slot or module.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self {
            place: Some(place.into()),
            ..self
        }
    }

    /// Adds what the reader, card or module said: the name and the number of its specification.
    #[must_use]
    pub fn said(self, name: impl Into<Cow<'static, str>>, number: u64) -> Self {
        Self {
            vendor: Some(VendorCode {
                name: name.into(),
                number,
            }),
            ..self
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The reader, slot or module where it went wrong.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The well-known name and number from below, to search the web for.
    #[must_use]
    pub fn vendor(&self) -> Option<&VendorCode> {
        self.vendor.as_ref()
    }

    /// A code that stays the same over versions, such as `card/wrong-pin`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.entry().code
    }

    /// What to try next, in one sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.kind.entry().help
    }

    /// The same, seen in another light.
    #[cfg(feature = "piv")]
    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Whether the token or its way in is lost, so that asking for the next thing is in vain.
    #[cfg(feature = "piv")]
    pub(crate) fn is_final(&self) -> bool {
        use ErrorKind::{CardReset, ModuleFailed, NoCard, NoService, OtherCard, Removed, TimedOut};
        matches!(
            self.kind,
            CardReset | ModuleFailed | NoCard | NoService | OtherCard | Removed | TimedOut
        )
    }

    /// Who can mend it.
    #[must_use]
    pub fn mended_by(&self) -> Party {
        self.kind.entry().party
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind,
            place: None,
            vendor: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match (&self.place, &self.vendor) {
            (None, None) => Ok(()),
            (None, Some(vendor)) => write!(f, " ({vendor})"),
            (Some(place), None) => write!(f, " ({})", Shown(place)),
            (Some(place), Some(vendor)) => write!(f, " ({}: {vendor})", Shown(place)),
        }
    }
}

impl std::error::Error for Error {}

/// A name and number as the reader, card or module gave it: `SCARD_W_REMOVED_CARD`, `CKR_PIN_LOCKED`, `SW 6983`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct VendorCode {
    /// The name in its specification or header file.
    pub name: Cow<'static, str>,
    /// The number.
    pub number: u64,
}

impl fmt::Display for VendorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, 0x{:X}", Shown(&self.name), self.number)
    }
}

/// Who can mend an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Party {
    /// Whoever looks after the machine.
    Administrator,
    /// Whoever wrote the program that called.
    Developer,
    /// Whoever issued the card, or the help desk.
    Issuer,
    /// The person with the card.
    User,
}
