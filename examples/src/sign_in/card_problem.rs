//! Why a sign-in cannot use the card.

use card_access::{Error, ErrorKind, PivSlot, Slot};

/// Why the card cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CardProblem {
    /// What card-access says.
    #[error("{0}. {help}", help = .0.hint())]
    Card(#[from] Error),
    /// Nothing in the slot.
    #[error(
        "{token} holds no certificate in slot {slot}: choose another with --slot, or have one issued to the card"
    )]
    EmptySlot {
        /// The token's name.
        token: String,
        /// The slot that was asked for.
        slot: Slot,
    },
    /// One try is left, and it was not allowed.
    #[error(
        "only one try is left for the PIN, and a wrong one blocks the card: make sure of it, then add --last-try"
    )]
    FinalTry,
    /// The PIN could not be read.
    #[error("no PIN: {0}")]
    NoPin(std::io::Error),
    /// A PIN pad was asked for and there is none.
    #[error("this reader has no PIN pad: leave --pin-pad out")]
    NoPinPad,
    /// No token of that name.
    #[error("no card called {wanted:?}; there are {there}")]
    NotFound {
        /// The name on the command line.
        wanted: String,
        /// The tokens that are there.
        there: String,
    },
    /// A PIV slot whose PKCS#11 object is not known.
    #[error("which PKCS#11 object stands for slot {slot} is not known: give its CKA_ID with --slot id:HEX")]
    NoSuchObject {
        /// The slot on the command line.
        slot: PivSlot,
    },
    /// More than one token fits.
    #[error("several cards: {there}. Choose one with --reader or --token")]
    Several {
        /// The tokens that fit.
        there: String,
    },
    /// How many tries are left is not shown, and one that may be the last was not allowed.
    #[error(
        "the card does not show how many tries are left for the PIN, and a wrong one may block it: make sure of it, then add \
         --last-try"
    )]
    TriesUnknown,
    /// No certificate of this hash or label.
    #[error("no certificate {wanted:?}; there are: {there}")]
    NoSuchCertificate {
        /// The hash or label on the command line.
        wanted: String,
        /// The certificates that are there.
        there: String,
    },
    /// More than one certificate, and none is the usual one.
    #[error("several certificates: {there}. Choose one with --certificate")]
    SeveralCertificates {
        /// The certificates that fit.
        there: String,
    },
    /// There is no token, and a reader or slot could not be read.
    #[error("{place} cannot be read: {error}. {help}", help = .error.hint())]
    Unreadable {
        /// The reader or slot.
        place: String,
        /// Why.
        error: Error,
    },
}

impl CardProblem {
    /// The problem of a PIN try, with the option of this program that permits it where there is one.
    pub(super) fn of_pin(error: Error) -> Self {
        match error.kind() {
            ErrorKind::FinalTryRefused => Self::FinalTry,
            ErrorKind::TriesUnknown => Self::TriesUnknown,
            _ => error.into(),
        }
    }
}
