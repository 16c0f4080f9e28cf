//! Number of commands that a sign-in takes on a real PIV firmware, with short and with extended lengths.

use crate::common::{open, openssl_verifies, pin};
use card_access::{Backend, Credential, Hash, PinEntry, Provider, Scheme, TokenId, pcsc::PcscProvider};
use lab::{Algorithm, Apdu, Card, Profile, Readers, Slot};

const MESSAGE: &[u8] = b"the message, not its hash";

const SELECT: u8 = 0xa4;
const GET_DATA: u8 = 0xcb;
const GET_RESPONSE: u8 = 0xc0;
const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x87;

/// Commands of a whole sign-in with 9A, whose signature OpenSSL accepts.
fn sign_in(card: &mut Card, cards: &mut PcscProvider) -> (Credential, Vec<Apdu>) {
    card.forget_apdus().unwrap();
    let mut token = cards
        .open(&TokenId::any_at(Backend::PcSc, card.reader()))
        .unwrap();
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    let pin = pin(card.pin());
    let scheme = *credential.algorithm().schemes().first().unwrap();
    let signature = token
        .sign(&credential, scheme, MESSAGE, Some(PinEntry::typed(&pin)))
        .unwrap();
    assert!(openssl_verifies(
        &card.public_key(Slot::Authentication),
        scheme,
        MESSAGE,
        &signature
    ));
    // The logout comes after the signature is returned; counting waits for it.
    let counted = token.traffic().unwrap().apdus;
    let apdus = card.apdus().unwrap();
    assert_eq!(counted, apdus.len() as u64);
    (credential, apdus)
}

fn instructions(apdus: &[Apdu]) -> Vec<u8> {
    apdus.iter().map(|apdu| apdu.instruction().unwrap()).collect()
}

#[test]
fn a_sign_in_takes_the_fewest_commands() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut cards = PcscProvider::new();
    let (credential, first) = sign_in(&mut card, &mut cards);
    let (_, later) = sign_in(&mut card, &mut cards);

    let rest_of_certificate = vec![GET_RESPONSE; credential.certificate().len() / 256];
    // The discovery object shows that the application is still selected, and which PIN it requires.
    let discovery = [GET_DATA];
    let counter_try = [VERIFY, VERIFY];
    let signature = [SIGN, SIGN, GET_RESPONSE];
    let logout = [VERIFY];
    let signing = [&discovery[..], &counter_try, &signature, &logout].concat();
    assert_eq!(
        instructions(&first),
        [&[SELECT, GET_DATA][..], &rest_of_certificate, &signing].concat()
    );
    assert_eq!(instructions(&later), [&[SELECT, GET_DATA][..], &signing].concat());
}

#[test]
fn with_extended_lengths_nothing_comes_in_pieces() {
    let readers = Readers::with_extended_lengths(1).unwrap();
    for (algorithm, user) in [(Algorithm::Rsa2048, "paula"), (Algorithm::P256, "petra")] {
        let profile = Profile::new(user)
            .keys([(Slot::Authentication, algorithm)])
            .extended_lengths();
        let mut card = readers.insert(0, &profile).unwrap();
        let (credential, apdus) = sign_in(&mut card, &mut PcscProvider::new());
        assert!(credential.certificate().len() > 256);
        assert_eq!(
            instructions(&apdus),
            [SELECT, GET_DATA, GET_DATA, VERIFY, VERIFY, SIGN, VERIFY],
            "{user}"
        );
    }
}

#[test]
fn extended_lengths_are_used_only_where_card_and_reader_have_them() {
    let longest = |readers: &Readers, profile: &Profile| {
        let mut card = readers.insert(0, profile).unwrap();
        let (_, apdus) = sign_in(&mut card, &mut PcscProvider::new());
        apdus.iter().map(|apdu| apdu.command.len() / 2).max().unwrap()
    };
    let (short, extended) = (Profile::new("paula"), Profile::new("paula").extended_lengths());
    // A short command has five bytes around its data.
    let readers = Readers::start(1).unwrap();
    assert_eq!(longest(&readers, &extended), 5 + 255);
    drop(readers);
    let readers = Readers::with_extended_lengths(1).unwrap();
    assert_eq!(longest(&readers, &short), 5 + 255);
    assert!(longest(&readers, &extended) > 5 + 255);
}

#[test]
fn a_pin_pad_and_extended_lengths_go_together() {
    let readers = Readers::with_pin_pads(1).unwrap();
    let profile = Profile::new("paula").extended_lengths();
    let card = readers.insert(0, &profile).unwrap();
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    readers.press(0, lab::Keypad::Digits(card.pin())).unwrap();
    let scheme = Scheme::RsaPkcs1(Hash::Sha256);
    let signature = token
        .sign(&credential, scheme, MESSAGE, Some(PinEntry::on_reader()))
        .unwrap();
    assert!(openssl_verifies(
        &card.public_key(Slot::Authentication),
        scheme,
        MESSAGE,
        &signature
    ));
}
