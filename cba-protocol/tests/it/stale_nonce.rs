//! A stale nonce is replaced once, and everything that contains it is signed again.

use cba_protocol::aadsts::Advice;
use cba_protocol::{SignIn, State};
use serde_json::json;

use crate::peer::{self, Run, Script};

fn stale_then(script: Script) -> Run {
    let script = script
        .answer(State::Nonce, 200, &json!({"Nonce": "nonce-1"}))
        .then(State::Nonce, 200, &json!({"Nonce": "nonce-2"}));
    peer::run(peer::sign_in(), script)
}

#[test]
fn both_jwts_are_signed_again_with_the_new_nonce() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(140_000, "invalid_grant"));
    let run = stale_then(script.then(State::Token, 200, &peer::issued()));
    for (n, nonce) in ["nonce-1", "nonce-2"].into_iter().enumerate() {
        let (request, assertion) = run.jwts(n);
        assert_eq!(request.claims["request_nonce"], nonce);
        assert_eq!(assertion.unwrap().claims["request_nonce"], nonce);
    }
    assert_eq!(run.signed.len(), 4);
    assert_eq!(run.requests.len(), 6);
    assert_eq!(run.states.last(), Some(&State::Granted));
}

#[test]
fn a_second_stale_nonce_is_a_refusal() {
    for code in [140_000, 50_099, 1_003_013, 50_013] {
        let run =
            stale_then(Script::granting().answer(State::Token, 400, &peer::refusal(code, "invalid_grant")));
        assert_eq!(run.requests.len(), 6, "{code}");
        let refusal = run.refused();
        assert_eq!((refusal.codes[0], refusal.advice()), (code, Advice::RefetchNonce));
    }
}

#[test]
fn other_refusals_are_not_tried_again() {
    let run =
        stale_then(Script::granting().answer(State::Token, 400, &peer::refusal(500_171, "invalid_grant")));
    assert_eq!(run.requests.len(), 4);
}

#[test]
fn a_refresh_token_needs_no_card() {
    let token = "1.web-view-refresh-token".to_owned();
    let sign_in = SignIn::with_refresh_token(
        &peer::config(),
        &peer::device(),
        &peer::upn(),
        token.clone().into(),
    );
    let run = peer::run(sign_in, Script::granting());
    assert!(!run.states.contains(&State::Assertion));
    let (request, _) = run.jwts(0);
    assert_eq!(request.claims["grant_type"], "refresh_token");
    assert_eq!(request.claims["refresh_token"], token);
    assert!(request.claims.get("assertion").is_none());
    assert_eq!(run.granted().token().expose(), peer::PRT);
}
