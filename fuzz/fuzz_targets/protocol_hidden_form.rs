//! Any bytes as a page with a hidden form: no panic, and what is posted goes to the sign-in host.

#![no_main]

use cba_protocol::{State, Step};
use fuzz::joining::{check, reply, web};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let next = reply(web(State::CertificateSignIn), 200, body);
    if let Ok(Step::Send(exchange)) = &next {
        assert_eq!(exchange.request().uri().host(), Some("login.microsoftonline.com"));
    }
    check(next);
});
