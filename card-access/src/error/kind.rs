//! The kinds of errors, and what is fixed about each.

use super::Responsible;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The card does not let an object be read.
    #[error("the card does not let this be read")]
    AccessDenied,
    /// Another program holds the reader or the card.
    #[error("another program holds the card")]
    Busy,
    /// The wait was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The card or module refused or failed, in a way that has no kind of its own here.
    #[error("the card failed")]
    CardFailed,
    /// Another program reset the card in the middle.
    #[error("another program reset the card")]
    CardReset,
    /// The card refuses the PIN, the key or an object over its contactless interface.
    #[error("the card refuses this over its contactless interface")]
    ContactRequired,
    /// Others than its owner may read the key file.
    #[error("others may read the key file")]
    FileExposed,
    /// The key file is not there, or can't be read.
    #[error("the key file can't be read")]
    FileUnreadable,
    /// Only one try is left, and it was not allowed. No try was spent.
    #[error("only one try is left for the PIN, and it was not allowed")]
    FinalTryRefused,
    /// This program cannot run PKCS#11 modules in helper processes: see `pkcs11::helper`.
    #[error("this program cannot run PKCS#11 modules in a helper process")]
    HelperMissing,
    /// No certificate is visible without the PIN. There may be some that are visible after a login
    /// (`CKA_PRIVATE` of PKCS#11): see `Token::credentials_after_login`.
    #[error("no certificate is visible without the PIN")]
    LoginRequired,
    /// The answer breaks its specification.
    #[error("malformed {what}")]
    Malformed {
        /// What was malformed.
        what: &'static str,
    },
    /// The PKCS#11 module hung or crashed.
    #[error("the PKCS#11 module failed")]
    ModuleFailed,
    /// There is no PKCS#11 module at the path, or the file is none.
    #[error("there is no such PKCS#11 module")]
    ModuleMissing,
    /// The reader is empty, or what is in it does not answer.
    #[error("no card")]
    NoCard,
    /// The slot or token holds no certificate.
    #[error("no certificate")]
    NoCredential,
    /// There is no reader.
    #[error("no card reader")]
    NoReader,
    /// The smart card service does not run.
    #[error("the smart card service does not run")]
    NoService,
    /// The service refuses this user or session.
    #[error("the smart card service refuses this user")]
    NotAuthorized,
    /// The token was never set up: it has no user PIN.
    #[error("the token was never set up")]
    NotInitialized,
    /// The token took the PIN, and then reports that nobody is logged in: the key needs another PIN or user.
    #[error("the token does not accept the login for this key")]
    NotLoggedIn,
    /// Another card is in the reader than the one that was opened.
    #[error("another card is in the reader")]
    OtherCard,
    /// The PIN is blocked.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// The PIN has to be changed before it can be used: it is the issuer's first one, or it has expired.
    #[error("the PIN must be changed before it can be used")]
    PinChangeRequired,
    /// The PIN breaks the token's rules for PINs: it was not sent, or the token refused its form.
    #[error("not a PIN of this token: {rule}")]
    PinFormat {
        /// The rule.
        rule: &'static str,
    },
    /// The token did not check the PIN that it was given. Whether that cost a try is unknown.
    #[error("the token refused to check the PIN: {reason}")]
    PinRefused {
        /// The reason, as far as the token gave one.
        reason: &'static str,
    },
    /// The key needs the PIN.
    #[error("the PIN is needed")]
    PinRequired,
    /// The key was refused although the PIN was right: a touch was missed, or the key's policy does not allow it.
    #[error("the card refuses to use the key")]
    Refused,
    /// The card or token was taken out.
    #[error("the card was taken out")]
    Removed,
    /// Several certificates have the same identifier.
    #[error("several certificates have this identifier")]
    SeveralCredentials,
    /// The smart card service runs and does not answer.
    #[error("the smart card service does not answer")]
    ServiceSilent,
    /// The card, the reader's holder or the user took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The number of tries left for the PIN cannot be read, and a try that may be the last was not allowed. No try was spent.
    #[error("the number of tries left for the PIN is unknown, and a final try was not allowed")]
    TriesUnknown,
    /// The card has no application that is known here.
    #[error("the card has no application that is supported here")]
    UnknownCard,
    /// The card, reader or module can't do this.
    #[error("{what} is not supported")]
    Unsupported {
        /// What it can't do.
        what: &'static str,
    },
    /// The PIN is wrong. One try was spent.
    #[error("the PIN is wrong{}", tries(*tries_left))]
    WrongPin {
        /// The tries left, where the token tells.
        tries_left: Option<u8>,
    },
    /// The signature does not fit the certificate's public key.
    #[error("the signature does not fit the certificate")]
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
                "Try the PKCS#11 module that came with the card, or ask who issued it.",
            ),
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
            Self::ContactRequired => (
                "card/contact-required",
                User,
                "Use the contact reader: insert the card, or connect the security key by USB.",
            ),
            Self::FileExposed => (
                "card/file-exposed",
                Administrator,
                "Let nobody but its owner read the key file: chmod 600.",
            ),
            Self::FileUnreadable => (
                "card/file-unreadable",
                Administrator,
                "Check the key file's path, and that this user may read it.",
            ),
            Self::FinalTryRefused => (
                "card/final-try-refused",
                User,
                "Make sure of the PIN, then allow the final try or unblock the PIN.",
            ),
            Self::HelperMissing => (
                "card/helper-missing",
                Developer,
                "Call helper::run_if_helper first in main, name a helper program, or choose in_process.",
            ),
            Self::LoginRequired => (
                "card/login-required",
                User,
                "Log in to see them: a sign-in looks again after the PIN was entered.",
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
            Self::NotLoggedIn => (
                "card/not-logged-in",
                Issuer,
                "Ask who issued the card which PIN this key needs; the PIN that was entered is right, and no try was lost.",
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
            Self::PinChangeRequired => (
                "card/pin-change-required",
                User,
                "Change the PIN with the card's own software, or ask who issued the card; then sign in.",
            ),
            Self::PinFormat { .. } => (
                "card/pin-format",
                User,
                "Type the PIN as the card's issuer prescribes it.",
            ),
            Self::PinRefused { .. } => (
                "card/pin-refused",
                Issuer,
                "Look at the number of tries left before the next one, and ask who issued the card.",
            ),
            Self::PinRequired => ("card/pin-required", Developer, "Call again with a PIN."),
            Self::Refused => (
                "card/refused",
                User,
                "Touch the key when it blinks; over NFC, use a key that wants no touch.",
            ),
            Self::Removed => ("card/removed", User, "Put the card back and start again."),
            Self::SeveralCredentials => (
                "card/several-credentials",
                User,
                "Choose one of them by the hash of its certificate.",
            ),
            Self::ServiceSilent => (
                "card/service-silent",
                Administrator,
                "Restart the service (systemctl restart pcscd).",
            ),
            Self::TimedOut => (
                "card/timed-out",
                User,
                "Try again; if the card stays silent, take it out and put it back.",
            ),
            Self::TriesUnknown => (
                "card/tries-unknown",
                User,
                "Make sure of the PIN, then allow a try that may be the final one.",
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

/// The end of the sentence about a wrong PIN.
fn tries(left: Option<u8>) -> String {
    match left {
        None => String::new(),
        Some(0) => String::from(" and is now blocked"),
        Some(1) => String::from(", one try is left"),
        Some(tries) => format!(", {tries} tries are left"),
    }
}
