//! What went wrong, what it means, and who can mend it.

use std::{borrow::Cow, fmt};

/// What went wrong: a kind to match on, where it happened, and what the reader, card or module said about it.
///
/// ```
/// use card_access::{Error, ErrorKind, Party};
///
/// let error = Error::from(ErrorKind::WrongPin { tries_left: Some(2) }).at("Reader 00 00");
/// assert_eq!(error.to_string(), "the PIN is wrong, 2 tries are left (Reader 00 00)");
/// assert_eq!(error.code(), "card/wrong-pin");
/// assert_eq!(error.mended_by(), Party::User);
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

    /// Adds what the reader, card or module said.
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

    /// Whether the token or its way in is lost, so that asking for the next thing is in vain.
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
            (Some(place), None) => write!(f, " ({place})"),
            (Some(place), Some(vendor)) => write!(f, " ({place}: {vendor})"),
        }
    }
}

impl std::error::Error for Error {}

/// A name and number as the reader, card or module gave it: `SCARD_W_REMOVED_CARD`, `CKR_PIN_LOCKED`, `SW 6983`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorCode {
    /// The name in its specification or header file.
    pub name: Cow<'static, str>,
    /// The number.
    pub number: u64,
}

impl fmt::Display for VendorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, 0x{:X}", self.name, self.number)
    }
}

/// Who can mend an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
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

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Another program holds the reader or the card.
    Busy,
    /// The wait was cancelled.
    Cancelled,
    /// The card or module refused or failed, in a way that has no kind of its own here.
    CardFailed,
    /// Another program reset the card in the middle.
    CardReset,
    /// Only one try is left, and it was not allowed. No try was spent.
    FinalTryRefused,
    /// The answer breaks its specification.
    Malformed {
        /// What was malformed.
        what: &'static str,
    },
    /// The PKCS#11 module hung or crashed.
    ModuleFailed,
    /// There is no PKCS#11 module at the path, or the file is none.
    ModuleMissing,
    /// The reader is empty, or what is in it does not answer.
    NoCard,
    /// The slot or token holds no certificate.
    NoCredential,
    /// There is no reader.
    NoReader,
    /// The smart card service does not run.
    NoService,
    /// The service refuses this user or session.
    NotAuthorized,
    /// The token was never set up: it has no user PIN.
    NotInitialized,
    /// Another card is in the reader than the one that was opened.
    OtherCard,
    /// The PIN is blocked.
    PinBlocked,
    /// The PIN breaks the token's rules for PINs; it was not sent, and no try was spent.
    PinFormat {
        /// The rule.
        rule: &'static str,
    },
    /// The key needs the PIN.
    PinRequired,
    /// The card or token was taken out.
    Removed,
    /// The card, the reader's holder or the user took too long.
    TimedOut,
    /// The card has no application that is known here.
    UnknownCard,
    /// The card, reader or module can't do this.
    Unsupported {
        /// What it can't do.
        what: &'static str,
    },
    /// The PIN is wrong. One try was spent.
    WrongPin {
        /// The tries left, where the token tells.
        tries_left: Option<u8>,
    },
}

struct Entry {
    code: &'static str,
    party: Party,
    help: &'static str,
}

