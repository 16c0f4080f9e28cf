//! The thread that watches the cards. Everything that it does may block; it only sends values.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use card_access::{CardEntry, Cards, ErrorKind, Event as CardEvent, Listing, Problem, Selector, TokenInfo};
use rustls_pki_types::UnixTime;
use upn_resolver::windows::logon_policy::LogonPolicy;

use super::event::Event;
use super::picture::{Picture, Seen};
use super::post::Post;
use crate::card_list::cards_of_this_machine;
use crate::sign_in::attempt::now;

/// Sends a picture now and whenever a card or a reader comes or goes, until nobody listens.
pub(super) fn watch(policy: &LogonPolicy, post: &Post) {
    let mut cards = cards_of_this_machine();
    let mut seen = Vec::new();
    // What comes or goes from here on is an event, however long the first look takes.
    let _ = cards.wait(Duration::ZERO);
    loop {
        let listing = cards.tokens(Duration::from_secs(60));
        seen = look(seen, listing.found, policy);
        let picture = Picture::of(&seen, &listing.problems, policy, now().unwrap_or(i64::MAX));
        if post.send(Event::Picture(picture)).is_err() {
            return;
        }
        let events = wait(&mut cards);
        seen.retain(|token| !is_touched(&token.info, &events));
    }
}

/// Waits until something happens. A way in that fails as a whole is looked at again a little later.
fn wait(cards: &mut Cards) -> Vec<CardEvent> {
    loop {
        match cards.wait(Duration::from_secs(60)) {
            Ok(events) if events.is_empty() => {}
            Ok(events) => return events,
            Err(_) => {
                thread::sleep(Duration::from_secs(1));
                return Vec::new();
            }
        }
    }
}

/// What was read of a token stays good until something happens where it is.
fn is_touched(info: &TokenInfo, events: &[CardEvent]) -> bool {
    let places = [Some(info.id.place()), info.reader.as_deref()];
    events.iter().any(|event| match event {
        CardEvent::Inserted { place }
        | CardEvent::ReaderAdded { place }
        | CardEvent::ReaderRemoved { place }
        | CardEvent::Removed { place } => places.contains(&Some(place)),
        _ => true,
    })
}

/// Reads the tokens that are new, all at the same time: readers are slow, each for itself.
fn look(mut known: Vec<Seen>, found: Vec<CardEntry>, policy: &LogonPolicy) -> Vec<Seen> {
    thread::scope(|scope| {
        let looks: Vec<_> = found
            .into_iter()
            .map(|entry| {
                let before = known.iter().position(|seen| seen.info == *entry.preferred());
                let before = before.map(|index| known.swap_remove(index));
                scope.spawn(move || match before {
                    Some(seen) if seen.read.is_ok() => seen,
                    _ => read(entry.preferred(), policy),
                })
            })
            .collect();
        looks
            .into_iter()
            .map(|look| look.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn read(info: &TokenInfo, policy: &LogonPolicy) -> Seen {
    let selector = Selector::new(UnixTime::now()).policy(policy.clone());
    let read = cards_of_this_machine()
        .open(&info.id)
        .and_then(|mut token| selector.credentials(token.as_mut()))
        .map(without_what_is_missing);
    Seen {
        info: info.clone(),
        read,
    }
}

/// An empty slot is no problem.
fn without_what_is_missing(
    mut listing: Listing<card_access::Credential>,
) -> Listing<card_access::Credential> {
    listing
        .problems
        .retain(|Problem { error, .. }| *error.kind() != ErrorKind::NoCredential);
    listing
}
