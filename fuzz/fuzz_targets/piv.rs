//! A card that answers anything: no panic, no PIN try more than allowed, and every operation ends.

#![no_main]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use card_access::{
    ApduLength, Backend, ErrorKind, Pin, PinEntry, PivSlot, Slot, Token, TokenId, TokenInfo, piv::PivToken,
};
use fuzz::card::Card;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, Vec<Vec<u8>>)| {
    let (extended, answers) = input;
    let tries = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&tries);
    let mut answers = VecDeque::from(answers);
    // Returns one answer after the other; after the last one, the card is removed.
    let answer = move |command: &[u8]| {
        if let [_, 0x20, 0x00, ..] = command {
            // VERIFY with a PIN, not the request of the counter.
            *counted.lock().unwrap() += usize::from(command.len() > 4);
        }
        let answer = answers.pop_front().ok_or(ErrorKind::Removed)?;
        // A card without PIV's template is not used further, so half of the inputs would test nothing.
        Ok(match command {
            [_, 0xa4, ..] if answer.ends_with(&[0x90, 0x00]) => vec![0x61, 0x00, 0x90, 0x00],
            _ => answer,
        })
    };
    let length = if extended {
        ApduLength::Extended
    } else {
        ApduLength::Short
    };
    let card = Card { length, answer };
    let id = TokenId::any_at(Backend::PcSc, "script");
    let mut token = PivToken::new(card, TokenInfo::new(id, "script"));
    let pin = Pin::new("123456".to_owned());
    let _ = token.identify();
    let _ = token.pin_status();
    if let Ok(credential) = token.credential(&Slot::Piv(PivSlot::Authentication)) {
        let _ = token.policy(&credential);
        for (made, scheme) in credential.algorithm().schemes().iter().enumerate() {
            let _ = token.sign(&credential, *scheme, b"message", Some(PinEntry::typed(&pin)));
            assert!(*tries.lock().unwrap() <= made + 1);
        }
    }
    let _ = token.credentials();
    let _ = token.retired_credentials();
});
