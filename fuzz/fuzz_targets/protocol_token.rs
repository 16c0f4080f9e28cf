//! Any bytes as the response to the request for a primary refresh token.

#![no_main]

use cba_protocol::State;
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Token, 200, body));
