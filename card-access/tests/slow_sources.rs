//! A reader that does not answer delays no other. A separate program, because it counts the threads of its process.
#![cfg(all(feature = "pcsc", feature = "soft", unix))]

use std::{
    ffi::CString,
    fs, thread,
    time::{Duration, Instant},
};

use card_access::{
    Backend, CardListing, Cards, ErrorKind, Event, Pin, Provider, TokenId,
    pcsc::PcscProvider,
    soft::{SoftCard, SoftProvider},
};
use lab::{Card, Fault, Profile, Readers};
use pcsc::{Context, Protocols, Scope, ShareMode};

/// Far less than the 30 seconds that an answer may take, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(8);

/// Longer than anything here needs.
const LONG: Duration = Duration::from_secs(60);

/// A good card, and one that misbehaves.
fn start() -> (Readers, Card, Card) {
    let readers = Readers::start(2).unwrap();
    let good = readers.insert(0, &Profile::new("grace")).unwrap();
    let other = readers.insert(1, &Profile::new("oscar")).unwrap();
    (readers, good, other)
}

fn pcsc() -> Cards {
    Cards::new().with_provider(PcscProvider::new())
}

/// Lists, and lists again after each event, until the listing is as expected. Like an agent, it waits only for events.
fn list_until(cards: &mut Cards, limit: Duration, is_so: impl Fn(&CardListing) -> bool) -> CardListing {
    let begun = Instant::now();
    loop {
        let listing = cards.tokens(Duration::ZERO);
        if is_so(&listing) {
            return listing;
        }
        let left = limit.saturating_sub(begun.elapsed());
        assert!(!left.is_zero(), "in {limit:?} only {listing:#?}");
        cards.wait(left).unwrap();
    }
}

fn finds(card: &Card) -> impl Fn(&CardListing) -> bool {
    let reader = card.reader().to_owned();
    move |listing| {
        let readers = listing
            .found
            .iter()
            .map(|entry| entry.preferred().reader.as_deref());
        readers.into_iter().any(|name| name == Some(&*reader))
    }
}

#[test]
fn a_silent_card_does_not_delay_another_one() {
    let (readers, good, mut mute) = start();
    mute.fault(1, Fault::Hang).unwrap();
    let mut cards = pcsc();
    let listing = list_until(&mut cards, SOON, finds(&good));
    assert_eq!(listing.problems, []);
    let pending: Vec<_> = listing.pending.iter().map(|pending| &*pending.place).collect();
    assert_eq!(pending, [mute.reader()]);

    let begun = Instant::now();
    let mut token = cards.open(&listing.found[0].preferred().id).unwrap();
    assert_eq!(token.credentials().unwrap().problems, []);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());

    // When it is removed, its request is answered; inserted again, it is a card like any other.
    mute.remove().unwrap();
    let listing = list_until(&mut cards, LONG, |listing| {
        let problems = &listing.problems;
        problems
            .iter()
            .any(|problem| *problem.error.kind() == ErrorKind::NoCard)
    });
    assert_eq!(listing.problems[0].place, readers.name(1));
    assert_eq!(listing.pending, []);
    mute.insert().unwrap();
    list_until(&mut cards, LONG, |listing| listing.found.len() == 2);
}

#[test]
fn a_busy_card_does_not_delay_another_one() {
    let (_readers, good, held) = start();
    let reader = CString::new(held.reader()).unwrap();
    let context = Context::establish(Scope::User).unwrap();
    let mut other = context
        .connect(&reader, ShareMode::Shared, Protocols::ANY)
        .unwrap();
    let transaction = other.transaction().unwrap();
    let mut cards = pcsc();
    let listing = list_until(&mut cards, SOON, finds(&good));
    assert_eq!(listing.problems, []);
    assert_eq!(listing.pending[0].place, held.reader());
    // It takes a moment to get there.
    thread::sleep(Duration::from_secs(1));
    let listing = cards.tokens(Duration::ZERO);
    assert_eq!(listing.pending[0].error.kind(), &ErrorKind::Busy);
    assert!(listing.pending[0].waited >= Duration::from_secs(1));

    // The late answer is an event, and the next listing contains it.
    drop(transaction);
    let place = held.reader().to_owned();
    assert_eq!(cards.wait(LONG).unwrap(), [Event::Answered { place }]);
    let listing = cards.tokens(Duration::ZERO);
    assert_eq!((listing.found.len(), &*listing.pending), (2, &[][..]));
}

#[test]
fn a_card_that_another_program_had_for_itself_is_tried_again() {
    let (_readers, good, held) = start();
    let reader = CString::new(held.reader()).unwrap();
    let context = Context::establish(Scope::User).unwrap();
    let other = context
        .connect(&reader, ShareMode::Exclusive, Protocols::ANY)
        .unwrap();
    let mut cards = pcsc();
    let listing = cards.tokens(LONG);
    assert!(finds(&good)(&listing));
    assert_eq!(listing.problems[0].error.kind(), &ErrorKind::Busy);
    // PC/SC reports to nobody that the card is free again.
    drop(other);
    list_until(&mut cards, LONG, finds(&held));
}

