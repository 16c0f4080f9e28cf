//! What a sign-in waits for, so that a limit on its time can say so.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card_access::{Backend, TokenId};
use cba_protocol::State;

use crate::output::printable_line;

/// Something that a sign-in waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A card, or another token that is reached directly.
    Card {
        /// Its reader.
        place: String,
    },
    /// The readers, to find the card.
    Cards,
    /// The files of the command line and the caches.
    Files,
    /// A PKCS#11 module.
    Module {
        /// Its path, with the slot where there is one.
        place: String,
    },
    /// The user who types the PIN, or the program that gives it.
    Pin,
    /// The user at the PIN pad of a reader.
    PinPad {
        /// The reader.
        place: String,
    },
    /// The authority.
    Request {
        /// The request.
        state: State,
        /// The host that was asked.
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

    /// Code of the error that it is to have waited for too long. Part of the contract of `sign-in --json`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Card { .. } => "time-limit/card",
            Self::Cards => "time-limit/cards",
            Self::Files => "time-limit/files",
            Self::Module { .. } => "time-limit/module",
            Self::Pin => "time-limit/pin",
            Self::PinPad { .. } => "time-limit/pin-pad",
            Self::Request { state, .. } => match state {
                State::Metadata => "time-limit/metadata-request",
                State::Nonce => "time-limit/nonce-request",
                State::Realm => "time-limit/realm-request",
                _ => "time-limit/token-request",
            },
        }
    }

    /// What to try, and who can.
    pub(crate) fn remedy(&self) -> (&'static str, &'static str) {
        match self {
            Self::Card { .. } | Self::Cards => (
                "user",
                "Take the card out and put it back, or close other programs that use it; then try again.",
            ),
            Self::Files => (
                "administrator",
                "See whether the files are on a server that does not answer.",
            ),
            Self::Module { .. } => ("administrator", "Update the PKCS#11 module, or leave it out."),
            Self::Pin | Self::PinPad { .. } => (
                "user",
                "Type the PIN sooner, or allow more time with --time-limit.",
            ),
            Self::Request { .. } => (
                "service",
                "Check that the authority can be reached from here, or allow more time with --time-limit.",
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
            Self::Module { place } => write!(f, "the PKCS#11 module {}", printable_line(place)),
            Self::Pin => f.write_str("the PIN"),
            Self::PinPad { place } => write!(f, "the PIN on the PIN pad of {}", printable_line(place)),
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
        State::Metadata | State::Nonce | State::Realm => state.code(),
        _ => "token",
    }
}

/// What a sign-in in another thread waits for now, and whether anybody still waits for the sign-in.
#[derive(Clone)]
pub(crate) struct Waiting(Arc<Mutex<Now>>);

struct Now {
    wait: Wait,
    is_over: bool,
}

impl Waiting {
    /// A sign-in that begins.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Now {
            wait: Wait::Files,
            is_over: false,
        })))
    }

    /// Notes what is waited for from now on.
    pub(crate) fn set(&self, wait: Wait) {
        self.now().wait = wait;
    }

    /// Says that nobody waits any more: the sign-in ends before its next step. Gives what it waits for.
    pub(crate) fn give_up(&self) -> Wait {
        let mut now = self.now();
        now.is_over = true;
        now.wait.clone()
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_over(&self) -> bool {
        self.now().is_over
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
