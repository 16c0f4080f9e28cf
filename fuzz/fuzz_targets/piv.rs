//! A card that answers anything: no panic, no more PIN tries than allowed, and everything ends.

#![no_main]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use card_access::{
    Backend, Error, ErrorKind, Lengths, Pin, PinEntry, PivSlot, Slot, Token, TokenId, TokenInfo, Transport,
    piv::PivToken,
};
use libfuzzer_sys::fuzz_target;

/// Gives one answer after the other, and is gone after the last.
struct Script {
    answers: VecDeque<Vec<u8>>,
    lengths: Lengths,
    tries: Arc<Mutex<usize>>,
}

impl Transport for Script {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        if let [_, 0x20, 0x00, ..] = command {
            // VERIFY with a PIN, and not the question for the counter.
            *self.tries.lock().unwrap() += usize::from(command.len() > 4);
        }
        self.answers.pop_front().ok_or_else(|| ErrorKind::Removed.into())
    }

    fn lengths(&self) -> Lengths {
        self.lengths
    }
}

fuzz_target!(|input: (bool, Vec<Vec<u8>>)| {
    let (extended, answers) = input;
    let tries = Arc::new(Mutex::new(0));
    let script = Script {
        answers: answers.into(),
        lengths: if extended {
            Lengths::Extended
        } else {
            Lengths::Short
        },
        tries: Arc::clone(&tries),
    };
    let id = TokenId::whatever_is_in(Backend::PcSc, "script");
    let mut token = PivToken::new(script, TokenInfo::new(id, "script"));
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
