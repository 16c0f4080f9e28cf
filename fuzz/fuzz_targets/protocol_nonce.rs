//! Any bytes as the server's nonce response.

#![no_main]

use cba_protocol::State;
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Nonce, 200, body));
