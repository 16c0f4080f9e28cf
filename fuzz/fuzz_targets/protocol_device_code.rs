//! Any bytes as the response to the request for a device code, and to a question for the token: no panic.

#![no_main]

use cba_protocol::State;
use fuzz::joining::{check, device_code, reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    check(reply(device_code(State::DeviceCode), 200, body));
    for status in [200, 400] {
        check(reply(device_code(State::Token), status, body));
    }
});
