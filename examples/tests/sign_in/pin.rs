//! PINs: wrong, blocked, missing, and the last try.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use crate::bench::{Bench, alice, run, without_pin_stdin};

const WRONG: &str = "999999";

#[test]
fn a_wrong_pin_uses_one_try_and_reports_the_number_left() {
    let bench = Bench::new(&alice());
    let code = run(&mut bench.entra(), WRONG).fails(4, &["PIN is wrong", "2 tries are left"]);
    assert_eq!(code, "card/wrong-pin");
    assert_eq!(bench.pins_sent(), 1);
    assert_eq!(
        run(&mut bench.entra(), bench.card.pin()).code,
        0,
        "the right PIN still works"
    );
}

#[test]
fn the_final_try_is_refused_unless_allowed() {
    let bench = Bench::new(&alice());
    for _ in 0..2 {
        run(&mut bench.entra(), WRONG).fails(4, &["PIN is wrong"]);
    }
    let code = run(&mut bench.entra(), bench.card.pin()).fails(4, &["only one try is left", "--last-try"]);
    assert_eq!(code, "card/final-try-refused");
    assert_eq!(bench.pins_sent(), 2);
    assert_eq!(run(bench.entra().arg("--last-try"), bench.card.pin()).code, 0);
}

#[test]
fn a_blocked_pin_is_reported_without_a_prompt() {
    let bench = Bench::new(&alice());
    for _ in 0..2 {
        run(&mut bench.entra(), WRONG);
    }
    run(bench.entra().arg("--last-try"), WRONG).fails(4, &["blocked"]);
    let sent = bench.pins_sent();
    run(&mut bench.entra(), bench.card.pin()).fails(4, &["blocked", "PUK"]);
    assert_eq!(bench.pins_sent(), sent);
}

#[test]
fn a_pin_that_no_piv_card_can_have_is_not_sent() {
    let bench = Bench::new(&alice());
    for pin in ["123", "123456789"] {
        run(&mut bench.entra(), pin).fails(4, &["PIN"]);
    }
    run(&mut bench.entra(), "").fails(4, &["empty"]);
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn a_card_left_verified_by_another_program_still_requires_the_pin() {
    let bench = Bench::new(&alice());
    // OpenSC's module logs out without a command to the card.
    let signed = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(lab::Module::OpenSc.path().unwrap())
        .args([
            "--login",
            "--pin",
            bench.card.pin(),
            "--sign",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--id",
            "01",
        ])
        .arg("--input-file")
        .arg(bench.card.certificate(lab::Slot::Authentication))
        .args(["--output-file", "/dev/null"])
        .status()
        .unwrap();
    assert!(signed.success());
    let code = run(&mut bench.entra(), WRONG).fails(4, &["PIN is wrong", "2 tries are left"]);
    assert_eq!(code, "card/wrong-pin");
    assert_eq!(run(&mut bench.entra(), bench.card.pin()).code, 0);
}

#[test]
fn a_signal_at_the_prompt_gives_the_echo_back() {
    let bench = Bench::new(&alice());
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        let echoes = || tcgetattr(&pts).unwrap().local_modes.contains(LocalModes::ECHO);
        assert!(echoes());
        let command = without_pin_stdin(&bench.entra());
        let mut child = pty_process::blocking::Command::from(command)
            .spawn_borrowed(&pts)
            .unwrap();
        let begun = Instant::now();
        while echoes() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "the PIN is not asked for"
            );
            thread::sleep(Duration::from_millis(20));
        }
        if signal == Signal::INT {
            // Control-C
            (&pty).write_all(b"\x03").unwrap();
        } else {
            kill_process(Pid::from_child(&child), signal).unwrap();
        }
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        assert!(echoes(), "{signal:?}");
    }
    assert_eq!(bench.pins_sent(), 0);
}
