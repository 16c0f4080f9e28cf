//! A known PIN appears in nothing that is printed or logged.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use crate::answering::Answering;
use card_access::{
    Backend, Credential, ErrorKind, Hash, Pin, PinEntry, PivSlot, Scheme, Slot, Token, TokenId, TokenInfo,
    piv::PivToken,
};

const CANARY: &str = "73519842";

/// A card for which every PIN is wrong.
fn wrong(command: &[u8]) -> Vec<u8> {
    match command {
        [0, 0xa4, ..] => vec![0x61, 0x00, 0x90, 0x00],
        [0, 0x20, 0, 0x80] => vec![0x63, 0xc3],
        [0, 0x20, 0, 0x80, ..] => vec![0x63, 0xc2],
        _ => vec![0x90, 0x00],
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_pin_is_in_no_log_line_and_no_debug_output() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let certificate = rcgen::generate_simple_self_signed(["a".to_owned()])
        .unwrap()
        .cert
        .der()
        .clone();
    let credential = Credential::new(Slot::Piv(PivSlot::Authentication), "", certificate).unwrap();
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "parrot"), "parrot");
    let pin = Pin::new(CANARY.to_owned());
    let entry = PinEntry::typed(&pin);
    let error = tracing::subscriber::with_default(subscriber, || {
        let scheme = Scheme::EcdsaRaw(Hash::Sha256);
        PivToken::new(Answering(|command: &[u8]| Ok(wrong(command))), info)
            .sign(&credential, scheme, b"message", Some(entry))
            .unwrap_err()
    });
    assert_eq!(error.kind(), &ErrorKind::WrongPin { tries_left: Some(2) });

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("63C2"), "the log is empty: {log}");
    let printed = format!("{log}{error}{error:?}{pin:?}{entry:?}");
    let hex: String = CANARY
        .bytes()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .map(char::from)
        .collect();
    let bytes = format!("{:?}", CANARY.as_bytes());
    for form in [CANARY, &hex, bytes.trim_matches(['[', ']'])] {
        assert!(!printed.contains(form), "{form} is in: {printed}");
    }
}
