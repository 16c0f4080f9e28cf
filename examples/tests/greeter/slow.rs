//! Cards and servers that do not answer: they do not delay the others.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use lab::{Configured, Fault, Profile};
use pkcs11_faults::{Faults, Order};

use crate::bench::{Bench, ENTER, ESCAPE, PROGRAM, arguments, greeter};
use crate::laboratory::{alice, pins_sent};
use crate::session::Session;

/// Much less than the 30 seconds that a card may take, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_tile_and_its_sign_in_do_not_wait_for_a_mute_card() {
    let mut bench = Bench::new(&alice());
    let mut mute = bench.readers.insert(1, &Profile::new("mute")).unwrap();
    mute.fault(1, Fault::Hang).unwrap();
    let begun = Instant::now();
    let session = bench.open();
    session.wait_for(&["alice@contoso.example", "Press Enter to sign in."]);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    session.wait_for(&[&format!("… no answer from {} for", mute.reader())]);
    // Events of the good card are not delayed either.
    for _ in 0..2 {
        bench.card.remove().unwrap();
        let begun = Instant::now();
        session.wait_until("no tile", |screen| !screen.contains("alice"));
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        bench.card.insert().unwrap();
        let begun = Instant::now();
        session.wait_for(&["alice@contoso.example"]);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
}

#[test]
fn a_tile_and_its_sign_in_do_not_wait_for_a_hung_module() {
    let bench = Bench::new(&alice());
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::in_folder(folder.path());
    faults.order(&[Order::Each("C_GetSlotList", pkcs11_faults::Fault::Hang)]);
    let module = pkcs11_faults::module();
    let configured = Configured::module(&module).unwrap();
    let mut command = arguments(configured.command(PROGRAM), &bench.authority.url());
    command.envs(faults.environment(lab::Module::OpenSc.path().unwrap()));
    let begun = Instant::now();
    let session = Session::start(command, 80, 24, &[bench.card.pin()]);
    session.wait_for(&["alice@contoso.example", "Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    // The sign-in may have ended before the module's process begins.
    while faults.calls().is_empty() {
        assert!(begun.elapsed() < 2 * SOON, "the module was not asked");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_sign_in_over_its_limit_names_the_reason_and_the_next_one_works() {
    let bench = Bench::new(&alice());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = format!("https://{}", silent.local_addr().unwrap());
    let mut command = greeter(&authority);
    command.args(["--time-limit", "3"]);
    let session = Session::start(command, 80, 24, &[bench.card.pin()]);
    session.wait_for(&["Press Enter to sign in."]);
    for _ in 0..2 {
        session.press(ENTER);
        session.wait_for(&["PIN · 3 tries left"]);
        session.press(bench.card.pin());
        session.press(ENTER);
        let begun = Instant::now();
        session.wait_for(&["after 3 s", "realm request"]);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        session.press(ESCAPE);
        session.wait_for(&["Press Enter to sign in."]);
    }
    assert_eq!(pins_sent(&bench.card), 0);
}

#[test]
fn a_card_that_falls_silent_delays_no_other_sign_in() {
    let bench = Bench::new(&alice());
    let mut other = bench.readers.insert(1, &alice()).unwrap();
    let session = bench.open();
    session.wait_until("two tiles", |screen| {
        screen.matches("alice@contoso.example").count() == 2
    });
    // Both tiles are shown: the second card hangs when the state of its PIN is read.
    other.fault(1, Fault::Hang).unwrap();
    session.press("\x1b[B");
    session.press(ENTER);
    session.wait_for(&["reading the card"]);
    session.press(ESCAPE);
    session.wait_for(&["Choose who signs in."]);
    session.press("\x1b[A");
    session.press(ENTER);
    let begun = Instant::now();
    session.wait_for(&["PIN · 3 tries left"]);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}
