//! Kinds of errors, with code, hint and who has to act.

use super::{Responsible, system};

/// Kind of error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The card does not allow an object to be read.
    #[error("the card does not allow this to be read")]
    AccessDenied,
    /// Another program holds the reader or the card.
    #[error("another program holds the card")]
    Busy,
    /// The wait was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The card or module refused or failed, for a reason without a kind of its own.
    #[error("the card failed")]
    CardFailed,
    /// Another program reset the card during the operation.
    #[error("another program reset the card")]
    CardReset,
    /// The card refuses the PIN, the key or an object over its contactless interface.
    #[error("the card refuses this over its contactless interface")]
    ContactRequired,
    /// Others than its owner can read the key file.
    #[error("other users can read the key file")]
    FileExposed,
    /// The key file is missing or cannot be read.
    #[error("the key file can't be read")]
    FileUnreadable,
    /// Only one try is left, and a final try was not allowed. No try was spent.
    #[error("only one try is left for the PIN, and it was not allowed")]
    FinalTryRefused,
    /// This program cannot run PKCS#11 modules in helper processes: see `pkcs11::helper`.
    #[error("this program cannot run PKCS#11 modules in a helper process")]
    HelperMissing,
    /// No certificate is visible without the PIN. Some may be visible after a login (`CKA_PRIVATE` of PKCS#11): see
    /// `Token::credentials_after_login`.
    #[error("no certificate is visible without the PIN")]
    LoginRequired,
    /// A response does not conform to its specification.
    #[error("malformed {what}")]
    Malformed {
        /// The malformed part.
        what: &'static str,
    },
    /// The PKCS#11 module hung or crashed.
    #[error("the PKCS#11 module failed")]
    ModuleFailed,
    /// There is no PKCS#11 module at the path.
    #[error("PKCS#11 module not found")]
    ModuleMissing,
    /// The reader is empty, or the card does not answer.
    #[error("no card")]
    NoCard,
    /// The slot or token holds no certificate.
    #[error("no certificate")]
    NoCredential,
    /// No reader is connected.
    #[error("no card reader")]
    NoReader,
    /// The smart card service is not running.
    #[error("the smart card service is not running")]
    NoService,
    /// The smart card service refuses this user or session.
    #[error("the smart card service refuses this user")]
    NotAuthorized,
    /// The token is not initialized: it has no user PIN.
    #[error("the token is not initialized")]
    NotInitialized,
    /// The token accepted the PIN, and then reported that no user is logged in: the key needs another PIN or user.
    #[error("the token does not accept the login for this key")]
    NotLoggedIn,
    /// The card in the reader is not the one that was opened.
    #[error("another card is in the reader")]
    OtherCard,
    /// The PIN is blocked.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// The PIN must be changed before it can be used: it is the issuer's initial PIN, or it has expired.
    #[error("the PIN must be changed before it can be used")]
    PinChangeRequired,
    /// The PIN breaks the token's rules for PINs. It was not sent, or the token refused its form.
    #[error("invalid PIN for this token: {rule}")]
    PinFormat {
        /// The rule.
        rule: &'static str,
    },
    /// The token did not check the PIN. Whether that cost a try is unknown.
    #[error("the token refused to check the PIN: {reason}")]
    PinRefused {
        /// Reason, as far as the token reports one.
        reason: &'static str,
    },
    /// The key requires the PIN.
    #[error("the PIN is required")]
    PinRequired,
    /// The key operation was refused although the PIN was correct: a touch was missed, or the key's policy does not allow it.
    #[error("the card refuses to use the key")]
    Refused,
    /// The card or token was removed.
    #[error("the card was removed")]
    Removed,
    /// Several certificates have the same identifier.
    #[error("several certificates have this identifier")]
    SeveralCredentials,
    /// The smart card service is running but does not answer.
    #[error("the smart card service does not answer")]
    ServiceSilent,
    /// The card, another program or the user took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The number of tries left cannot be read, and a try that may be the last was not allowed. No try was spent.
    #[error("the number of tries left for the PIN is unknown, and a final try was not allowed")]
    TriesUnknown,
    /// The card has no supported application.
    #[error("the card has no supported application")]
    UnknownCard,
    /// The card, reader or module does not support the operation.
    #[error("{what} is not supported")]
    Unsupported {
        /// The unsupported operation.
        what: &'static str,
    },
    /// The PIN is wrong. One try was spent.
    #[error("the PIN is wrong{}", tries(*tries_left))]
    WrongPin {
        /// Tries left, if the token reports them.
        tries_left: Option<u8>,
    },
    /// The signature does not match the certificate's public key.
    #[error("the signature does not match the certificate")]
    WrongSignature,
}

