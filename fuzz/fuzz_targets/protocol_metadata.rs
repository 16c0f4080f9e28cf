//! Any octets as the OpenID metadata.

#![no_main]

mod protocol;

use cba_protocol::State;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Metadata, 200, body));
