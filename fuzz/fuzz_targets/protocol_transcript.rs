//! Any bytes with any status in a transcript: no panic, and no control characters in the transcript.

#![no_main]

use cba_protocol::{State, Transcript};
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    let transcript = Transcript::default();
    protocol::respond(State::Nonce, 200 + status % 400, body, Some(&transcript));
    let written = transcript.to_string();
    assert!(written.chars().all(|c| !c.is_control() || c == '\n'));
    assert!(transcript.to_json().starts_with('['));
});
