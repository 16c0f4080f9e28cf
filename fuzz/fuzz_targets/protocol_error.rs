//! Any bytes as the body of a failure, with any status.

#![no_main]

use cba_protocol::State;
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    protocol::feed(State::Token, 300 + status % 300, body);
});
