//! Any texts as cookies and as the target of a redirect: no panic, and one bounded header comes back.

#![no_main]

use cba_protocol::{State, Step};
use fuzz::joining::{PAGE, check, respond, web};
use http::{HeaderValue, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut page = Response::new(PAGE.as_bytes().to_vec());
    for line in text.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            page.headers_mut().append("set-cookie", value);
        }
    }
    let next = respond(web(State::Authorize), page);
    if let Ok(Step::Send(exchange)) = &next {
        let cookies = exchange.request().headers().get_all("cookie");
        assert!(cookies.iter().count() <= 1 && cookies.iter().all(|value| value.len() <= 16 << 10));
    }
    check(next);
    if let Ok(location) = HeaderValue::from_bytes(text) {
        let mut redirect = Response::new(Vec::new());
        *redirect.status_mut() = http::StatusCode::FOUND;
        redirect.headers_mut().insert("location", location);
        check(respond(web(State::Login), redirect));
    }
});
