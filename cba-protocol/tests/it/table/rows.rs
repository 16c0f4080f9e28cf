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
    /// The service offers sign-in with a certificate.
    CertificateOffered,
    /// The server does not ask for a certificate in the handshake.
    CertificateNotRequested,
    /// The code of the sign-in is there.
    CodeGiven,
    /// The device code and the user code are there.
    CodesGiven,
    /// The certificate is that of another device.
    CertificateUnfit,
    /// The registration service is found.
    Discovered,
    /// A hidden form is there.
    FormGiven,
    /// A page asks whether to go on.
    InterruptShown,
    /// The keys are made.
    KeysMade,
    /// A key is not an RSA key with 2048 bits.
    KeysUnfit,
    /// The page to sign in is there.
    PageShown,
    /// The user has not signed in yet.
    Pending,
    /// The certificate of the new device is there.
    Registered,
    /// The device is removed, or was before.
    Removed,
    /// The user code is shown.
    Shown,
    /// The token is there.
    TokenGranted,
    /// The time has passed.
    Waited,
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

/// Most steps of a web sign-in, whatever the server answers: with ten pages.
pub(crate) const MAX_STEPS_WEB: usize = 13;

/// The transitions of a web sign-in with a certificate.
pub(crate) const WEB_SIGN_IN: &[Transition] = &[
    row(State::Authorize, Event::PageShown, State::CredentialType),
    row(State::Authorize, Event::InteractionRequired, State::Interaction),
    row(State::Authorize, Event::Refused, State::Refused),
    row(State::Authorize, Event::AnswerUnusable, State::Failed),
    row(
        State::CredentialType,
        Event::CertificateOffered,
        State::CertificateSignIn,
    ),
    row(State::CredentialType, Event::NotManaged, State::NotManaged),
    row(
        State::CredentialType,
        Event::InteractionRequired,
        State::Interaction,
    ),
    row(State::CredentialType, Event::Refused, State::Refused),
    row(State::CredentialType, Event::AnswerUnusable, State::Failed),
    row(State::CertificateSignIn, Event::FormGiven, State::Login),
    row(
        State::CertificateSignIn,
        Event::InteractionRequired,
        State::Interaction,
    ),
    row(State::CertificateSignIn, Event::Refused, State::Refused),
    row(
        State::CertificateSignIn,
        Event::CertificateNotRequested,
        State::Failed,
    ),
    row(State::CertificateSignIn, Event::AnswerUnusable, State::Failed),
    row(State::Login, Event::CodeGiven, State::Token),
    row(State::Login, Event::InterruptShown, State::Interrupt),
    row(State::Login, Event::FormGiven, State::Login),
    row(State::Login, Event::InteractionRequired, State::Interaction),
    row(State::Login, Event::Refused, State::Refused),
    row(State::Login, Event::AnswerUnusable, State::Failed),
    row(State::Interrupt, Event::CodeGiven, State::Token),
    row(State::Interrupt, Event::InterruptShown, State::Interrupt),
    row(State::Interrupt, Event::FormGiven, State::Login),
    row(State::Interrupt, Event::InteractionRequired, State::Interaction),
    row(State::Interrupt, Event::Refused, State::Refused),
    row(State::Interrupt, Event::AnswerUnusable, State::Failed),
    row(State::Token, Event::TokenGranted, State::Granted),
    row(State::Token, Event::InteractionRequired, State::Interaction),
    row(State::Token, Event::Refused, State::Refused),
    row(State::Token, Event::AnswerUnusable, State::Failed),
];

/// The transitions of a sign-in with a device code.
pub(crate) const DEVICE_CODE: &[Transition] = &[
    row(State::DeviceCode, Event::CodesGiven, State::UserCode),
    row(State::DeviceCode, Event::InteractionRequired, State::Interaction),
    row(State::DeviceCode, Event::Refused, State::Refused),
    row(State::DeviceCode, Event::AnswerUnusable, State::Failed),
    row(State::UserCode, Event::Shown, State::Waiting),
    row(State::Waiting, Event::Waited, State::Token),
    row(State::Token, Event::TokenGranted, State::Granted),
    row(State::Token, Event::Pending, State::Waiting),
    row(State::Token, Event::Refused, State::Refused),
    row(State::Token, Event::AnswerUnusable, State::Failed),
];

/// Most steps of a join, whatever the server answers.
pub(crate) const MAX_STEPS_JOIN: usize = 4;

/// The transitions of a join.
pub(crate) const JOIN: &[Transition] = &[
    row(State::Discovery, Event::Discovered, State::Keys),
    row(State::Discovery, Event::InteractionRequired, State::Interaction),
    row(State::Discovery, Event::Refused, State::Refused),
    row(State::Discovery, Event::AnswerUnusable, State::Failed),
    row(State::Keys, Event::KeysMade, State::CertificateRequest),
    row(State::Keys, Event::KeysUnfit, State::Failed),
    row(State::CertificateRequest, Event::Signed, State::Registration),
    row(State::CertificateRequest, Event::SignatureUnfit, State::Failed),
    row(State::Registration, Event::Registered, State::Granted),
    row(
        State::Registration,
        Event::InteractionRequired,
        State::Interaction,
    ),
    row(State::Registration, Event::Refused, State::Refused),
    row(State::Registration, Event::CertificateUnfit, State::Failed),
    row(State::Registration, Event::AnswerUnusable, State::Failed),
];

/// The transitions of leaving.
pub(crate) const LEAVE: &[Transition] = &[
    row(State::Removal, Event::Removed, State::Granted),
    row(State::Removal, Event::InteractionRequired, State::Interaction),
    row(State::Removal, Event::Refused, State::Refused),
    row(State::Removal, Event::CertificateNotRequested, State::Failed),
    row(State::Removal, Event::AnswerUnusable, State::Failed),
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
            Self::CertificateOffered => "certificate offered",
            Self::CertificateNotRequested => "no certificate requested",
            Self::CertificateUnfit => "certificate of another device",
            Self::CodeGiven => "code given",
            Self::CodesGiven => "codes given",
            Self::Discovered => "service found",
            Self::FormGiven => "form given",
            Self::InterruptShown => "asked whether to go on",
            Self::KeysMade => "keys made",
            Self::KeysUnfit => "unfit key",
            Self::PageShown => "sign-in page shown",
            Self::Pending => "user has not signed in yet",
            Self::Registered => "registered",
            Self::Removed => "removed, or gone before",
            Self::Shown => "shown",
            Self::TokenGranted => "token granted",
            Self::Waited => "waited",
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
