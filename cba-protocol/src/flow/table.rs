//! The state machines as data: of a sign-in, and of using the token that it ends in.
//!
//! Every step goes from one [`State`] to another as a row of [`SIGN_IN`] or [`PRT_USE`] says: a test walks each row with the real
//! machine, and another one drives the machine with a hostile peer and finds no step that is not in it.
//!
//! ```
//! use cba_protocol::State;
//! use cba_protocol::flow::table::{INITIAL, INITIAL_PRT_USE, MOST_STEPS, MOST_STEPS_PRT_USE, PRT_USE, SIGN_IN};
//!
//! assert_eq!((INITIAL[0], INITIAL_PRT_USE[0]), (State::Realm, State::Nonce));
//! // The card signs in a sign-in only.
//! assert!(SIGN_IN.iter().any(|row| row.to == State::Assertion));
//! assert!(PRT_USE.iter().all(|row| row.to != State::Assertion));
//! assert!(MOST_STEPS_PRT_USE < MOST_STEPS);
//! ```

use core::fmt;
use core::fmt::Write as _;

use super::State;

/// One row: in this state, when this happens, the machine goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// What happens.
    pub when: Event,
    /// The state after.
    pub to: State,
}

/// What moves the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The answer is not one that the protocol allows.
    AnswerUnusable,
    /// The server wants to see the user in a browser.
    InteractionRequired,
    /// The unwrapped key is not the one that the server meant.
    KeyUnfit,
    /// This cloud signs the user in, and the metadata has to be read.
    Managed,
    /// This cloud signs the user in, and a cache had the metadata.
    ManagedMetadataKnown,
    /// The metadata is read.
    MetadataRead,
    /// The nonce is there.
    NonceGiven,
    /// The nonce is there, and the user's proof is a refresh token, which nobody signs.
    NonceGivenNoCard,
    /// The nonce was too old, for the first time.
    NonceStale,
    /// The user belongs elsewhere.
    NotManaged,
    /// The token and its wrapped session key are there.
    PrtIssued,
    /// What was asked for is there, and the session key stays as it is.
    PrtRedeemed,
    /// The server refuses.
    Refused,
    /// The signature cannot be one of the algorithm asked for.
    SignatureUnfit,
    /// The signature is there.
    Signed,
    /// The session key is unwrapped and fits.
    Unwrapped,
    /// The server does not know the user, and there is another name that was not tried.
    UserUnknown,
}

/// Where a sign-in begins: with nothing cached, with the realm cached, with realm and metadata cached.
pub const INITIAL: [State; 3] = [State::Realm, State::Metadata, State::Nonce];

/// The most steps that any sign-in can take, whatever the server answers: two names, each with one replaced nonce.
pub const MOST_STEPS: usize = 20;

/// The transitions of a sign-in.
pub const SIGN_IN: &[Transition] = &[
    row(State::Realm, Event::Managed, State::Metadata),
    row(State::Realm, Event::ManagedMetadataKnown, State::Nonce),
    row(State::Realm, Event::NotManaged, State::NotManaged),
    row(State::Realm, Event::UserUnknown, State::Realm),
    row(State::Realm, Event::InteractionRequired, State::Interaction),
    row(State::Realm, Event::Refused, State::Refused),
    row(State::Realm, Event::AnswerUnusable, State::Failed),
    row(State::Metadata, Event::MetadataRead, State::Nonce),
    row(State::Metadata, Event::InteractionRequired, State::Interaction),
    row(State::Metadata, Event::Refused, State::Refused),
    row(State::Metadata, Event::AnswerUnusable, State::Failed),
    row(State::Nonce, Event::NonceGiven, State::Assertion),
    row(State::Nonce, Event::NonceGivenNoCard, State::Request),
    row(State::Nonce, Event::InteractionRequired, State::Interaction),
    row(State::Nonce, Event::Refused, State::Refused),
    row(State::Nonce, Event::AnswerUnusable, State::Failed),
    row(State::Assertion, Event::Signed, State::Request),
    row(State::Assertion, Event::SignatureUnfit, State::Failed),
    row(State::Request, Event::Signed, State::Token),
    row(State::Request, Event::SignatureUnfit, State::Failed),
    row(State::Token, Event::PrtIssued, State::SessionKey),
    row(State::Token, Event::NonceStale, State::Nonce),
    row(State::Token, Event::UserUnknown, State::Realm),
    row(State::Token, Event::InteractionRequired, State::Interaction),
    row(State::Token, Event::Refused, State::Refused),
    row(State::Token, Event::AnswerUnusable, State::Failed),
    row(State::SessionKey, Event::Unwrapped, State::Granted),
    row(State::SessionKey, Event::KeyUnfit, State::Failed),
];

