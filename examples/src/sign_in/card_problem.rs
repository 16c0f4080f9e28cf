//! Reasons why a sign-in cannot use the card.

use card_access::{Error, ErrorKind, PivSlot, Slot};

/// Reason why the card cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CardProblem {
    /// An error of card-access.
    #[error("{0}. {help}", help = .0.hint())]
    Card(#[from] Error),
    /// The slot is empty.
    #[error(
        "{token} has no certificate in slot {slot}; choose another slot with --slot, or have a certificate issued to the card"
    )]
    EmptySlot {
        /// The token's name.
        token: String,
        /// The slot of the command line.
        slot: Slot,
    },
    /// One try is left, and the user did not allow it.
    #[error(
        "only one try is left for the PIN, and a wrong PIN blocks the card; if you are sure of the PIN, add --last-try"
    )]
    FinalTry,
    /// The PIN could not be read.
    #[error("no PIN: {0}")]
    NoPin(std::io::Error),
    /// The reader has no PIN pad, and --pin-pad requires one.
    #[error("this reader has no PIN pad; remove --pin-pad")]
    NoPinPad,
    /// There is no token of this name.
    #[error("no card has the name {wanted:?}; the cards are {there}")]
    NotFound {
        /// The name of the command line.
        wanted: String,
        /// The tokens that were found.
        there: String,
    },
    /// A PIV slot whose PKCS#11 object is unknown.
    #[error("the PKCS#11 object for slot {slot} is unknown; use its CKA_ID with --slot id:HEX")]
    NoSuchObject {
        /// The slot of the command line.
        slot: PivSlot,
    },
    /// More than one token matches.
    #[error("several cards match: {there}. Choose one with --reader or --token")]
    Several {
        /// The tokens that match.
        there: String,
    },
    /// The number of PIN tries is unknown, and the user did not allow a try that may be the last one.
    #[error(
        "the card does not show how many tries are left for the PIN, and a wrong PIN may block it; if you are sure of the PIN, add \
         --last-try"
    )]
    TriesUnknown,
    /// There is no certificate with this hash or label.
    #[error("no certificate matches {wanted:?}; the certificates are {there}")]
    NoSuchCertificate {
        /// The hash or label of the command line.
        wanted: String,
        /// The certificates that were found.
        there: String,
    },
    /// There is more than one certificate, and none is the default one.
    #[error("several certificates match: {there}. Choose one with --certificate")]
    SeveralCertificates {
        /// The certificates that match.
        there: String,
    },
    /// There is no token, and a reader or slot could not be read.
    #[error("{place} cannot be read: {error}. {help}", help = .error.hint())]
    Unreadable {
        /// The reader or slot.
        place: String,
        /// The reason.
        error: Error,
    },
}

impl CardProblem {
    /// Problem of a PIN try. Names the option of this program that allows the try, if there is one.
    pub(super) fn of_pin(error: Error) -> Self {
        match error.kind() {
            ErrorKind::FinalTryRefused => Self::FinalTry,
            ErrorKind::TriesUnknown => Self::TriesUnknown,
            _ => error.into(),
        }
    }
}
