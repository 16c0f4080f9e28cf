//! Insertions and removals of readers and cards.

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString},
    time::{Duration, Instant},
};

use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::{failure::failure, sized::sized};
use crate::{Error, ErrorKind, Event};

/// Watch over all readers. It has its own context, because waiting blocks the whole context.
pub(super) struct Watch {
    context: Context,
    /// One state for each reader, and one that reports changes of readers.
    states: Vec<ReaderState>,
    seen: Sight,
}

/// `PCSCLITE_MAX_READERS_CONTEXTS`: pcsc-lite supports no more readers, and accepts no longer lists.
const MAX_STATES: usize = 16;

/// Last known state of each reader.
type Sight = BTreeMap<CString, Reader>;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Reader {
    occupancy: Occupancy,
    /// Incremented with each insertion and removal, which reveals a card that was swapped between two polls.
    events: u32,
}

/// Whether a reader has a card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occupancy {
    Empty,
    Occupied,
}

impl Watch {
    /// Creates a watch that knows the present state.
    pub(super) fn start() -> Result<Self, Error> {
        let context = Context::establish(Scope::User).map_err(failure)?;
        let mut watch = Self {
            context,
            states: Vec::new(),
            seen: Sight::new(),
        };
        watch.follow_readers()?;
        watch.look(Duration::ZERO)?;
        Ok(watch)
    }

    /// Readers, whether each has a card, and its counter of insertions and removals.
    pub(super) fn readers(&self) -> impl Iterator<Item = (&CString, Occupancy, u32)> {
        let readers = self.seen.iter();
        readers.map(|(name, reader)| (name, reader.occupancy, reader.events))
    }

    /// Waits for an event.
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

    /// One round: waits, reads the state, and returns the differences.
    fn look(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        match self.context.get_status_change(timeout, &mut self.states) {
            // A reader that was just disconnected is unknown; it is removed below.
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
            Err(error) => return Err(failure(error)),
        }
        self.states.iter_mut().for_each(ReaderState::sync_current_state);
        self.follow_readers()?;
        let known = |state: &&ReaderState| !is_pnp(state) && state.current_state() != State::UNAWARE;
        let sight = self
            .states
            .iter()
            .filter(known)
            .map(|state| (state.name().to_owned(), Reader::of(state)));
        let before = std::mem::replace(&mut self.seen, sight.collect());
        Ok(changes(&before, &self.seen))
    }

    /// Watches the readers present now.
    fn follow_readers(&mut self) -> Result<(), Error> {
        let present = match sized(|| self.context.list_readers_owned()) {
            Ok(readers) => readers,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(failure(error)),
        };
        self.states
            .retain(|state| is_pnp(state) || present.iter().any(|name| **name == *state.name()));
        for name in present {
            if !self.states.iter().any(|state| state.name() == &*name) {
                self.states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        // With the maximum number of readers, there is no room to watch for more, and no need.
        if self.states.len() > MAX_STATES {
            self.states.retain(|state| !is_pnp(state));
        } else if self.states.len() < MAX_STATES && !self.states.iter().any(is_pnp) {
            self.states
                .insert(0, ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE));
        }
        Ok(())
    }
}

impl Reader {
    fn of(state: &ReaderState) -> Self {
        let occupied = state.event_state().contains(State::PRESENT);
        Self {
            occupancy: if occupied {
                Occupancy::Occupied
            } else {
                Occupancy::Empty
            },
            events: state.event_count(),
        }
    }
}

fn is_pnp(state: &ReaderState) -> bool {
    state.name() == PNP_NOTIFICATION()
}

/// Differences between two states.
fn changes(before: &Sight, now: &Sight) -> Vec<Event> {
    let mut events = Vec::new();
    for (name, was) in before.iter().filter(|(name, was)| now.get(*name) != Some(was)) {
        if was.occupancy == Occupancy::Occupied {
            events.push(Event::Removed { place: text(name) });
        }
        if !now.contains_key(name) {
            events.push(Event::ReaderRemoved { place: text(name) });
        }
    }
    for (name, is) in now.iter().filter(|(name, is)| before.get(*name) != Some(is)) {
        if !before.contains_key(name) {
            events.push(Event::ReaderAdded { place: text(name) });
        }
        if is.occupancy == Occupancy::Occupied {
            events.push(Event::Inserted { place: text(name) });
        }
    }
    events
}

/// Reader name as text. PC/SC names are bytes: those that are not UTF-8 become U+FFFD, as in the slot descriptions of PKCS#11
/// modules, so that the same card is still recognized there.
pub(super) fn text(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// Reader name for PC/SC. One with U+FFFD is looked up among the connected readers.
pub(super) fn name(text: &str) -> Result<CString, Error> {
    let unknown = || Error::from(ErrorKind::NoReader).with_location(text);
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return find(text)?.ok_or_else(unknown);
    }
    CString::new(text).map_err(|_| unknown())
}

/// The reader with this name as text, if there is exactly one.
fn find(wanted: &str) -> Result<Option<CString>, Error> {
    let context = Context::establish(Scope::User).map_err(failure)?;
    let present = match sized(|| context.list_readers_owned()) {
        Ok(readers) => readers,
        Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
        Err(error) => return Err(failure(error)),
    };
    let mut fitting = present.into_iter().filter(|name| text(name) == wanted);
    let first = fitting.next();
    Ok(first.filter(|_| fitting.next().is_none()))
}

#[cfg(test)]
mod tests {
    use super::{CString, Event, Occupancy, Reader, Sight, changes};

    fn sight(readers: &[(&str, Occupancy, u32)]) -> Sight {
        let entry = |(name, occupancy, events): &(&str, Occupancy, u32)| {
            (
                CString::new(*name).unwrap(),
                Reader {
                    occupancy: *occupancy,
                    events: *events,
                },
            )
        };
        readers.iter().map(entry).collect()
    }

    #[test]
    fn a_reader_that_comes_with_its_card_is_two_events_and_so_is_its_going() {
        let (none, one) = (sight(&[]), sight(&[("key", Occupancy::Occupied, 1)]));
        let place = || "key".to_owned();
        assert_eq!(
            changes(&none, &one),
            [
                Event::ReaderAdded { place: place() },
                Event::Inserted { place: place() }
            ]
        );
        assert_eq!(
            changes(&one, &none),
            [
                Event::Removed { place: place() },
                Event::ReaderRemoved { place: place() }
            ]
        );
        assert_eq!(changes(&one, &one), []);
    }

    #[test]
    fn the_counter_alone_shows_a_swap_but_nothing_in_an_empty_reader() {
        let place = || "r".to_owned();
        let [before, after] = [1, 3].map(|events| sight(&[("r", Occupancy::Occupied, events)]));
        assert_eq!(
            changes(&before, &after),
            [
                Event::Removed { place: place() },
                Event::Inserted { place: place() }
            ]
        );
        let [before, after] = [1, 3].map(|events| sight(&[("r", Occupancy::Empty, events)]));
        assert_eq!(changes(&before, &after), []);
    }
}
