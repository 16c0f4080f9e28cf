//! Arbitrary and nearly valid answers of a card: no panic, and not more than one PIN try.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use crate::answering::Answering;
use card_access::{
    Backend, CardConnection, Credential, ErrorKind, Hash, Pin, PinEntry, PivSlot, Scheme, Slot, Token,
    TokenId, TokenInfo, piv::PivToken,
};
use proptest::{collection::vec, prelude::*};

/// A card that returns one answer after the other, and is removed after the last; counts the PINs that it was sent.
fn token(answers: Vec<Vec<u8>>) -> (PivToken<impl CardConnection>, Arc<Mutex<usize>>) {
    let mut answers = VecDeque::from(answers);
    let pins = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&pins);
    let card = Answering(move |command: &[u8]| {
        if let [_, 0x20, 0x00, _, _, ..] = command {
            *counted.lock().unwrap() += 1;
        }
        answers.pop_front().ok_or_else(|| ErrorKind::Removed.into())
    });
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "script"), "script");
    (PivToken::new(card, info), pins)
}

fn credential() -> Credential {
    let certificate = rcgen::generate_simple_self_signed(["a".to_owned()])
        .unwrap()
        .cert
        .der()
        .clone();
    Credential::new(Slot::Piv(PivSlot::Authentication), "a", certificate).unwrap()
}

/// Data and a status word that is not always an error.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    let status = prop_oneof![
        Just(0x9000_u16),
        Just(0x63c1),
        Just(0x63c3),
        Just(0x6105),
        Just(0x6c10),
        any::<u16>()
    ];
    (vec(any::<u8>(), 0..40), status).prop_map(|(mut data, status)| {
        data.extend(status.to_be_bytes());
        data
    })
}

proptest! {
    #[test]
    fn whatever_a_card_answers(answers in vec(prop_oneof![answer(), vec(any::<u8>(), 0..3)], 0..24)) {
        let (mut token, _) = token(answers);
        let _ = token.identify();
        let _ = token.credentials();
        let _ = token.retired_credentials();
        let _ = token.pin_status();
    }

    #[test]
    fn one_call_sends_the_pin_once_at_most_and_not_when_one_try_is_left(answers in vec(answer(), 0..12)) {
        let pin = Pin::new("123456".to_owned());
        let (mut token, pins) = token(answers);
        let scheme = Scheme::EcdsaDer(Hash::Sha256);
        let result = token.sign(&credential(), scheme, b"message", Some(PinEntry::typed(&pin)));
        let sent = *pins.lock().unwrap();
        prop_assert!(sent <= 1);
        let kind = result.err().map(|error| error.kind().clone());
        prop_assert!(kind != Some(ErrorKind::FinalTryRefused) || sent == 0);
    }
}
