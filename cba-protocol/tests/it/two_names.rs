//! "User not found" for a cached name: the other name is tried, once.

use cba_protocol::{NotManaged, Outcome, State};
use serde_json::json;
use upn_resolver::Upn;

use crate::peer::{self, Script};

fn other() -> Upn {
    Upn::parse("alice@corp.local").unwrap()
}

#[test]
fn the_other_name_starts_again_with_the_realm() {
    let script = Script::granting()
        .answer(State::Token, 400, &peer::refusal(50_034, "invalid_grant"))
        .then(State::Token, 200, &peer::issued());
    let run = peer::run(peer::sign_in().or_as(&other()), script);
    assert!(run.requests[4].1.uri().path().ends_with("/alice%40corp.local"));
    assert_eq!(run.jwts(1).1.unwrap().claims["iss"], "alice@corp.local");
    assert_eq!(run.requests.len(), 7, "the metadata is not read twice");
    assert_eq!(run.granted().upn(), &other());
}

#[test]
fn both_unknown_is_a_refusal() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(50_034, "invalid_grant"));
    let run = peer::run(peer::sign_in().or_as(&other()), script);
    assert_eq!(run.requests.len(), 7);
    let refusal = run.refused();
    assert!(refusal.is_user_unknown());
}

#[test]
fn without_another_name_there_is_one_attempt() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(50_034, "invalid_grant"));
    assert_eq!(peer::run(peer::sign_in(), script).requests.len(), 4);
}

#[test]
fn a_name_whose_realm_is_unknown_gives_way_too() {
    let unknown = json!({"account_type": "Unknown"});
    let script =
        Script::granting()
            .answer(State::Realm, 200, &unknown)
            .then(State::Realm, 200, &peer::managed());
    let run = peer::run(peer::sign_in().or_as(&other()), script);
    assert_eq!(run.granted().upn(), &other());

    let run = peer::run(
        peer::sign_in().or_as(&other()),
        Script::granting().answer(State::Realm, 200, &unknown),
    );
    assert_eq!(run.requests.len(), 2);
    assert!(matches!(
        run.result,
        Ok(Outcome::NotManaged(NotManaged::Unknown { .. }))
    ));
}
