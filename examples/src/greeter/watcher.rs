//! The thread that watches the cards. All its calls may block; it only sends values.

use std::thread;
use std::time::{Duration, Instant};

use card_access::{Credential, ErrorKind, Listing, Pending, Problem, Selector, Token};
use rustls_pki_types::UnixTime;
use upn_resolver::windows::logon_policy::LogonPolicy;

use super::event::Event;
use super::event_sender::EventSender;
use super::overview::{CardOverview, Seen};
use crate::backends::Backends;
use crate::card_stream::{CardStream, Snapshot};
use crate::sign_in::attempt::now;

/// Interval of updates about silent cards, and the delay before the first one.
const SECOND: Duration = Duration::from_secs(1);

/// Sends an overview at the start and after each event or answer, until the channel is closed.
pub(super) fn watch(policy: &LogonPolicy, backends: &Backends, event_sender: &EventSender) {
    let reading = policy.clone();
    let mut cards = CardStream::new(backends, move |token| read(token, &reading));
    let begun = Instant::now();
    loop {
        let snapshot = cards.look(Duration::ZERO);
        let timeout = if snapshot.is_complete() {
            60 * SECOND
        } else {
            SECOND
        };
        let is_empty = snapshot.read.is_empty() && !snapshot.is_complete();
        // At the start, no card has answered yet.
        if !is_empty || begun.elapsed() > SECOND / 2 {
            let overview = overview(snapshot, policy);
            if event_sender.send(Event::CardOverview(overview)).is_err() {
                return;
            }
        }
        // A backend that failed completely is tried again later.
        if cards.wait(timeout).is_err() {
            thread::sleep(SECOND);
        }
    }
}

fn overview(snapshot: Snapshot<Listing<Credential>>, policy: &LogonPolicy) -> CardOverview {
    let pending = snapshot.pending.iter().filter(|pending| pending.waited >= SECOND);
    let reading = snapshot.reading.iter().filter(|(_, waited)| *waited >= SECOND);
    let waiting = pending.map(Pending::to_string);
    let reading = reading.map(|(entry, waited)| {
        let info = entry.preferred();
        let place = info.reader.as_deref().unwrap_or(&info.name);
        format!("reading {place} for {} s", waited.as_secs())
    });
    let waiting: Vec<_> = waiting.chain(reading).collect();
    let seen: Vec<_> = snapshot
        .read
        .into_iter()
        .map(|(entry, read)| Seen {
            info: entry.preferred().clone(),
            read,
        })
        .collect();
    CardOverview::of(
        &seen,
        &snapshot.problems,
        policy,
        now().unwrap_or(UnixTime::since_unix_epoch(Duration::MAX)),
    )
    .with_waiting(&waiting)
}

/// The certificates of a token. An empty slot is not a problem.
fn read(token: &mut dyn Token, policy: &LogonPolicy) -> Result<Listing<Credential>, card_access::Error> {
    let selector = Selector::new(UnixTime::now()).with_policy(policy.clone());
    let mut listing = selector.credentials(token)?;
    listing
        .problems
        .retain(|Problem { error, .. }| *error.kind() != ErrorKind::NoCredential);
    Ok(listing)
}
