//! Any octets as the body of a failure, under any status.

#![no_main]

mod protocol;

use cba_protocol::State;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    protocol::feed(State::Token, 300 + status % 300, body);
});
