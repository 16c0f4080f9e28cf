//! Any bytes as the OpenID metadata.

#![no_main]

use cba_protocol::State;
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| protocol::feed(State::Metadata, 200, body));
