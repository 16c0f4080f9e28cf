//! The examples run without a network and end with a token.

#![allow(
    clippy::duplicate_mod,
    reason = "each example is a program with its own copy of the scripted server"
)]

use cba_protocol::Outcome;

#[path = "../../examples/sign_in_async.rs"]
#[expect(dead_code, reason = "main prints the result")]
mod sign_in_async;
#[path = "../../examples/sign_in_blocking.rs"]
#[expect(dead_code, reason = "main prints the result")]
mod sign_in_blocking;

#[test]
fn blocking() {
    assert!(matches!(
        sign_in_blocking::sign_in(None).unwrap(),
        Outcome::Granted(_)
    ));
}

#[test]
fn asynchronous() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let outcome = runtime.block_on(sign_in_async::sign_in(None)).unwrap();
    assert!(matches!(outcome, Outcome::Granted(_)));
}
