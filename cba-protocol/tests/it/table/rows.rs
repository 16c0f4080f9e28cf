//! The state machines as data: of a sign-in, and of using the token that it ends with.

use core::fmt;
use core::fmt::Write as _;

use cba_protocol::State;

/// In the state `from`, the event `when` leads to the state `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) from: State,
    pub(crate) when: Event,
    pub(crate) to: State,
}

/// What causes a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// The answer is not one that the protocol allows.
    AnswerUnusable,
    /// The server requires the user to sign in with a browser.
    InteractionRequired,
    /// The unwrapped key is not the one that the server wrapped.
    KeyUnfit,
    /// This cloud signs the user in, and the metadata must be read.
    Managed,
    /// This cloud signs the user in, and a cache had the metadata.
    ManagedMetadataKnown,
    /// The metadata is read.
    MetadataRead,
    /// The nonce is there.
    NonceGiven,
    /// The nonce is there, and the user's proof is a refresh token, which needs no signature.
    NonceGivenNoCard,
    /// The nonce was stale, for the first time.
    NonceStale,
    /// This cloud does not sign the user in.
    NotManaged,
    /// The token and its wrapped session key are there.
    PrtIssued,
    /// The card signs later than the task was handed out.
    Postponed,
    /// The card signs so much later that the nonce is too old.
    PostponedTooLong,
    /// What was asked for is there, and the session key stays the same.
    PrtRedeemed,
    /// The server refuses.
    Refused,
    /// The signature has the wrong length for its algorithm.
    SignatureUnfit,
    /// The signature is there.
    Signed,
    /// The session key is unwrapped and fits.
    Unwrapped,
}

/// First state of a sign-in: with nothing cached, with the realm cached, with realm and metadata cached.
pub(crate) const INITIAL: [State; 3] = [State::Realm, State::Metadata, State::Nonce];

/// Most steps of a sign-in, whatever the server answers: with one nonce replaced. The caller may postpone the signature as well.
pub(crate) const MAX_STEPS: usize = 11;

/// The transitions of a sign-in.
pub(crate) const SIGN_IN: &[Transition] = &[
    row(State::Realm, Event::Managed, State::Metadata),
    row(State::Realm, Event::ManagedMetadataKnown, State::Nonce),
    row(State::Realm, Event::NotManaged, State::NotManaged),
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
    row(State::Assertion, Event::Postponed, State::Assertion),
    row(State::Assertion, Event::PostponedTooLong, State::Nonce),
    row(State::Request, Event::Signed, State::Token),
    row(State::Request, Event::SignatureUnfit, State::Failed),
    row(State::Token, Event::PrtIssued, State::SessionKey),
    row(State::Token, Event::NonceStale, State::Nonce),
    row(State::Token, Event::InteractionRequired, State::Interaction),
    row(State::Token, Event::Refused, State::Refused),
    row(State::Token, Event::AnswerUnusable, State::Failed),
    row(State::SessionKey, Event::Unwrapped, State::Granted),
    row(State::SessionKey, Event::KeyUnfit, State::Failed),
];

/// First state of a token request or a renewal: with a nonce, and without one.
pub(crate) const INITIAL_PRT_USE: [State; 2] = [State::Nonce, State::Token];

/// Most steps of a token request or a renewal, whatever the server answers.
pub(crate) const MAX_STEPS_PRT_USE: usize = 5;

/// The transitions of a token request and of a renewal. No card is needed, and the device only to decrypt a new session key.
pub(crate) const PRT_USE: &[Transition] = &[
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

/// The table of a sign-in as a [mermaid](https://mermaid.js.org/syntax/stateDiagram.html) state diagram.
pub(crate) fn mermaid() -> String {
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

/// The rows as a Markdown table.
pub(crate) fn markdown(rows: &[Transition]) -> String {
    let mut table = "| state | event | next state |\n|---|---|---|\n".to_owned();
    for Transition { from, when, to } in rows {
        let _ = writeln!(table, "| {from} | {when} | {to} |");
    }
    table
}

/// Names in mermaid have no hyphen.
fn id(state: State) -> String {
    state.code().replace('-', "_")
}

const fn row(from: State, when: Event, to: State) -> Transition {
    Transition { from, when, to }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AnswerUnusable => "unusable answer",
            Self::InteractionRequired => "interaction required",
            Self::KeyUnfit => "wrong key",
            Self::Managed => "managed",
            Self::ManagedMetadataKnown => "managed, metadata known",
            Self::MetadataRead => "metadata read",
            Self::NonceGiven => "nonce given",
            Self::NonceGivenNoCard => "nonce given, no signature needed",
            Self::NonceStale => "nonce stale, first time",
            Self::NotManaged => "not managed",
            Self::Postponed => "signed later",
            Self::PostponedTooLong => "signed later, nonce too old",
            Self::PrtIssued => "PRT issued",
            Self::PrtRedeemed => "PRT redeemed",
            Self::Refused => "refused",
            Self::SignatureUnfit => "wrong length",
            Self::Signed => "signed",
            Self::Unwrapped => "unwrapped",
        })
    }
}
