//! Any text as the id token and as `client_info`: the sign-in is granted independent of their content.

#![no_main]

use cba_protocol::{Outcome, SessionKey, State, Step};
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Step::Send(exchange) = protocol::at(State::Token, None) else {
        panic!("a request")
    };
    let body = serde_json::json!({"token_type": "pop", "refresh_token": "t", "session_key_jwe": protocol::SESSION_KEY_JWE, "id_token": text,
                                  "client_info": text, "tgt_ad": text, "tgt_cloud": {"clientKey": text, "messageBuffer": text}});
    let answer = protocol::answer(200, body.to_string().as_bytes());
    let Ok(Step::Unwrap(task)) = exchange.respond(answer, protocol::now()) else {
        panic!("the session key")
    };
    let done = task.complete(SessionKey::from(protocol::SESSION_KEY));
    assert!(matches!(done, Ok(Step::Done(Outcome::Granted(_)))));
});
