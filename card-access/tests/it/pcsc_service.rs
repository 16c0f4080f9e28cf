//! The PC/SC service and its readers: absent, restarted, shared with other programs.

use std::{ffi::CString, thread, time::Duration};

use crate::common::{open, pin};
use card_access::{
    Backend, Error, ErrorKind, Event, Hash, PinEntry, Provider, Scheme, TokenId, pcsc::PcscProvider,
};
use lab::{Card, Profile, Readers};
use pcsc::{Context, Disposition, Protocols, Scope, ShareMode};

const RS256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);
const LONG: Duration = Duration::from_secs(20);

fn start() -> (Readers, Card) {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    (readers, card)
}

/// Another program's connection.
fn connect(card: &Card, mode: ShareMode) -> pcsc::Card {
    let reader = CString::new(card.reader()).unwrap();
    Context::establish(Scope::User)
        .unwrap()
        .connect(&reader, mode, Protocols::ANY)
        .unwrap()
}

/// Waits for an event.
fn wait_for(cards: &mut PcscProvider, event: &Event) -> Vec<Event> {
    let mut events = Vec::new();
    while !events.contains(event) {
        let more = cards.wait(LONG).unwrap();
        assert!(!more.is_empty(), "{event:?} does not come, only {events:?}");
        events.extend(more);
    }
    events
}

#[test]
fn a_missing_service_differs_from_a_missing_reader_or_card() {
    let mut readers = Readers::start(1).unwrap();
    let reader = TokenId::any_at(Backend::PcSc, readers.name(0));
    let nowhere = TokenId::any_at(Backend::PcSc, "A reader that is not there");
    let open = |id| PcscProvider::new().open(id).err().unwrap();
    assert_eq!(open(&reader).kind(), &ErrorKind::NoCard);
    assert_eq!(open(&nowhere).kind(), &ErrorKind::NoReader);
    readers.stop();
    let error = PcscProvider::new().tokens().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NoService);
    assert_eq!(error.vendor_code().unwrap().name, "SCARD_E_NO_SERVICE");
    assert_eq!(open(&reader).kind(), &ErrorKind::NoService);
}

#[test]
fn occupied_readers_are_known_without_a_command_to_their_cards() {
    let mut readers = Readers::start(2).unwrap();
    let provider = PcscProvider::new();
    assert_eq!(provider.occupied_readers().unwrap(), [""; 0]);
    let mut card = readers.insert(1, &Profile::new("alice")).unwrap();
    card.forget_apdus().unwrap();
    assert_eq!(provider.occupied_readers().unwrap(), [readers.name(1)]);
    assert_eq!(card.apdus().unwrap().len(), 0);
    readers.pause().unwrap();
    let impatient = PcscProvider::new().with_time_limit(Duration::from_millis(500));
    assert_eq!(
        impatient.occupied_readers().unwrap_err().kind(),
        &ErrorKind::ServiceSilent
    );
    readers.resume().unwrap();
    readers.stop();
    assert_eq!(
        provider.occupied_readers().unwrap_err().kind(),
        &ErrorKind::NoService
    );
}

#[test]
fn a_missing_service_and_its_start_are_reported_once() {
    let mut readers = Readers::start(1).unwrap();
    readers.stop();
    let mut cards = PcscProvider::new();
    assert_eq!(cards.tokens().unwrap_err().kind(), &ErrorKind::NoService);
    assert_eq!(cards.wait(LONG).unwrap(), [Event::ServiceStopped]);
    assert_eq!(cards.wait(Duration::ZERO).unwrap(), []);
    readers.restart(1).unwrap();
    // A listing in between does not consume events of the watch.
    assert_ne!(
        cards.tokens().err().as_ref().map(Error::kind),
        Some(&ErrorKind::NoService)
    );
    assert_eq!(cards.wait(LONG).unwrap(), [Event::ServiceStarted]);
}

#[test]
fn a_card_that_is_taken_out_while_the_pin_is_typed_must_be_opened_again() {
    let (_readers, mut card) = start();
    let pin = pin(card.pin());
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    card.remove().unwrap();
    let removed = token
        .sign(&credential, RS256, b"message", Some(PinEntry::typed(&pin)))
        .unwrap_err();
    assert_eq!(removed.kind(), &ErrorKind::Removed);
    card.insert().unwrap();
    assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::Removed);
    open(card.reader())
        .sign(&credential, RS256, b"message", Some(PinEntry::typed(&pin)))
        .unwrap();
}

#[test]
fn another_programs_reset_does_no_harm() {
    let (_readers, card) = start();
    let pin = pin(card.pin());
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    connect(&card, ShareMode::Shared)
        .disconnect(Disposition::ResetCard)
        .map_err(|(_, error)| error)
        .unwrap();
    token
        .sign(&credential, RS256, b"message", Some(PinEntry::typed(&pin)))
        .unwrap();
}

#[test]
fn our_leaving_does_not_reset_the_card_for_others() {
    let (_readers, card) = start();
    let mut other = connect(&card, ShareMode::Shared);
    open(card.reader()).pin_status().unwrap();
    // A reset would show here.
    other.transaction().map(drop).unwrap();
}

