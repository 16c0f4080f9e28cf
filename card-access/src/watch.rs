//! Polling of tokens, for backends that do not notify.

use std::collections::BTreeMap;

use crate::{Event, TokenId};

/// Identities of tokens by place.
pub(crate) type Snapshot = BTreeMap<String, String>;

/// Takes a snapshot of the tokens.
pub(crate) fn snapshot<'a>(ids: impl Iterator<Item = &'a TokenId>) -> Snapshot {
    let entry = |id: &TokenId| {
        (
            id.place().to_owned(),
            id.identity().unwrap_or_default().to_owned(),
        )
    };
    ids.map(entry).collect()
}

/// Returns the events between two snapshots, removals first: a swapped card is one removal and one insertion.
pub(crate) fn changes(last: &Snapshot, now: &Snapshot) -> Vec<Event> {
    let differs = |one: &Snapshot, other: &Snapshot| {
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

/// Poll loop, for a caller with a single backend.
#[cfg(any(
    feature = "on-device",
    feature = "pkcs11",
    all(windows, feature = "windows-store")
))]
#[derive(Debug, Default)]
pub(crate) struct Watch {
    last: Option<Snapshot>,
}

#[cfg(any(
    feature = "on-device",
    feature = "pkcs11",
    all(windows, feature = "windows-store")
))]
impl Watch {
    /// Takes the first snapshot; later differences are events.
    pub(crate) fn saw(&mut self, ids: impl Iterator<Item = TokenId>) {
        let ids: Vec<_> = ids.collect();
        self.last = Some(snapshot(ids.iter()));
    }

    /// Polls until something changes, at most for `timeout`.
    pub(crate) fn wait(
        &mut self,
        timeout: std::time::Duration,
        mut look: impl FnMut() -> Vec<TokenId>,
    ) -> Vec<Event> {
        const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);
        let end = std::time::Instant::now().checked_add(timeout);
        loop {
            let now = snapshot(look().iter());
            let last = self.last.replace(now.clone());
            let events = last.map_or_else(Vec::new, |last| changes(&last, &now));
            let left = end.map_or(PAUSE, |end| {
                end.saturating_duration_since(std::time::Instant::now())
            });
            if !events.is_empty() || left.is_zero() {
                return events;
            }
            std::thread::sleep(left.min(PAUSE));
        }
    }
}
