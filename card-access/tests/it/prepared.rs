//! A signature that is prepared while the user types the PIN, on a real PIV firmware.

use std::{thread, time::Duration};

use crate::common::{open, openssl_verifies, pin};
use card_access::{
    Backend, Credential, Error, ErrorKind, Hash, MAX_HOLD, Pin, PinEntry, PinStatus, Provider, Scheme, Token,
    TokenId, pcsc::PcscProvider, piv::KnownCards,
};
use lab::{Card, Profile, Readers, Slot};
use rustls_pki_types::UnixTime;

const MESSAGE: &[u8] = b"the message, not its hash";
const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x87;
const GET_RESPONSE: u8 = 0xc0;

fn credential(token: &mut dyn Token) -> Credential {
    token.credential(&"9a".parse().unwrap()).unwrap()
}

fn sign(token: &mut dyn Token, credential: &Credential, pin: &Pin) -> Result<Vec<u8>, Error> {
    token.sign(credential, SCHEME, MESSAGE, Some(PinEntry::typed(pin)))
}

fn instructions(card: &Card) -> Vec<u8> {
    let apdus = card.apdus().unwrap();
    apdus.iter().map(|apdu| apdu.instruction().unwrap()).collect()
}

#[test]
fn after_the_pin_only_the_signature_is_left() {
    let short = Readers::start(1).unwrap();
    let mut card = short.insert(0, &Profile::new("paula")).unwrap();
    assert_eq!(
        after_the_pin(&mut card),
        [VERIFY, SIGN, SIGN, GET_RESPONSE, VERIFY]
    );
    drop((card, short));
    let extended = Readers::with_extended_lengths(1).unwrap();
    let mut card = extended
        .insert(0, &Profile::new("paula").extended_lengths())
        .unwrap();
    assert_eq!(after_the_pin(&mut card), [VERIFY, SIGN, VERIFY]);
}

/// The commands after the PIN was typed; the last one is the logout.
fn after_the_pin(card: &mut Card) -> Vec<u8> {
    let right = pin(card.pin());
    let mut token = open(card.reader());
    let credential = credential(&mut *token);
    assert_eq!(token.prepare(&credential, MAX_HOLD), Ok(PinStatus::TriesLeft(3)));
    card.forget_apdus().unwrap();
    let before = token.traffic().unwrap().apdus;
    let signature = sign(&mut *token, &credential, &right).unwrap();
    let public_key = card.public_key(Slot::Authentication);
    assert!(openssl_verifies(&public_key, SCHEME, MESSAGE, &signature));
    let counted = token.traffic().unwrap().apdus - before;
    let sent = instructions(card);
    assert_eq!(counted, sent.len() as u64);
    sent
}

/// All commands of a sign-in that prepares 9A in one transaction.
fn whole(card: &mut Card, known: &KnownCards) -> Vec<u8> {
    let right = pin(card.pin());
    card.forget_apdus().unwrap();
    let mut cards = PcscProvider::new().with_known_cards(known.clone());
    let reader = TokenId::any_at(Backend::PcSc, card.reader());
    let mut token = cards.open(&reader).unwrap();
    let (credential, status) = token.prepare_slot(&"9a".parse().unwrap(), MAX_HOLD).unwrap();
    assert_eq!(status, PinStatus::TriesLeft(3));
    let signature = sign(&mut *token, &credential, &right).unwrap();
    let public_key = card.public_key(Slot::Authentication);
    assert!(openssl_verifies(&public_key, SCHEME, MESSAGE, &signature));
    // Counting waits for the logout.
    let counted = token.traffic().unwrap().apdus;
    let sent = instructions(card);
    assert_eq!(counted, sent.len() as u64);
    sent
}

/// The same cards in the next run of the program.
fn next_run(known: &KnownCards) -> KnownCards {
    let now = UnixTime::now();
    KnownCards::from_bytes(&known.to_bytes(now), now).unwrap()
}

const SELECT: u8 = 0xa4;
const GET_DATA: u8 = 0xcb;

#[test]
fn a_known_card_takes_8_commands_and_6_with_extended_lengths() {
    let short = Readers::start(1).unwrap();
    let mut card = short.insert(0, &Profile::new("paula")).unwrap();
    let known = KnownCards::new();
    assert_eq!(whole(&mut card, &known).len(), 12);
    let signature = [SELECT, GET_DATA, VERIFY, VERIFY, SIGN, SIGN, GET_RESPONSE, VERIFY];
    assert_eq!(whole(&mut card, &next_run(&known)), signature);
    drop((card, short));
    // A reader with extended lengths, and the same kind of card.
    let extended = Readers::with_extended_lengths(1).unwrap();
    let mut card = extended
        .insert(0, &Profile::new("paula").extended_lengths())
        .unwrap();
    let known = KnownCards::new();
    assert_eq!(whole(&mut card, &known).len(), 7);
    let signature = [SELECT, GET_DATA, VERIFY, VERIFY, SIGN, VERIFY];
    assert_eq!(whole(&mut card, &next_run(&known)), signature);
}

