//! Events that the screen receives, and effects that it requests.

use std::time::Duration;

use card_access::PinStatus;
use upn_resolver::{Decision, Upn};

use super::overview::{CardOverview, Tile};
use super::shown_failure::ShownFailure;
use crate::sign_in::card::{Given, LastTry};
use crate::sign_in::report::Report;

/// An event.
pub(super) enum Event {
    /// The user pressed a key.
    Key(Key),
    /// The cards have changed.
    CardOverview(CardOverview),
    /// The state of the PIN of a tile's card, and the cached name.
    Prepared(Box<Prepared>),
    /// The sign-in has reached this state, with the time since its start.
    Reached(cba_protocol::State, Duration),
    /// The sign-in has decided about the name.
    Decided(Box<Decision>),
    /// The machine has joined; the sign-in follows.
    Joined(Box<Joined>),
    /// The sign-in ended.
    Ended(Box<Ended>),
    /// A problem that does not stop the sign-in.
    Remark(String),
    /// The window has another size.
    Resized,
    /// Time has passed. Sent while something moves.
    Tick,
    /// A thread panicked; the program must end.
    ThreadLost,
    /// A signal asks the program to end.
    Signal(i32),
}

/// A key that has a meaning here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Backspace,
    Character(char),
    Down,
    Enter,
    Escape,
    Function(u8),
    /// Control-C
    Interrupt,
    Left,
    PageDown,
    PageUp,
    Right,
    Tab,
    Up,
}

/// Information about a tile that is needed before its PIN is typed.
pub(super) struct Prepared {
    pub(super) tile: Tile,
    pub(super) pin: Result<PinStatus, ShownFailure>,
    pub(super) cached: Option<Upn>,
}

/// A machine that has just joined.
pub(super) struct Joined {
    pub(super) tenant: String,
    /// The options, completed by the new device file.
    pub(super) options: crate::sign_in::joined::Joined,
}

/// How a sign-in ended.
pub(super) struct Ended {
    pub(super) result: Result<Report, ShownFailure>,
    /// State of the PIN afterwards, if the card reports it.
    pub(super) pin: Option<PinStatus>,
    /// The duration.
    pub(super) took: Duration,
}

/// An effect that the screen requests.
pub(super) enum Effect {
    /// Read the state of the PIN of a tile's card. Answered by [`Event::Prepared`].
    Prepare(Box<Tile>),
    /// Close the card of the form, because the user has left the form.
    Release,
    /// Sign in. Answered by [`Event::Ended`].
    SignIn(Box<Order>),
    /// Cancel the sign-in before its next step.
    BreakOff,
    /// Insert or remove a card of the demonstration.
    MoveCard(usize),
    /// End the program.
    Leave(Leave),
}

/// A sign-in to do.
pub(super) struct Order {
    pub(super) tile: Tile,
    pub(super) hint: Option<String>,
    pub(super) pin: Given,
    pub(super) last_try: LastTry,
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The user left after a sign-in that was granted.
    SignedIn,
    /// The user left without a granted sign-in.
    NotSignedIn,
    /// A signal, or control-C.
    Signal(i32),
    /// A thread panicked.
    ThreadLost,
}
