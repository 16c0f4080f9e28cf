//! Any text as a wrapped session key: no panic.

#![no_main]

use cba_protocol::State;
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let quoted = format!(r#"{{"token_type":"pop","refresh_token":"t","session_key_jwe":{text:?}}}"#);
    protocol::feed(State::Token, 200, quoted.as_bytes());
});
