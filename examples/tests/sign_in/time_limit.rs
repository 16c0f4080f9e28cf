//! The time limit of the whole sign-in, and the reason in its message.

use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::{Fault, Readers};
use pkcs11_faults::{Faults, Order};
use rustix::termios::{LocalModes, tcgetattr};

use crate::bench::{Bench, Ended, alice, ended, run, start, without_pin_stdin};

/// Much less than the 20 and 30 seconds that a module, a card or a server may take, and enough for a busy machine.
const LIMIT: &str = "6";

/// Runs the program. Asserts that it does not take much longer than its limit.
fn run_limited(command: &mut Command, pin: &str) -> Ended {
    let begun = Instant::now();
    let ended = run(command.args(["--time-limit", LIMIT]), pin);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    ended
}

#[test]
fn time_limit_names_a_card_that_does_not_answer() {
    let mut bench = Bench::in_readers(Readers::start(2).unwrap(), &alice());
    let reader = bench.card.reader().to_owned();
    // The only card needs no name.
    for arguments in [&["--reader", &reader][..], &[]] {
        bench.card.fault(1, Fault::Hang).unwrap();
        let ended = run_limited(bench.entra().args(arguments), bench.card.pin());
        let code = ended.fails(8, &["no result after 6 s", &format!("the card in {reader}")]);
        assert_eq!(code, "time-limit/card");
        bench.card.remove().unwrap();
        bench.card.insert().unwrap();
    }
    // Of two cards, the program does not know yet which one it needs.
    let mut other = bench.readers.insert(1, &alice()).unwrap();
    bench.card.fault(1, Fault::Hang).unwrap();
    other.fault(1, Fault::Hang).unwrap();
    let ended = run_limited(&mut bench.entra(), bench.card.pin());
    assert_eq!(
        ended.fails(8, &["the readers and their cards"]),
        "time-limit/cards"
    );
    assert_eq!((bench.pins_sent(), bench.authority.log().len()), (0, 0));
}

#[test]
fn time_limit_names_a_missing_pin() {
    let bench = Bench::new(&alice());
    let begun = Instant::now();
    let mut child = start(bench.entra().args(["--time-limit", LIMIT]));
    // Standard input stays open without data.
    let input = child.stdin.take();
    let ended = ended(child, "");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(ended.fails(8, &["the PIN"]), "time-limit/pin");
    drop(input);
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn the_terminal_is_restored_when_the_pin_is_not_typed() {
    let bench = Bench::new(&alice());
    let (pty, pts) = pty_process::blocking::open().unwrap();
    let echoes = || tcgetattr(&pts).unwrap().local_modes.contains(LocalModes::ECHO);
    let mut command = without_pin_stdin(&bench.entra());
    command.args(["--time-limit", LIMIT]);
    let mut child = pty_process::blocking::Command::from(command)
        .spawn_borrowed(&pts)
        .unwrap();
    let mut asked = false;
    while child.try_wait().unwrap().is_none() {
        asked |= !echoes();
        thread::sleep(Duration::from_millis(20));
    }
    assert!(asked, "the PIN was not asked for");
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert!(echoes());
    drop(pty);
}

#[test]
fn time_limit_names_an_unused_pin_pad() {
    let readers = Readers::with_pin_pads(1).unwrap();
    let bench = Bench::in_readers(readers, &alice());
    let mut command = without_pin_stdin(&bench.entra());
    let ended = run_limited(command.arg("--pin-pad"), "");
    let code = ended.fails(8, &["the PIN on the PIN pad of", bench.card.reader()]);
    assert_eq!(code, "time-limit/pin-pad");
}

#[test]
fn time_limit_names_a_server_that_does_not_answer_and_the_request() {
    let bench = Bench::new(&alice());
    // The server accepts connections and does not answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let ended = run_limited(
        &mut Bench::entra_at(&format!("https://{address}")),
        bench.card.pin(),
    );
    let code = ended.fails(8, &["the realm request", &address]);
    assert_eq!(code, "time-limit/realm-request");
}

#[test]
fn time_limit_names_a_module_that_hangs() {
    let bench = Bench::new(&alice());
    let faults = Faults::in_folder(bench.folder.path());
    let module = pkcs11_faults::module();
    for function in ["C_GetSlotList", "C_FindObjects", "C_Sign"] {
        faults.order(&[Order::Each(function, pkcs11_faults::Fault::Hang)]);
        let mut command = bench.entra();
        command
            .arg("--module")
            .arg(&module)
            .envs(faults.environment(lab::Module::OpenSc.path().unwrap()));
        let ended = run_limited(&mut command, bench.card.pin());
        let code = ended.fails(8, &["the PKCS#11 module", &module.display().to_string()]);
        assert_eq!(code, "time-limit/module", "{function}");
    }
}

#[test]
fn a_card_signs_in_without_waiting_for_a_silent_one() {
    let bench = Bench::new(&alice());
    let mut mute = bench.readers.insert(1, &lab::Profile::new("mute")).unwrap();
    mute.fault(1, Fault::Hang).unwrap();
    let begun = Instant::now();
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let words = format!("no answer from {}", mute.reader());
    assert!(ended.err.contains(&words), "{ended:?}");
}
