//! A reader with a PIN pad: the PIN is typed there and never seen by the host.

use crate::common::{open, openssl_verifies};
use card_access::{Credential, ErrorKind, Hash, PinEntry, PinPad, PinStatus, Scheme, Token};
use lab::{Card, Keypad, Profile, Readers, Slot};

const RS256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

fn start() -> (Readers, Card, Box<dyn Token>, Credential) {
    let readers = Readers::with_pin_pads(1).unwrap();
    let card = readers.insert(0, &Profile::new("petra")).unwrap();
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    (readers, card, token, credential)
}

#[test]
fn a_pin_typed_on_the_reader_signs() {
    let (readers, card, mut token, credential) = start();
    assert_eq!(token.info().pin_pad, PinPad::Present);
    readers.press(0, Keypad::Digits(card.pin())).unwrap();
    let signature = token
        .sign(&credential, RS256, b"message", Some(PinEntry::on_reader()))
        .unwrap();
    assert!(openssl_verifies(
        &card.public_key(Slot::Authentication),
        RS256,
        b"message",
        &signature
    ));
}

#[test]
fn cancelling_and_doing_nothing_spend_no_try() {
    let (readers, _card, mut token, credential) = start();
    for (keys, kind) in [
        (Keypad::Cancel, ErrorKind::Cancelled),
        (Keypad::TimeOut, ErrorKind::TimedOut),
        (
            Keypad::Digits("123"),
            ErrorKind::PinFormat {
                rule: "it must have 6 to 8 characters",
            },
        ),
    ] {
        readers.press(0, keys).unwrap();
        let refused = token
            .sign(&credential, RS256, b"message", Some(PinEntry::on_reader()))
            .unwrap_err();
        assert_eq!(refused.kind(), &kind);
        assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
    }
}

#[test]
fn a_wrong_pin_on_the_reader_spends_one_try_and_the_final_one_is_kept() {
    let (readers, _card, mut token, credential) = start();
    for left in [2, 1] {
        readers.press(0, Keypad::Digits("999999")).unwrap();
        let refused = token
            .sign(&credential, RS256, b"message", Some(PinEntry::on_reader()))
            .unwrap_err();
        assert_eq!(
            refused.kind(),
            &ErrorKind::WrongPin {
                tries_left: Some(left)
            }
        );
    }
    let refused = token
        .sign(&credential, RS256, b"message", Some(PinEntry::on_reader()))
        .unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::FinalTryRefused);
}