#[test]
fn other_readers_know_the_card_and_another_card_is_not_taken_for_it() {
    let readers = Readers::with_extended_lengths(2).unwrap();
    let mut card = readers
        .insert(0, &Profile::new("paula").extended_lengths())
        .unwrap();
    let mut other = readers.insert(1, &Profile::new("petra")).unwrap();
    let known = KnownCards::new();
    assert_eq!(whole(&mut card, &known).len(), 7);
    // The other card has short lengths and another certificate of the same issuer.
    assert_eq!(whole(&mut other, &next_run(&known)).len(), 12);
    assert_eq!(known.len(), 1);
    drop((card, other, readers));
    let readers = Readers::start(1).unwrap();
    let mut card = readers
        .insert(0, &Profile::new("paula").extended_lengths())
        .unwrap();
    assert_eq!(whole(&mut card, &next_run(&known)).len(), 8);
}

#[test]
fn others_wait_for_the_card_until_the_preparation_ends() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    let mut token = open(card.reader());
    let credential = credential(&mut *token);
    let other = || {
        let mut provider = PcscProvider::new().with_time_limit(Duration::from_millis(300));
        let id = TokenId::any_at(Backend::PcSc, card.reader());
        provider.open(&id).and_then(|mut token| token.pin_status())
    };
    let busy = |result: Result<PinStatus, Error>| matches!(result.unwrap_err().kind(), ErrorKind::Busy);

    token.prepare(&credential, MAX_HOLD).unwrap();
    assert!(busy(other()));
    // Another call ends it.
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
    assert_eq!(other(), Ok(PinStatus::TriesLeft(3)));
    // So does the signature,
    token.prepare(&credential, MAX_HOLD).unwrap();
    sign(&mut *token, &credential, &right).unwrap();
    assert_eq!(other(), Ok(PinStatus::TriesLeft(3)));
    // the time,
    token.prepare(&credential, Duration::from_millis(200)).unwrap();
    thread::sleep(Duration::from_millis(600));
    assert_eq!(other(), Ok(PinStatus::TriesLeft(3)));
    // after which a signature starts anew,
    sign(&mut *token, &credential, &right).unwrap();
    // and the end of the token.
    token.prepare(&credential, MAX_HOLD).unwrap();
    drop(token);
    assert_eq!(other(), Ok(PinStatus::TriesLeft(3)));
}

#[test]
fn a_wrong_pin_spends_one_try_and_the_final_one_is_kept() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let (right, wrong) = (pin(card.pin()), Pin::new("999999".to_owned()));
    let mut token = open(card.reader());
    let credential = credential(&mut *token);
    for (left, status) in [(2, PinStatus::TriesLeft(3)), (1, PinStatus::TriesLeft(2))] {
        assert_eq!(token.prepare(&credential, MAX_HOLD), Ok(status));
        let error = sign(&mut *token, &credential, &wrong).unwrap_err();
        assert_eq!(
            error.kind(),
            &ErrorKind::WrongPin {
                tries_left: Some(left)
            }
        );
    }
    assert_eq!(token.prepare(&credential, MAX_HOLD), Ok(PinStatus::FinalTry));
    card.forget_apdus().unwrap();
    let error = sign(&mut *token, &credential, &wrong).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::FinalTryRefused);
    assert!(instructions(&card).is_empty());
    token.prepare(&credential, MAX_HOLD).unwrap();
    let entry = PinEntry::typed(&right).allow_final_try();
    token.sign(&credential, SCHEME, MESSAGE, Some(entry)).unwrap();
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
}

#[test]
fn a_pin_that_cannot_be_one_is_not_sent() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut token = open(card.reader());
    let credential = credential(&mut *token);
    token.prepare(&credential, MAX_HOLD).unwrap();
    card.forget_apdus().unwrap();
    let error = sign(&mut *token, &credential, &Pin::new("12".to_owned())).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::PinFormat { .. }));
    assert!(instructions(&card).is_empty());
}

#[test]
fn a_card_that_is_taken_out_meanwhile_gets_no_pin() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    let mut token = open(card.reader());
    let credential = credential(&mut *token);
    token.prepare(&credential, MAX_HOLD).unwrap();
    card.remove().unwrap();
    thread::sleep(Duration::from_secs(1));
    card.forget_apdus().unwrap();
    let error = sign(&mut *token, &credential, &right).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Removed);
    card.insert().unwrap();
    assert!(!instructions(&card).contains(&VERIFY));
    assert_eq!(open(card.reader()).pin_status(), Ok(PinStatus::TriesLeft(3)));
}
