//! Results of sign-ins.

use lab::Profile;
use local_authority::{Effect, Fault, Leg};

use crate::bench::{Bench, ENTER, ESCAPE};
use crate::laboratory::alice;
use crate::session::Session;

fn sign_in(profile: &Profile, faults: impl IntoIterator<Item = Fault>) -> (Bench, Session) {
    let bench = Bench::new(profile);
    for fault in faults {
        bench.authority.inject(fault);
    }
    let session = bench.open();
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    session.press(ENTER);
    (bench, session)
}

#[test]
fn a_granted_sign_in_shows_token_user_steps_and_the_decision() {
    let (bench, session) = sign_in(&alice(), []);
    session.wait_for(&[
        "✓ Signed in",
        "user          alice@contoso.example",
        "tenant        b1c2d3e4-0000-4000-8000-00000000c0de",
        "primary refresh token, expires in 14 days",
        "multifactor   yes",
        "4 requests",
        "session key",
        "send alice@contoso.example (source: principal name)",
        "> principal name   taken",
    ]);
    let legs: Vec<_> = bench.authority.log().iter().map(|entry| entry.leg).collect();
    assert_eq!(
        legs,
        [Leg::Realm, Leg::Metadata, Leg::Nonce, Leg::PrimaryRefreshToken]
    );
    session.press("q");
    assert_eq!(session.ended().0, 0);
}

#[test]
fn the_steps_are_seen_while_the_authority_takes_its_time() {
    let fault = Fault::once(Leg::PrimaryRefreshToken, Effect::Delay { milliseconds: 1500 });
    let (_bench, session) = sign_in(&alice(), [fault]);
    let screen = session.wait_for(&["✓ device signature", "Esc cancel"]);
    for words in [
        "✓ realm",
        "✓ metadata",
        "✓ nonce",
        "✓ card signature",
        "· session key",
    ] {
        assert!(screen.contains(words), "{words:?} is not in\n{screen}");
    }
    session.wait_for(&["✓ Signed in"]);
}

#[test]
fn a_sign_in_can_be_broken_off_before_its_next_step() {
    let fault = Fault::once(Leg::Realm, Effect::Delay { milliseconds: 1500 });
    let (bench, session) = sign_in(&alice(), [fault]);
    session.wait_for(&["Esc cancel"]);
    session.press(ESCAPE);
    session.wait_for(&["The sign-in was cancelled.", "Press Enter to sign in."]);
    let log = bench.authority.log();
    assert!(log.iter().all(|entry| entry.leg == Leg::Realm), "{log:?}");
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn a_refusal_names_who_must_act() {
    let (_bench, session) = sign_in(&alice().unknown_issuer(), []);
    session.wait_for(&[
        "✗ Not signed in",
        "AADSTS500176",
        "who must act  administrator",
        "correlation",
    ]);
    session.press("q");
    assert_eq!(session.ended().0, 1);
}

#[test]
fn a_missing_answer_is_reported() {
    let fault = Fault::once(Leg::Nonce, Effect::Cut { after: 3 });
    let (bench, session) = sign_in(&alice(), [fault]);
    session.wait_for(&["✗ Not signed in", "No answer from localhost", "nonce ✗"]);
    assert_eq!(bench.pins_sent(), 0);
    session.press(ENTER);
    session.wait_for(&["Press Enter to sign in."]);
}
