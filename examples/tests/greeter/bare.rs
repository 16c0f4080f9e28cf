//! A machine that is not joined: the screen joins it with the first card, and signs in. The user types one PIN.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use local_authority::{Allowed, Effect, Fault, Leg};
use rustix::process::Signal;

use crate::bench::{Bench, ENTER, ESCAPE, PROGRAM, WRONG};
use crate::laboratory::{alice, configuration};
use crate::session::Session;

/// The program with a device file that does not exist, in a terminal.
fn open(bench: &Bench) -> (Session, PathBuf) {
    let device = bench.path("device.json");
    let mut command = Command::new(PROGRAM);
    command
        .args(["--authority", &bench.authority.url(), "--ca"])
        .arg(configuration().base.join("tls-ca.pem"))
        .arg("--device")
        .arg(&device)
        .env_remove("NO_COLOR");
    let session = Session::start(command, 80, 24, &[bench.card.pin(), WRONG]);
    session.wait_for(&["This machine is not joined.", "Enter join and sign in"]);
    assert!(bench.authority.log().is_empty(), "nothing is requested yet");
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    (session, device)
}

#[test]
fn a_bare_machine_is_joined_and_signed_in_with_one_pin() {
    let bench = Bench::new(&alice());
    let (session, device) = open(&bench);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✓ This machine is joined.", "✓ Signed in", "Entra joined"]);
    let file: serde_json::Value = serde_json::from_slice(&fs::read(&device).unwrap()).unwrap();
    session.wait_for(&[file["tenantId"].as_str().unwrap()]);
    assert_eq!(file["joinType"], "entra");
    // One prompt; the card needs its PIN for each of its two signatures.
    assert_eq!(bench.pins_sent(), 2);
    let legs: Vec<_> = bench.authority.log().iter().map(|entry| entry.leg).collect();
    assert_eq!(legs.len(), 12, "{legs:?}");
    // The next sign-in is that of a joined machine.
    session.press(ENTER);
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
    session.press("q");
    assert_eq!(session.ended().0, 0);
    let joins = bench
        .authority
        .log()
        .iter()
        .filter(|entry| entry.leg == Leg::Join)
        .count();
    assert_eq!(joins, 1);
}

#[test]
fn a_wrong_pin_in_the_handshake_spends_one_try_and_the_form_stays() {
    let bench = Bench::new(&alice());
    let (session, device) = open(&bench);
    session.press(WRONG);
    session.press(ENTER);
    session.wait_for(&["PIN · 2 tries left", "The PIN is wrong, 2 tries are left."]);
    assert_eq!(bench.pins_sent(), 1);
    assert!(!device.exists());
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✓ This machine is joined.", "✓ Signed in"]);
    assert_eq!(bench.pins_sent(), 3);
}

/// Types the PIN and waits until the service registers the device, which it does slowly.
fn start_registration(bench: &Bench) -> (Session, PathBuf) {
    let slow = Effect::Delay { milliseconds: 4_000 };
    bench.authority.inject(Fault::once(Leg::Join, slow));
    let (session, device) = open(bench);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_until("the registration", |screen| {
        let step = screen.lines().find(|line| line.contains(" registration"));
        // The spinner is in the block of Braille patterns.
        step.is_some_and(|line| line.contains(|sign: char| ('\u{2800}'..='\u{28ff}').contains(&sign)))
    });
    (session, device)
}

#[test]
fn a_signal_does_not_interrupt_a_registration_that_was_sent() {
    let end = |session: &Session, signal: Option<Signal>| match signal {
        Some(signal) => session.signal(signal),
        None => session.press("\x03"),
    };
    for (signal, code) in [
        (Some(Signal::INT), 130),
        (Some(Signal::TERM), 143),
        (Some(Signal::HUP), 129),
        (None, 130),
    ] {
        let bench = Bench::new(&alice());
        let (session, device) = start_registration(&bench);
        end(&session, signal);
        session.wait_for(&["Ends when this machine is registered"]);
        // A second one changes nothing.
        end(&session, signal);
        assert_eq!(session.ended().0, code);
        let file: serde_json::Value = serde_json::from_slice(&fs::read(&device).unwrap()).unwrap();
        assert!(file["deviceId"].is_string(), "{file}");
        let folder = fs::read_dir(device.parent().unwrap()).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name());
        assert!(
            names
                .into_iter()
                .all(|name| !name.to_string_lossy().starts_with('.'))
        );
    }
}

#[test]
fn a_registration_that_was_sent_is_finished_before_the_sign_in_is_cancelled() {
    let bench = Bench::new(&alice());
    let (session, device) = start_registration(&bench);
    session.press(ESCAPE);
    session.wait_for(&["The sign-in was cancelled."]);
    assert!(device.exists());
    let log = bench.authority.log();
    let tokens = log.iter().filter(|entry| entry.leg == Leg::PrimaryRefreshToken);
    assert_eq!(tokens.count(), 0);
    session.press("q");
    assert_eq!(session.ended().0, 1);
}

#[test]
fn a_policy_that_lets_nobody_join_is_shown_with_who_has_to_act() {
    let readers = lab::Readers::start(1).unwrap();
    let card = readers.insert(0, &alice()).unwrap();
    let mut configuration = configuration().clone();
    configuration.registration.join = Allowed::None;
    let bench = Bench::with(readers, card, configuration);
    let (session, device) = open(&bench);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✗ Not signed in", "administrator"]);
    assert!(!device.exists());
    session.press("q");
    assert_eq!(session.ended().0, 1);
}
