//! Any bytes as the response of realm discovery.

#![no_main]

use cba_protocol::State;
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Realm, 200, body));
