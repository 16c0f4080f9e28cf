//! Any octets as the server's nonce.

#![no_main]

mod protocol;

use cba_protocol::State;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Nonce, 200, body));