#[test]
fn waiting_for_another_programs_transaction_has_a_limit() {
    let (_readers, card) = start();
    let id = TokenId::any_at(Backend::PcSc, card.reader());
    let mut token = PcscProvider::new()
        .with_time_limit(Duration::from_millis(500))
        .open(&id)
        .unwrap();
    let mut other = connect(&card, ShareMode::Shared);
    let transaction = other.transaction().unwrap();
    assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::Busy);
    drop(transaction);
    open(card.reader()).pin_status().unwrap();
}

#[test]
fn an_exclusive_connection_of_another_program_is_reported() {
    let (_readers, card) = start();
    let other = connect(&card, ShareMode::Exclusive);
    let id = TokenId::any_at(Backend::PcSc, card.reader());
    let busy = PcscProvider::new().open(&id).err().unwrap();
    assert_eq!(busy.kind(), &ErrorKind::Busy);
    assert_eq!(busy.vendor_code().unwrap().name, "SCARD_E_SHARING_VIOLATION");
    drop(other);
}

#[test]
fn cards_that_come_and_go_are_events() {
    let (_readers, mut card) = start();
    let mut cards = PcscProvider::new();
    assert_eq!(cards.wait(Duration::ZERO).unwrap(), []);
    let place = || card.reader().to_owned();
    let (inserted, removed) = (
        Event::Inserted { place: place() },
        Event::Removed { place: place() },
    );
    card.remove().unwrap();
    assert_eq!(wait_for(&mut cards, &removed), std::slice::from_ref(&removed));
    card.insert().unwrap();
    assert_eq!(wait_for(&mut cards, &inserted), std::slice::from_ref(&inserted));
    // Removed and inserted between two polls: the state is the same as before.
    card.remove().unwrap();
    card.insert().unwrap();
    assert_eq!(wait_for(&mut cards, &inserted), [removed, inserted]);
}

#[test]
fn a_restart_of_the_service_is_survived() {
    let (mut readers, card) = start();
    let mut cards = PcscProvider::new();
    cards.tokens().unwrap();
    let mut token = open(card.reader());
    readers.stop();
    assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::NoService);
    wait_for(&mut cards, &Event::ServiceStopped);
    assert_eq!(cards.wait(Duration::from_millis(300)).unwrap(), []);
    readers.restart(1).unwrap();
    wait_for(&mut cards, &Event::ServiceStarted);
    assert_eq!(
        cards.tokens().unwrap().found.len() + cards.tokens().unwrap().problems.len(),
        readers.count()
    );
}

#[test]
fn two_programs_take_turns_on_one_card() {
    let (_readers, card) = start();
    let sign_in = || {
        let mut token = open(card.reader());
        let credential = token.credential(&"9a".parse().unwrap()).unwrap();
        for _ in 0..5 {
            token
                .sign(
                    &credential,
                    RS256,
                    b"message",
                    Some(PinEntry::typed(&pin(card.pin()))),
                )
                .unwrap();
        }
    };
    thread::scope(|scope| {
        // The scope fails when one of them does.
        for _ in 0..3 {
            scope.spawn(sign_in);
        }
    });
}

#[test]
fn an_operation_that_was_given_up_sends_nothing_more() {
    let readers = Readers::start(1).unwrap();
    let slow = Profile::new("paula").delay(Duration::from_millis(600));
    let mut card = readers.insert(0, &slow).unwrap();
    let id = TokenId::any_at(Backend::PcSc, card.reader());
    let mut impatient = PcscProvider::new().with_time_limit(Duration::from_millis(200));
    let mut token = impatient.open(&id).unwrap();
    card.forget_apdus().unwrap();
    assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::TimedOut);
    // The first command was sent; the card answers it after the caller has stopped waiting.
    thread::sleep(Duration::from_secs(2));
    assert_eq!(card.apdus().unwrap().len(), 1);
    let patient = open(card.reader()).pin_status();
    assert_eq!(patient, Ok(card_access::PinStatus::TriesLeft(3)));
}

#[test]
fn a_card_that_was_put_in_meanwhile_gets_no_pin_even_after_another_programs_reset() {
    let (readers, mut first) = start();
    let pin = pin(first.pin());
    let mut by_name = open(first.reader());
    let credential = by_name.credential(&"9a".parse().unwrap()).unwrap();
    let mut cards = PcscProvider::new();
    let listed = cards.tokens().unwrap().found.remove(0);
    let mut by_identity = cards.open(&listed.id).unwrap();
    first.remove().unwrap();
    let second = readers.insert(0, &Profile::new("peter")).unwrap();
    let tries = open(second.reader()).pin_status().unwrap();
    // pcscd marks every handle of the reader for the reset, including those of the card that was removed.
    connect(&second, ShareMode::Shared)
        .disconnect(Disposition::ResetCard)
        .map_err(|(_, error)| error)
        .unwrap();
    for token in [&mut by_name, &mut by_identity] {
        let error = token
            .sign(&credential, RS256, b"message", Some(PinEntry::typed(&pin)))
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::OtherCard | ErrorKind::Removed),
            "{error}"
        );
    }
    assert_eq!(open(second.reader()).pin_status().unwrap(), tries);
}
