//! A signature of the card that is made later than the task was handed out, because a person still types the PIN.

use core::time::Duration;

use cba_protocol::{SignTask, State, Step};
use serde_json::json;

use crate::peer::{self, Jwt, Script};

/// The first task of a sign-in that needs the card, and the requests before it.
fn waiting(script: &mut Script, config: &cba_protocol::Config) -> SignTask {
    let mut step = peer::with(config).start(peer::seed()).unwrap();
    loop {
        step = match step {
            Step::SignAsUser(task) => return task,
            other => peer::once(other, script).unwrap(),
        }
    }
}

fn two_nonces() -> Script {
    Script::granting()
        .answer(State::Nonce, 200, &json!({"Nonce": "nonce-1"}))
        .then(State::Nonce, 200, &json!({"Nonce": "nonce-2"}))
}

fn claims(task: &SignTask) -> serde_json::Value {
    let input = core::str::from_utf8(task.input()).unwrap();
    Jwt::read(&format!("{input}.")).claims
}

#[test]
fn the_assertion_is_dated_when_it_is_signed() {
    let mut script = two_nonces();
    let task = waiting(&mut script, &peer::config());
    let first = claims(&task);
    assert_eq!(
        (&first["iat"], &first["exp"]),
        (&peer::NOW.into(), &(peer::NOW + 300).into())
    );
    let Step::SignAsUser(task) = task.refreshed(peer::later(300)).unwrap() else {
        panic!()
    };
    let second = claims(&task);
    assert_eq!(
        (&second["iat"], &second["exp"]),
        (&(peer::NOW + 300).into(), &(peer::NOW + 600).into())
    );
    assert_eq!(
        (&first["request_nonce"], &second["request_nonce"]),
        (&"nonce-1".into(), &"nonce-1".into())
    );

    // The flow continues with the later assertion.
    let input = task.input().to_vec();
    let Step::SignAsDevice(task) = task.complete(&peer::CARD.sign(&input)).unwrap() else {
        panic!()
    };
    let assertion = Jwt::read(claims(&task)["assertion"].as_str().unwrap());
    assert_eq!(assertion.claims, second);
    assert_eq!(claims(&task)["request_nonce"], "nonce-1");
}

#[test]
fn a_nonce_that_is_too_old_is_replaced_before_it_is_used() {
    let mut script = two_nonces();
    let config = peer::config().with_max_nonce_age(Duration::from_secs(60));
    let Step::SignAsUser(task) = waiting(&mut script, &config).refreshed(peer::later(60)).unwrap() else {
        panic!()
    };
    let Step::Send(exchange) = task.refreshed(peer::later(61)).unwrap() else {
        panic!()
    };
    assert_eq!(exchange.state(), State::Nonce);
    let step = peer::once(Step::Send(exchange), &mut script).unwrap();
    let Step::SignAsUser(task) = step else { panic!() };
    assert_eq!(claims(&task)["request_nonce"], "nonce-2");
}

#[test]
fn a_nonce_that_was_replaced_for_its_age_may_still_be_refused_once() {
    let mut script = two_nonces().answer(State::Token, 400, &peer::refusal(140_000, "invalid_grant"));
    let mut script_end = script.clone().then(State::Token, 200, &peer::issued());
    let task = waiting(&mut script, &peer::config());
    let mut step = task.refreshed(peer::later(1000)).unwrap();
    let mut nonces = 0;
    while !matches!(step, Step::Done(_)) {
        nonces += usize::from(step.state() == State::Nonce);
        step = peer::once(step, &mut script_end).unwrap();
    }
    assert_eq!((step.state(), nonces), (State::Granted, 2));
}

#[test]
fn a_clock_that_was_set_back_keeps_the_nonce() {
    let mut script = two_nonces();
    let task = waiting(&mut script, &peer::config());
    let back = rustls_pki_types::UnixTime::since_unix_epoch(Duration::from_secs(peer::NOW - 5000));
    assert_eq!(task.refreshed(back).unwrap().state(), State::Assertion);
}

#[test]
fn a_task_of_the_device_contains_no_date() {
    let mut script = Script::granting();
    let task = waiting(&mut script, &peer::config());
    let signature = peer::CARD.sign(task.input());
    let Step::SignAsDevice(task) = task.complete(&signature).unwrap() else {
        panic!()
    };
    let input = task.input().to_vec();
    let Step::SignAsDevice(task) = task.refreshed(peer::later(9999)).unwrap() else {
        panic!()
    };
    assert_eq!(task.input(), input);
}
