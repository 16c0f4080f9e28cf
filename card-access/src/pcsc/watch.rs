//! Readers and cards that come and go.

use std::{
    ffi::{CStr, CString},
    time::{Duration, Instant},
};

use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::failure::failure;
use crate::{Error, ErrorKind, Event};

/// A watch over all readers, with a context of its own: waiting blocks the whole context.
pub(super) struct Watch {
    context: Context,
    /// One state a reader, after the one that tells of readers themselves.
    states: Vec<ReaderState>,
}

impl Watch {
    /// A watch that knows how things are now.
    pub(super) fn start() -> Result<Self, Error> {
        let context = Context::establish(Scope::User).map_err(failure)?;
        let newcomers = ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE);
        let mut watch = Self {
            context,
            states: vec![newcomers],
        };
        watch.look(Duration::ZERO)?;
        watch.look(Duration::ZERO)?;
        Ok(watch)
    }

    /// The readers, and whether there is a card in each.
    pub(super) fn readers(&self) -> impl Iterator<Item = (&CStr, Occupancy)> {
        let readers = self
            .states
            .iter()
            .filter(|state| state.name() != PNP_NOTIFICATION());
        readers.map(|state| (state.name(), Occupancy::of(state.current_state())))
    }

    /// Waits for something to happen.
    pub(super) fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let left = deadline.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
            let events = self.look(left)?;
            if !events.is_empty() || left.is_zero() {
                return Ok(events);
            }
        }
    }

    /// One round: waits, takes in what changed, and tells it.
    fn look(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        match self.context.get_status_change(timeout, &mut self.states) {
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
            Err(error) => return Err(failure(error)),
        }
        let mut events: Vec<Event> = self.states.iter().flat_map(changes).collect();
        self.states.iter_mut().for_each(ReaderState::sync_current_state);
        events.extend(self.take_in_readers()?);
        Ok(events)
    }

    /// Compares the readers with those that are watched.
    fn take_in_readers(&mut self) -> Result<Vec<Event>, Error> {
        let present = match self.context.list_readers_owned() {
            Ok(readers) => readers,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(failure(error)),
        };
        let mut events = Vec::new();
        self.states.retain(|state| {
            let stays =
                state.name() == PNP_NOTIFICATION() || present.iter().any(|name| **name == *state.name());
            if !stays {
                events.push(Event::ReaderRemoved {
                    place: text(state.name()),
                });
            }
            stays
        });
        for name in present {
            if !self.states.iter().any(|state| state.name() == &*name) {
                events.push(Event::ReaderAdded { place: text(&name) });
                self.states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        Ok(events)
    }
}

/// Whether there is a card in a reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occupancy {
    Empty,
    Mute,
    Occupied,
}

impl Occupancy {
    fn of(state: State) -> Self {
        if !state.contains(State::PRESENT) {
            Self::Empty
        } else if state.contains(State::MUTE) {
            Self::Mute
        } else {
            Self::Occupied
        }
    }
}

/// What happened in a reader. The counter of events shows a card that was swapped between two looks, which the state
/// itself does not.
fn changes(state: &ReaderState) -> Vec<Event> {
    if state.name() == PNP_NOTIFICATION() {
        return Vec::new();
    }
    let place = || text(state.name());
    let before = state.current_state();
    let was = Occupancy::of(before) != Occupancy::Empty;
    let is = Occupancy::of(state.event_state()) != Occupancy::Empty;
    let swapped = was && is && before != State::UNAWARE && count(before) != state.event_count();
    let mut events = Vec::new();
    if was && (!is || swapped) {
        events.push(Event::Removed { place: place() });
    }
    if is && (!was || swapped) {
        events.push(Event::Inserted { place: place() });
    }
    events
}

/// The counter in the upper half of a state word.
fn count(state: State) -> u32 {
    u32::try_from((state.bits() & 0xffff_0000) >> 16).unwrap_or_default()
}

pub(super) fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// A reader's name as PC/SC takes it.
pub(super) fn name(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::from(ErrorKind::NoReader).at(text))
}
