//! What the screen is told, and what it wants done.

use std::time::Duration;

use card_access::PinStatus;
use upn_resolver::{Decision, Upn};

use super::overview::{CardOverview, Tile};
use super::shown_failure::ShownFailure;
use crate::sign_in::card::{Given, LastTry};
use crate::sign_in::report::Report;

/// Something happened.
pub(super) enum Event {
    /// The user pressed a key.
    Key(Key),
    /// The cards are as in this overview now.
    CardOverview(CardOverview),
    /// The card of a tile was asked how its PIN stands, and the cache for a name.
    Prepared(Box<Prepared>),
    /// The sign-in stands at this state, so long after its start.
    Reached(cba_protocol::State, Duration),
    /// The sign-in chose a name, or none.
    Decided(Box<Decision>),
    /// The sign-in ended.
    Ended(Box<Ended>),
    /// Something beside went wrong.
    Remark(String),
    /// The window has another size.
    Resized,
    /// Time passes, which is told while something moves.
    Tick,
    /// A thread ended by a panic: there is no going on.
    ThreadLost,
    /// A signal asks the program to end.
    Signal(i32),
}

/// A key, as far as it means something here.
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

/// What is known about a tile before its PIN is typed.
pub(super) struct Prepared {
    pub(super) tile: Tile,
    pub(super) pin: Result<PinStatus, ShownFailure>,
    pub(super) cached: Option<Upn>,
}

/// How a sign-in ended.
pub(super) struct Ended {
    pub(super) result: Result<Report, ShownFailure>,
    /// How the PIN stands now, if the card still tells.
    pub(super) pin: Option<PinStatus>,
    /// How long it took.
    pub(super) took: Duration,
}

/// What the screen wants done.
pub(super) enum Effect {
    /// Ask the card of a tile how its PIN stands: answered by [`Event::Prepared`].
    Prepare(Box<Tile>),
    /// Sign in: answered by [`Event::Ended`].
    SignIn(Box<Order>),
    /// End the sign-in before its next step.
    BreakOff,
    /// Put a card of the demonstration in, or take it out.
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
    /// The user left without.
    NotSignedIn,
    /// A signal, or control-C.
    Signal(i32),
    /// A thread is lost.
    ThreadLost,
}
