//! Any text as an encrypted response: no panic.

#![no_main]

use cba_protocol::{Seed, Step};
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
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