#[test]
fn events_of_a_good_reader_come_while_another_is_mute() {
    let (_readers, mut good, mut mute) = start();
    mute.fault(1, Fault::Hang).unwrap();
    let mut cards = pcsc();
    list_until(&mut cards, SOON, finds(&good));
    let place = || good.reader().to_owned();
    let (removed, inserted) = (
        Event::Removed { place: place() },
        Event::Inserted { place: place() },
    );
    for (event, card_is_in) in [(removed, false), (inserted, true)] {
        if card_is_in {
            good.insert_unseen().unwrap();
        } else {
            good.remove_unseen().unwrap();
        }
        let begun = Instant::now();
        while !cards.wait(SOON).unwrap().contains(&event) {
            assert!(begun.elapsed() < SOON, "{event:?} does not come");
        }
        list_until(&mut cards, SOON, |listing| finds(&good)(listing) == card_is_in);
    }
}

#[test]
fn a_card_that_answers_slowly_comes_later_and_costs_nothing_to_list() {
    let readers = Readers::start(2).unwrap();
    let good = readers.insert(0, &Profile::new("grace")).unwrap();
    let slow = Profile::new("stan").delay(Duration::from_millis(700));
    let mut slow = readers.insert(1, &slow).unwrap();
    let mut cards = pcsc();
    let listing = list_until(&mut cards, SOON, finds(&good));
    assert_eq!(listing.pending.len(), 1, "{listing:#?}");
    list_until(&mut cards, LONG, finds(&slow));
    // The same card need not be asked again.
    slow.forget_apdus().unwrap();
    for _ in 0..3 {
        assert_eq!(cards.tokens(LONG).found.len(), 2);
    }
    assert_eq!(slow.apdus().unwrap().len(), 0);
}

#[test]
fn a_service_that_hangs_delays_no_other_backend() {
    let readers = Readers::start(1).unwrap();
    let _card = readers.insert(0, &Profile::new("grace")).unwrap();
    readers.pause().unwrap();
    let soft = SoftProvider::new();
    soft.insert(SoftCard::new("soft", Pin::new("123456".to_owned())));
    let mut cards = pcsc().with_provider(soft);
    let listing = list_until(&mut cards, SOON, |listing| !listing.found.is_empty());
    assert_eq!(listing.found[0].preferred().name, "soft");
    assert_eq!(listing.pending[0].place, "smart card service");
    assert_eq!(listing.pending[0].error.kind(), &ErrorKind::ServiceSilent);
    assert!(cards.open(&listing.found[0].preferred().id).is_ok());
    readers.resume().unwrap();
    list_until(&mut cards, LONG, |listing| listing.found.len() == 2);
}

#[test]
fn what_is_stuck_is_one_thread_and_ends_with_the_card() {
    let (_readers, good, mut mute) = start();
    mute.fault(1, Fault::Hang).unwrap();
    for _ in 0..3 {
        let mut cards = pcsc();
        list_until(&mut cards, SOON, finds(&good));
        wait_for_apdu(&mute);
        let begun = Instant::now();
        drop(cards);
        assert!(begun.elapsed() < SOON, "the end waited for the mute card");
    }
    // One waits for the card's answer; the others, which wait for that one, end with their `Cards`.
    wait_for_threads(1);
    let id = TokenId::any_at(Backend::PcSc, mute.reader());
    for _ in 0..3 {
        let mut impatient = PcscProvider::new().with_time_limit(Duration::from_millis(300));
        let late = impatient.open(&id).err().unwrap();
        assert_eq!(late.kind(), &ErrorKind::TimedOut);
    }
    wait_for_threads(1);
    assert_eq!(apdus_of(&mute), 1, "the mute card was asked once");
    mute.remove().unwrap();
    wait_for_threads(0);
}

/// Waits until a command has reached the card.
fn wait_for_apdu(card: &Card) {
    let begun = Instant::now();
    while apdus_of(card) == 0 {
        assert!(begun.elapsed() < SOON, "the card was not asked");
        thread::sleep(Duration::from_millis(20));
    }
}

fn apdus_of(card: &Card) -> usize {
    card.apdus().unwrap().len()
}

/// Waits until this process has `count` threads of the library, by their name.
fn wait_for_threads(count: usize) {
    let begun = Instant::now();
    loop {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let states = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("stat")).ok());
        let alive = states.filter(|state| {
            let rest = state.split_once("(card-access) ").map(|(_, rest)| rest);
            rest.is_some_and(|rest| !rest.starts_with(['X', 'Z']))
        });
        let alive = alive.count();
        if alive == count {
            return;
        }
        assert!(begun.elapsed() < SOON, "{alive} threads, not {count}");
        thread::sleep(Duration::from_millis(20));
    }
}
