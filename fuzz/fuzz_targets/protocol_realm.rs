//! Any octets as the answer of realm discovery.

#![no_main]

mod protocol;

use cba_protocol::State;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Realm, 200, body));
