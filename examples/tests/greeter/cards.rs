//! Tiles that appear and disappear with their cards.

use local_authority::Leg;

use crate::bench::{Bench, ENTER};
use crate::laboratory::alice;

#[test]
fn a_tile_comes_and_goes_with_its_card() {
    let mut bench = Bench::new(&alice());
    bench.card.remove().unwrap();
    let session = bench.open();
    session.wait_for(&[
        "Insert your smart card.",
        &format!("{}: empty", bench.card.reader()),
    ]);
    bench.card.insert().unwrap();
    let reader = bench.card.reader().to_owned();
    let label = ["alice", "alice@contoso.example", &reader];
    session.wait_for(&label);
    bench.card.remove().unwrap();
    session.wait_until("no tile", |screen| {
        screen.contains("Insert your smart card.") && !screen.contains("alice")
    });
    bench.card.insert().unwrap();
    session.wait_for(&label);
    session.press("q");
    assert_eq!(session.ended().0, 1, "no sign-in was granted");
}

#[test]
fn a_form_goes_with_its_card_and_no_pin_was_used() {
    let mut bench = Bench::new(&alice());
    let session = bench.open();
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    session.wait_for(&["••••••"]);
    bench.card.remove().unwrap();
    session.wait_for(&["The card was removed."]);
    bench.card.insert().unwrap();
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    let screen = session.wait_for(&["PIN · 3 tries left"]);
    assert!(!screen.contains('•'), "the PIN went with the card\n{screen}");
    assert_eq!(bench.pins_sent(), 0);
    // What needs no PIN is requested while it is typed.
    let log = bench.authority.log();
    assert!(
        log.iter().all(|entry| entry.leg != Leg::PrimaryRefreshToken),
        "{log:?}"
    );
}

#[test]
fn a_certificate_that_windows_would_hide_is_listed_with_the_policy_that_shows_it() {
    let bench = Bench::new(&alice().extended_key_usage(["clientAuth"]));
    let session = bench.open();
    session.wait_for(&["no certificate to sign in with", "hidden (1)"]);
    session.press("h");
    session.wait_for(&[
        "CN=alice",
        "extended-key-usage: smart card logon is not among its purposes",
        "AllowCertificatesWithNoEKU enabled",
    ]);
    drop(session);
    let policy = bench.policy(&["AllowCertificatesWithNoEKU"]);
    let session = bench.open_with(&["--policy", &policy], 80, 24);
    session.wait_for(&["alice@contoso.example", "hidden (0)"]);
}