/// Fixed properties of a kind.
pub(super) struct Entry {
    pub(super) code: &'static str,
    pub(super) responsible: Responsible,
    pub(super) hint: &'static str,
}

impl ErrorKind {
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(super) fn entry(&self) -> Entry {
        use Responsible::{Administrator, Developer, Issuer, User};
        let (code, responsible, hint) = match self {
            Self::AccessDenied => (
                "card/access-denied",
                Issuer,
                "Try the PKCS#11 module that came with the card, or ask the card's issuer.",
            ),
            Self::Busy => (
                "card/busy",
                User,
                "Close the other program that uses the card, or try again.",
            ),
            Self::Cancelled => ("card/cancelled", User, "Start again when you are ready."),
            Self::CardFailed => ("card/failed", Issuer, "Remove the card, insert it and try again."),
            Self::CardReset => (
                "card/reset",
                User,
                "Try again; if the error persists, close other programs that use the card.",
            ),
            Self::ContactRequired => (
                "card/contact-required",
                User,
                "Use the contact reader: insert the card, or connect the security key by USB.",
            ),
            Self::FileExposed => ("card/file-exposed", Administrator, system::PROTECT_FILE),
            Self::FileUnreadable => (
                "card/file-unreadable",
                Administrator,
                "Check the key file's path and permissions.",
            ),
            Self::FinalTryRefused => (
                "card/final-try-refused",
                User,
                "Make sure that you know the PIN, then allow the final try, or unblock the PIN.",
            ),
            Self::HelperMissing => (
                "card/helper-missing",
                Developer,
                "Call helper::run_if_helper first in main, name a helper program, or choose in_process.",
            ),
            Self::LoginRequired => (
                "card/login-required",
                User,
                "Enter the PIN: a sign-in then lists the certificates again.",
            ),
            Self::Malformed { .. } => (
                "card/malformed",
                Issuer,
                "Have the content of the card or key file checked.",
            ),
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
            Self::NoCard => ("card/no-card", User, "Insert the card, chip first and facing up."),
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
            Self::NoService => ("card/no-service", Administrator, system::START_SERVICE),
            Self::NotAuthorized => ("card/not-authorized", Administrator, system::ALLOW_USER),
            Self::NotInitialized => (
                "card/not-initialized",
                Issuer,
                "Initialize the token and set a user PIN.",
            ),
            Self::NotLoggedIn => (
                "card/not-logged-in",
                Issuer,
                "Ask the card's issuer which PIN this key needs. The PIN that was entered is correct, and no try was lost.",
            ),
            Self::OtherCard => (
                "card/other-card",
                User,
                "Insert the card that you started with, or start again.",
            ),
            Self::PinBlocked => (
                "card/pin-blocked",
                Issuer,
                "Unblock the PIN with the PUK, or ask the card's issuer.",
            ),
            Self::PinChangeRequired => (
                "card/pin-change-required",
                User,
                "Change the PIN with the card's own software, or ask the card's issuer; then sign in.",
            ),
            Self::PinFormat { .. } => (
                "card/pin-format",
                User,
                "Type the PIN in the form that the card's issuer prescribes.",
            ),
            Self::PinRefused { .. } => (
                "card/pin-refused",
                Issuer,
                "Check the number of tries left before you try again, and ask the card's issuer.",
            ),
            Self::PinRequired => ("card/pin-required", Developer, "Call again with a PIN."),
            Self::Refused => (
                "card/refused",
                User,
                "Touch the key when it blinks; over NFC, use a key that requires no touch.",
            ),
            Self::Removed => ("card/removed", User, "Insert the card and start again."),
            Self::SeveralCredentials => (
                "card/several-credentials",
                User,
                "Choose one of them by the hash of its certificate.",
            ),
            Self::ServiceSilent => ("card/service-silent", Administrator, system::RESTART_SERVICE),
            Self::TimedOut => (
                "card/timed-out",
                User,
                "Try again; if the card does not answer, remove it and insert it again.",
            ),
            Self::TriesUnknown => (
                "card/tries-unknown",
                User,
                "Make sure that you know the PIN, then allow a try that may be the final one.",
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
            Self::WrongSignature => (
                "card/wrong-signature",
                Issuer,
                "Have the card checked: its key is not the certificate's, or it is faulty.",
            ),
        };
        Entry {
            code,
            responsible,
            hint,
        }
    }
}

/// End of the message about a wrong PIN.
fn tries(left: Option<u8>) -> String {
    match left {
        None => String::new(),
        Some(0) => String::from(" and is now blocked"),
        Some(1) => String::from(", one try is left"),
        Some(tries) => format!(", {tries} tries are left"),
    }
}
