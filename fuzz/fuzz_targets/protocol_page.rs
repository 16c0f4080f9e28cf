//! Any bytes as a page of the sign-in host, at the start and after the certificate: no panic.

#![no_main]

use cba_protocol::State;
use fuzz::joining::{check, reply, web};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    check(reply(web(State::Authorize), 200, body));
    check(reply(web(State::Login), 200, body));
});
