//! Failures during a join: the card, the disk, a signal.

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use lab::Profile;
use local_authority::{Effect, Fault, Leg};
use rustix::process::{Pid, Signal, kill_process};

use crate::bench::{Bench, Ended, finish, run, start};
use crate::check::check_command;
use crate::laboratory::alice;

#[test]
fn a_card_that_is_taken_out_in_the_handshake_registers_nothing() {
    let mut bench = Bench::new(&alice());
    bench.card.forget_apdus().unwrap();
    bench.join(&[]).json(0);
    let apdus = bench.card.apdus().unwrap();
    let signature = apdus.iter().position(|apdu| apdu.instruction() == Some(0x87));
    let nth = u32::try_from(signature.unwrap() + 1).unwrap();
    bench.leave(&[]).json(0);

    bench.card.fault(nth, lab::Fault::Removed).unwrap();
    let ended = bench.join(&[]);
    assert_eq!(ended.json(5)["error"]["code"], "card/removed");
    assert_eq!(bench.devices(), 0);
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);

    bench.card.insert().unwrap();
    bench.join(&[]).json(0);
}

/// The card is exchanged between the handshake and the next use of the card, while the authority takes its time for the answer.
#[test]
fn another_card_after_the_handshake_gets_no_pin() {
    let mut bench = Bench::new(&alice());
    let slow = Effect::Delay { milliseconds: 5_000 };
    bench.authority.inject(Fault::once(Leg::CertAuth, slow));
    let mut child = start(&mut check_command(&bench));
    writeln!(child.stdin.take().unwrap(), "{}", bench.card.pin()).unwrap();
    wait_for_signature(&bench.card);
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::STOP).unwrap();
    bench.card.remove().unwrap();
    let other = bench.readers.insert(0, &Profile::new("bob")).unwrap();
    kill_process(pid, Signal::CONT).unwrap();

    let ended = finish(child, "");
    assert_eq!(ended.json(5)["error"]["code"], "card/other-card");
    assert_eq!(crate::laboratory::pins_sent(&other), 0);
    assert_eq!(bench.devices(), 0);
}

/// Waits until the card has signed and is idle.
fn wait_for_signature(card: &lab::Card) {
    let begun = Instant::now();
    let mut seen = 0;
    loop {
        let apdus = card.apdus().unwrap();
        if seen == apdus.len() && apdus.iter().any(|apdu| apdu.instruction() == Some(0x87)) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        seen = apdus.len();
        std::thread::sleep(Duration::from_millis(700));
    }
}

/// A limit of the size of files takes the place of a full disk, because it needs no rights: the device file has more bytes.
#[test]
fn a_registration_is_undone_if_the_disk_is_full() {
    let bench = Bench::new(&alice());
    let join = bench.join_command();
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap "" XFSZ; ulimit -f 2; exec "$0" "$@""#])
        .arg(join.get_program())
        .args(join.get_args());
    let ended = run(&mut command, bench.card.pin());
    assert_eq!(ended.json(2)["error"]["code"], "usage/output");
    assert!(
        ended.err.contains("the device was removed from the tenant again"),
        "{ended:?}"
    );
    assert_eq!(bench.devices(), 0);
    assert!(bench.legs().contains(&Leg::Leave));
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
    bench.join(&[]).json(0);
}

#[test]
fn a_device_file_of_another_kind_is_refused_and_kept() {
    let bench = Bench::new(&alice());
    let path = bench.path("device.json");
    for content in ["", "neither", "[]", "{}", r#"{"certificate": 1}"#] {
        std::fs::write(&path, content).unwrap();
        crate::bench::restrict(&path);
        let ended = bench.leave(&[]);
        assert_eq!(ended.json(2)["error"]["code"], "usage/device-file", "{content:?}");
        let ended = bench.sign_in();
        assert_eq!(ended.json(2)["error"]["code"], "usage/device-file", "{content:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    assert_eq!(bench.legs(), []);
}

/// Sends a signal as soon as the program catches it: while the service registers the device, which it does slowly.
fn interrupt_registration(bench: &Bench, command: &mut Command, signal: Signal) -> Ended {
    let slow = Effect::Delay { milliseconds: 3_000 };
    bench.authority.inject(Fault::once(Leg::Join, slow));
    let mut child = start(command);
    writeln!(child.stdin.take().unwrap(), "{}", bench.card.pin()).unwrap();
    let status = format!("/proc/{}/status", child.id());
    let begun = Instant::now();
    while !catches(&std::fs::read_to_string(&status).unwrap(), signal) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    finish(child, "")
}

/// Whether a process has a handler for a signal: `SigCgt` of `proc_pid_status(5)`.
fn catches(status: &str, signal: Signal) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
    mask & (1 << (signal.as_raw() - 1)) != 0
}

#[test]
fn a_signal_does_not_interrupt_a_registration_that_was_sent() {
    let bench = Bench::new(&alice());
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        let ended = interrupt_registration(&bench, &mut bench.join_command(), signal);
        assert_eq!(bench.device_file()["deviceId"], ended.json(0)["device_id"]);
        assert_eq!(bench.devices(), 1);
        bench.leave(&[]).json(0);
    }
}

#[test]
fn an_interrupted_check_leaves() {
    let bench = Bench::new(&alice());
    let mut command = check_command(&bench);
    let ended = interrupt_registration(&bench, &mut command, Signal::INT);
    let report = ended.json(1);
    assert_eq!(report["stopped"], "it was interrupted");
    assert_eq!(bench.devices(), 0);
    let stages = report["stages"].as_array().unwrap();
    let accepted = |stage: &serde_json::Value| stage["accepted"] == true;
    let names: Vec<_> = stages
        .iter()
        .filter(|stage| accepted(stage))
        .map(|stage| &stage["stage"])
        .collect();
    assert_eq!(names, ["web-sign-in", "join", "leave"]);
}

#[test]
fn a_check_that_takes_too_long_leaves() {
    let bench = Bench::new(&alice());
    let slow = Effect::Delay { milliseconds: 6_000 };
    bench.authority.inject(Fault::once(Leg::Join, slow));
    let ended = run(
        check_command(&bench).args(["--time-limit", "6"]),
        bench.card.pin(),
    );
    assert_eq!(ended.json(1)["stopped"], "the time limit ended");
    assert_eq!(bench.devices(), 0);
    assert!(bench.legs().contains(&Leg::Leave));
}
