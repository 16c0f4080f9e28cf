//! The removal of the card that signed in.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use card_access::pcsc::PcscProvider;
use card_access::{Cards, Event};

use super::log;
use super::session::Session;

/// Longest wait for one event; the loop then waits again.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// Time in which the readers answer at the start.
const GRACE: Duration = Duration::from_secs(5);

/// Drops the token when its card is taken out, in a thread. A token that was handed over without a card goes with any card.
pub(super) fn watch(session: &Arc<Session>) {
    let session = Arc::clone(session);
    thread::spawn(move || {
        let mut cards = Cards::new().with_provider(PcscProvider::new());
        check(&mut cards, &session);
        loop {
            match cards.wait(LONG) {
                Ok(events) => events
                    .iter()
                    .for_each(|event| handle(event, &mut cards, &session)),
                Err(error) => {
                    log(format_args!("the cards are not watched any more: {error}"));
                    session.discard("the cards cannot be watched");
                    return;
                }
            }
        }
    });
}

fn handle(event: &Event, cards: &mut Cards, session: &Session) {
    match event {
        Event::Removed { place } | Event::ReaderRemoved { place } => {
            let held = session.held();
            let is_its = held.is_some_and(|held| held.card.is_none_or(|card| card == *place));
            if is_its {
                session.discard("its card was taken out");
            }
        }
        // The card may have been taken out while nobody watched.
        Event::ServiceStarted => check(cards, session),
        _ => {}
    }
}

/// Drops a token whose card is not there.
fn check(cards: &mut Cards, session: &Session) {
    let Some(held) = session.held() else { return };
    let listing = cards.tokens(GRACE);
    let mut places = listing.found.iter().map(|entry| entry.preferred().id.place());
    let is_there = match &held.card {
        Some(card) => places.any(|place| place == card),
        None => places.next().is_some(),
    };
    if !is_there {
        session.discard("its card is not in a reader");
    }
}
