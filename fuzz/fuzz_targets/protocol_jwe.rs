//! Any text as the wrapped session key, and as an encrypted answer to a renewal.

#![no_main]

mod protocol;

use cba_protocol::{Seed, State, Step};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let quoted = format!(r#"{{"token_type":"pop","refresh_token":"t","session_key_jwe":{text:?}}}"#);
    protocol::feed(State::Token, 200, quoted.as_bytes());

    let step = protocol::prt()
        .renewal()
        .start(Seed::from([2; 32]), protocol::now())
        .expect("a renewal");
    let Step::Send(exchange) = step else {
        panic!("the nonce")
    };
    let nonce = protocol::answer(200, br#"{"Nonce":"n"}"#);
    let Ok(Step::Send(exchange)) = exchange.respond(nonce, protocol::now()) else {
        panic!("the request")
    };
    let _ = exchange.respond(
        protocol::answer(200, format!("eyJ{text}").as_bytes()),
        protocol::now(),
    );
});
