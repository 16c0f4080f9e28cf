//! Any bytes as the response to a join, under success and failure: no panic.

#![no_main]

use cba_protocol::State;
use fuzz::joining::{check, join, reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    for status in [200, 400] {
        check(reply(join(State::Registration), status, body));
    }
});