/// Where a token request or a renewal begins: with a nonce or, when the configuration leaves it out, without.
pub const INITIAL_PRT_USE: [State; 2] = [State::Nonce, State::Token];

/// The most steps that any token request or renewal can take, whatever the server answers.
pub const MOST_STEPS_PRT_USE: usize = 5;

/// The transitions of a token request and of a renewal. No card is asked for, and the device only to unwrap a new session key.
pub const PRT_USE: &[Transition] = &[
    row(State::Nonce, Event::NonceGiven, State::Token),
    row(State::Nonce, Event::InteractionRequired, State::Interaction),
    row(State::Nonce, Event::Refused, State::Refused),
    row(State::Nonce, Event::AnswerUnusable, State::Failed),
    row(State::Token, Event::PrtRedeemed, State::Granted),
    row(State::Token, Event::PrtIssued, State::SessionKey),
    row(State::Token, Event::NonceStale, State::Nonce),
    row(State::Token, Event::InteractionRequired, State::Interaction),
    row(State::Token, Event::Refused, State::Refused),
    row(State::Token, Event::AnswerUnusable, State::Failed),
    row(State::SessionKey, Event::Unwrapped, State::Granted),
    row(State::SessionKey, Event::KeyUnfit, State::Failed),
];

/// The table of a sign-in as a [mermaid](https://mermaid.js.org/syntax/stateDiagram.html) state diagram, for documents.
///
/// ```
/// let diagram = cba_protocol::flow::table::mermaid();
/// assert!(diagram.starts_with("stateDiagram-v2\n"));
/// assert!(diagram.contains("    nonce --> assertion: nonce given\n"));
/// ```
#[must_use]
pub fn mermaid() -> String {
    let mut diagram = "stateDiagram-v2\n".to_owned();
    // Writing into a String does not fail.
    for state in INITIAL {
        let _ = writeln!(diagram, "    [*] --> {}", id(state));
    }
    for Transition { from, when, to } in SIGN_IN {
        let _ = writeln!(diagram, "    {} --> {}: {when}", id(*from), id(*to));
    }
    for state in [
        State::Failed,
        State::Granted,
        State::Interaction,
        State::NotManaged,
        State::Refused,
    ] {
        let _ = writeln!(diagram, "    {} --> [*]", id(state));
    }
    diagram
}

/// Mermaid's names have no hyphen.
fn id(state: State) -> String {
    state.name().replace('-', "_")
}

const fn row(from: State, when: Event, to: State) -> Transition {
    Transition { from, when, to }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AnswerUnusable => "answer unusable",
            Self::InteractionRequired => "interaction required",
            Self::KeyUnfit => "key unfit",
            Self::Managed => "managed",
            Self::ManagedMetadataKnown => "managed, metadata known",
            Self::MetadataRead => "metadata read",
            Self::NonceGiven => "nonce given",
            Self::NonceGivenNoCard => "nonce given, no card needed",
            Self::NonceStale => "nonce stale, first time",
            Self::NotManaged => "not managed",
            Self::PrtIssued => "PRT issued",
            Self::PrtRedeemed => "PRT redeemed",
            Self::Refused => "refused",
            Self::SignatureUnfit => "signature unfit",
            Self::Signed => "signed",
            Self::Unwrapped => "unwrapped",
            Self::UserUnknown => "user unknown, another name left",
        })
    }
}
