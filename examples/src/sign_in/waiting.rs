//! Reason for which a sign-in waits, for the message of the time limit.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card_access::{Backend, TokenId};
use cba_protocol::State;
use http::Request;

use crate::output::printable_line;

/// Reason for which a sign-in waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A card, or another token that is accessed directly.
    Card {
        /// Its reader.
        place: String,
    },
    /// The readers, while it looks for the card.
    Cards,
    /// The files of the command line and the caches.
    Files,
    /// A domain controller.
    Kdc {
        /// Its realm.
        realm: String,
    },
    /// A PKCS#11 module.
    Module {
        /// Its path, and the slot if there is one.
        place: String,
    },
    /// The user who types the PIN, or the program that sends it.
    Pin,
    /// The user at the PIN pad of a reader.
    PinPad {
        /// The reader.
        place: String,
    },
    /// The user at the browser of another machine.
    OtherMachine,
    /// The authority.
    Request {
        /// The state of the protocol.
        state: State,
        /// The host of the request.
        host: String,
    },
}

impl Wait {
    /// An operation of a token.
    pub(crate) fn token(id: &TokenId) -> Self {
        let place = id.place().to_owned();
        match id.backend() {
            Backend::Pkcs11 => Self::Module { place },
            _ => Self::Card { place },
        }
    }

    /// A request.
    pub(crate) fn request(state: State, request: &Request<Vec<u8>>) -> Self {
        let host = request.uri().authority();
        Self::Request {
            state,
            host: host.map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Code of the error when the time limit ends during this wait. Part of the contract of `sign-in --json`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Card { .. } => "time-limit/card",
            Self::Cards => "time-limit/cards",
            Self::Files => "time-limit/files",
            Self::Kdc { .. } => "time-limit/domain-controller",
            Self::Module { .. } => "time-limit/module",
            Self::Pin => "time-limit/pin",
            Self::PinPad { .. } => "time-limit/pin-pad",
            Self::OtherMachine => "time-limit/device-code",
            Self::Request { state, .. } => match state {
                State::Discovery => "time-limit/discovery-request",
                State::Registration => "time-limit/registration-request",
                State::Removal => "time-limit/removal-request",
                State::Authorize
                | State::CertificateSignIn
                | State::CredentialType
                | State::Interrupt
                | State::Login => "time-limit/web-request",
                State::DeviceCode => "time-limit/device-code-request",
                State::Metadata => "time-limit/metadata-request",
                State::Nonce => "time-limit/nonce-request",
                State::Realm => "time-limit/realm-request",
                _ => "time-limit/token-request",
            },
        }
    }

    /// Who has to act, and what to try.
    pub(crate) fn remedy(&self) -> (&'static str, &'static str) {
        match self {
            Self::Card { .. } | Self::Cards => (
                "user",
                "Remove and insert the card, or close other programs that use it. Then try again.",
            ),
            Self::Files => (
                "administrator",
                "Check whether the files are on a server that does not answer.",
            ),
            Self::Kdc { .. } => (
                "administrator",
                "Check that TCP port 88 of the domain controllers can be reached from here.",
            ),
            Self::Module { .. } => ("administrator", "Update the PKCS#11 module, or use another one."),
            Self::Pin | Self::PinPad { .. } => (
                "user",
                "Type the PIN sooner, or allow more time with --time-limit.",
            ),
            Self::OtherMachine => (
                "user",
                "Enter the code sooner, or allow more time with --time-limit.",
            ),
            Self::Request { .. } => (
                "service",
                "Check that this machine can reach the authority, or allow more time with --time-limit.",
            ),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Card { place } => write!(f, "the card in {}", printable_line(place)),
            Self::Cards => f.write_str("the readers and their cards"),
            Self::Files => f.write_str("files"),
            Self::Kdc { realm } => write!(f, "a domain controller of {}", printable_line(realm)),
            Self::Module { place } => write!(f, "the PKCS#11 module {}", printable_line(place)),
            Self::Pin => f.write_str("the PIN"),
            Self::PinPad { place } => write!(f, "the PIN on the PIN pad of {}", printable_line(place)),
            Self::OtherMachine => f.write_str("the code to be entered on another machine"),
            Self::Request { state, host } => {
                write!(
                    f,
                    "the answer of {} to the {} request",
                    printable_line(host),
                    request(*state)
                )
            }
        }
    }
}

fn request(state: State) -> &'static str {
    match state {
        State::Assertion | State::Request | State::SessionKey | State::Token => "token",
        other => other.code(),
    }
}

/// Reason for which a sign-in in another thread waits, and whether it was abandoned.
#[derive(Clone)]
pub(crate) struct Waiting(Arc<Mutex<Now>>);

struct Now {
    wait: Wait,
    is_abandoned: bool,
    is_committed: bool,
    /// Whether it is abandoned at the end of its commitment.
    is_left: bool,
}

/// When a sign-in that is left ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// When it has registered a device and written its file.
    AfterCommitment,
    /// Before its next step.
    Now,
}

impl Waiting {
    /// A sign-in that begins.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Now {
            wait: Wait::Files,
            is_abandoned: false,
            is_committed: false,
            is_left: false,
        })))
    }

    /// Records what the sign-in is waiting for.
    pub(crate) fn set(&self, wait: Wait) {
        self.now().wait = wait;
    }

    /// Abandons the sign-in: it ends before its next step. Returns what it is waiting for, or `None` if it has committed itself.
    pub(crate) fn abandon(&self) -> Option<Wait> {
        let mut now = self.now();
        if now.is_committed {
            return None;
        }
        now.is_abandoned = true;
        Some(now.wait.clone())
    }

    /// Abandons the sign-in now or, if it has committed itself, at the end of its commitment.
    pub(crate) fn leave(&self) -> Leaving {
        let mut now = self.now();
        if now.is_committed {
            now.is_left = true;
            return Leaving::AfterCommitment;
        }
        now.is_abandoned = true;
        Leaving::Now
    }

    /// From now on it cannot be abandoned, because its next step has to be followed by others: a registered device needs its file.
    /// Returns whether it was not abandoned before.
    pub(crate) fn commit(&self) -> bool {
        let mut now = self.now();
        now.is_committed = !now.is_abandoned;
        now.is_committed
    }

    /// The steps that had to follow are done, or not needed.
    pub(crate) fn end_commitment(&self) {
        let mut now = self.now();
        now.is_committed = false;
        now.is_abandoned |= now.is_left;
    }

    /// Whether the sign-in was abandoned.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.now().is_abandoned
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