impl ErrorKind {
    /// Everything fixed that is said about a kind, in one table.
    fn entry(&self) -> Entry {
        use Party::{Administrator, Developer, Issuer, User};
        let (code, party, help) = match self {
            Self::Busy => (
                "card/busy",
                User,
                "Close the other program that uses the card, or try again.",
            ),
            Self::Cancelled => ("card/cancelled", User, "Start again when you are ready."),
            Self::CardFailed => (
                "card/failed",
                Issuer,
                "Take the card out, put it back and try again.",
            ),
            Self::CardReset => (
                "card/reset",
                User,
                "Try again; if it stays, close other programs that use the card.",
            ),
            Self::FinalTryRefused => (
                "card/final-try-refused",
                User,
                "Make sure of the PIN, then allow the final try or unblock the PIN.",
            ),
            Self::Malformed { .. } => ("card/malformed", Issuer, "Have the card's content checked."),
            Self::ModuleFailed => (
                "card/module-failed",
                Administrator,
                "Update the PKCS#11 module, or leave it out.",
            ),
            Self::ModuleMissing => (
                "card/module-missing",
                Administrator,
                "Install the module, or correct its path.",
            ),
            Self::NoCard => ("card/no-card", User, "Put the card in, chip first and facing up."),
            Self::NoCredential => (
                "card/no-credential",
                Issuer,
                "Have a certificate issued to the card.",
            ),
            Self::NoReader => (
                "card/no-reader",
                User,
                "Connect a reader; if one is connected, install its driver.",
            ),
            Self::NoService => (
                "card/no-service",
                Administrator,
                "Install and start pcscd (systemctl start pcscd.socket).",
            ),
            Self::NotAuthorized => (
                "card/not-authorized",
                Administrator,
                "Allow this user in polkit: org.debian.pcsc-lite.access_pcsc and .access_card.",
            ),
            Self::NotInitialized => (
                "card/not-initialized",
                Issuer,
                "Set the token up and give it a user PIN.",
            ),
            Self::OtherCard => (
                "card/other-card",
                User,
                "Put back the card that you started with, or start again.",
            ),
            Self::PinBlocked => (
                "card/pin-blocked",
                Issuer,
                "Unblock the PIN with the PUK, or ask who issued the card.",
            ),
            Self::PinFormat { .. } => (
                "card/pin-format",
                User,
                "Type the PIN as the card's issuer prescribes it.",
            ),
            Self::PinRequired => ("card/pin-required", Developer, "Call again with a PIN."),
            Self::Removed => ("card/removed", User, "Put the card back and start again."),
            Self::TimedOut => (
                "card/timed-out",
                User,
                "Try again; if the card stays silent, take it out and put it back.",
            ),
            Self::UnknownCard => (
                "card/unknown-card",
                Issuer,
                "Use the PKCS#11 module that came with the card.",
            ),
            Self::Unsupported { .. } => (
                "card/unsupported",
                Developer,
                "Choose another key, scheme or token.",
            ),
            Self::WrongPin { .. } => ("card/wrong-pin", User, "Type the PIN again."),
        };
        Entry { code, party, help }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("another program holds the card"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::CardFailed => f.write_str("the card failed"),
            Self::CardReset => f.write_str("another program reset the card"),
            Self::FinalTryRefused => f.write_str("only one try is left for the PIN, and it was not allowed"),
            Self::Malformed { what } => write!(f, "malformed {what}"),
            Self::ModuleFailed => f.write_str("the PKCS#11 module failed"),
            Self::ModuleMissing => f.write_str("there is no such PKCS#11 module"),
            Self::NoCard => f.write_str("no card"),
            Self::NoCredential => f.write_str("no certificate"),
            Self::NoReader => f.write_str("no card reader"),
            Self::NoService => f.write_str("the smart card service does not run"),
            Self::NotAuthorized => f.write_str("the smart card service refuses this user"),
            Self::NotInitialized => f.write_str("the token was never set up"),
            Self::OtherCard => f.write_str("another card is in the reader"),
            Self::PinBlocked => f.write_str("the PIN is blocked"),
            Self::PinFormat { rule } => write!(f, "not a PIN of this token: {rule}"),
            Self::PinRequired => f.write_str("the PIN is needed"),
            Self::Removed => f.write_str("the card was taken out"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::UnknownCard => f.write_str("the card has no PIV application"),
            Self::Unsupported { what } => write!(f, "{what} is not supported"),
            Self::WrongPin { tries_left: None } => f.write_str("the PIN is wrong"),
            Self::WrongPin { tries_left: Some(0) } => f.write_str("the PIN is wrong and is now blocked"),
            Self::WrongPin { tries_left: Some(1) } => f.write_str("the PIN is wrong, one try is left"),
            Self::WrongPin {
                tries_left: Some(tries),
            } => write!(f, "the PIN is wrong, {tries} tries are left"),
        }
    }
}
