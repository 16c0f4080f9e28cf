//! Tokens that come and go, for ways in that don't tell.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::{Event, TokenId};

/// What was there at the last look: identities by place.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    last: Option<BTreeMap<String, String>>,
}

impl Watch {
    /// Notes what is there; only what changes from now on is an event.
    pub(crate) fn saw(&mut self, ids: impl Iterator<Item = TokenId>) {
        self.last = Some(snapshot(ids));
    }

    /// Looks until something has changed, at most for `timeout`.
    pub(crate) fn wait(&mut self, timeout: Duration, mut look: impl FnMut() -> Vec<TokenId>) -> Vec<Event> {
        const PAUSE: Duration = Duration::from_millis(250);
        let end = Instant::now().checked_add(timeout);
        loop {
            let now = snapshot(look().into_iter());
            let last = self.last.replace(now.clone());
            let events = last.map_or_else(Vec::new, |last| changes(&last, &now));
            let left = end.map_or(PAUSE, |end| end.saturating_duration_since(Instant::now()));
            if !events.is_empty() || left.is_zero() {
                return events;
            }
            thread::sleep(left.min(PAUSE));
        }
    }
}

fn snapshot(ids: impl Iterator<Item = TokenId>) -> BTreeMap<String, String> {
    let entry = |id: TokenId| {
        (
            id.place().to_owned(),
            id.identity().unwrap_or_default().to_owned(),
        )
    };
    ids.map(entry).collect()
}

/// Removals first: a card that was swapped for another is one of each.
fn changes(last: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Event> {
    let differs = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let only = one
            .iter()
            .filter(|(place, identity)| other.get(*place) != Some(identity));
        only.map(|(place, _)| place.clone()).collect::<Vec<_>>()
    };
    let removed = differs(last, now)
        .into_iter()
        .map(|place| Event::Removed { place });
    let inserted = differs(now, last)
        .into_iter()
        .map(|place| Event::Inserted { place });
    removed.chain(inserted).collect()
}
