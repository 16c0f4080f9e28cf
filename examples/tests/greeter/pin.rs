//! PINs: wrong, blocked, and the last try.

use crate::bench::{Bench, ENTER, WRONG};
use crate::laboratory::alice;
use crate::session::Session;

/// The form of the only tile, after the card has answered.
fn form(bench: &Bench) -> Session {
    let session = bench.open();
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session
}

/// Types a wrong PIN and waits for the message of the form.
fn try_wrong(session: &Session, words: &[&str]) {
    session.press(WRONG);
    session.wait_for(&["••••••"]);
    session.press(ENTER);
    session.wait_for(words);
}

#[test]
fn a_wrong_pin_spends_one_try_and_the_right_one_still_works() {
    let bench = Bench::new(&alice());
    let session = form(&bench);
    try_wrong(
        &session,
        &["PIN · 2 tries left", "The PIN is wrong, 2 tries are left."],
    );
    assert_eq!(bench.pins_sent(), 1);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
    assert_eq!(bench.pins_sent(), 2);
    session.press("q");
    assert_eq!(session.ended().0, 0);
}

#[test]
fn the_last_try_needs_a_yes_of_the_user() {
    let bench = Bench::new(&alice());
    let session = form(&bench);
    try_wrong(&session, &["PIN · 2 tries left"]);
    try_wrong(&session, &["PIN · one try left"]);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["the card is blocked", "y  use the last try"]);
    // A second Enter is not a yes.
    session.press(ENTER);
    session.press("n");
    session.wait_until("the form", |screen| {
        screen.contains("••••••") && !screen.contains("use the last try")
    });
    assert_eq!(bench.pins_sent(), 2, "the last try is still there");
    session.press(ENTER);
    session.wait_for(&["y  use the last try"]);
    session.press("y");
    session.wait_for(&["✓ Signed in"]);
    assert_eq!(bench.pins_sent(), 3);
}

#[test]
fn a_blocked_pin_is_shown_and_not_asked_for() {
    let bench = Bench::new(&alice());
    let session = form(&bench);
    try_wrong(&session, &["PIN · 2 tries left"]);
    try_wrong(&session, &["PIN · one try left"]);
    session.press(WRONG);
    session.press(ENTER);
    session.wait_for(&["y  use the last try"]);
    session.press("y");
    session.wait_until("the blocked PIN, reported once without useless keys", |screen| {
        screen.matches("The PIN is blocked").count() == 1
            && screen.matches("PUK").count() == 1
            && !screen.contains("Enter sign in")
    });
    session.press(bench.card.pin());
    session.press(ENTER);
    let session = {
        drop(session);
        bench.open()
    };
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["The PIN is blocked."]);
    assert_eq!(bench.pins_sent(), 3);
}
