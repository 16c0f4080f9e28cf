//! Closed streams: a program that cannot print its message still ends with the right exit code.

use std::io::{self, PipeWriter};
use std::process::{Command, Stdio};

/// A call of each program that leads to a message, with its exit code.
const CALLS: &[(&str, &[&str], i32)] = &[
    (env!("CARGO_BIN_EXE_certificate-user-ids"), &["missing.der"], 3),
    (env!("CARGO_BIN_EXE_choose-certificate"), &[], 3),
    (
        env!("CARGO_BIN_EXE_choose-certificate"),
        &["--policy", "missing.reg"],
        2,
    ),
    (env!("CARGO_BIN_EXE_demo"), &[], 1),
    (env!("CARGO_BIN_EXE_demo"), &["--screen"], 1),
    (env!("CARGO_BIN_EXE_doctor"), &["--policy", "missing.reg"], 2),
    (env!("CARGO_BIN_EXE_eligible"), &["missing.der"], 3),
    (
        env!("CARGO_BIN_EXE_explain-upn"),
        &["--join", "entra", "missing.der"],
        3,
    ),
    (env!("CARGO_BIN_EXE_greeter"), JOINED, 2),
    (env!("CARGO_BIN_EXE_list-cards"), &[], 3),
    (env!("CARGO_BIN_EXE_list-cards"), &["--json"], 3),
    (
        env!("CARGO_BIN_EXE_match-users"),
        &["--directory", "missing.csv", "missing.der"],
        2,
    ),
    (env!("CARGO_BIN_EXE_sign-in"), JOINED, 2),
    (env!("CARGO_BIN_EXE_watch-cards"), &["--seconds", "60"], 5),
];

const JOINED: &[&str] = &[
    "--authority",
    "https://localhost:1",
    "--ca",
    "missing.pem",
    "--device",
    "missing.json",
    "--join",
    "entra",
];

/// A certificate, and a directory with its user.
const CERTIFICATE: &str = "../upn-resolver/tests/certificates/adcs-rsa2048.der";
const USERS: &str = "tests/transcripts/users.jsonl";

/// There is no service and no card. `demo`, which starts a service itself, gets no card. `watch-cards` gets a full standard
/// output.
fn call(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("VIRTUAL_CARD", "/nonexistent")
        .stdin(Stdio::null());
    if !program.ends_with("demo") {
        command.env("PCSCLITE_CSOCK_NAME", "/nonexistent");
    }
    if program.ends_with("watch-cards") {
        command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    }
    command
}

/// The writing end of a pipe without a reader.
fn closed() -> PipeWriter {
    io::pipe().unwrap().1
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    for (program, arguments, code) in CALLS {
        let heard = call(program, arguments).stderr(Stdio::piped()).output().unwrap();
        let messages = String::from_utf8_lossy(&heard.stderr);
        assert!(!messages.is_empty(), "{program} {arguments:?} has nothing to say");
        assert_eq!(
            heard.status.code(),
            Some(*code),
            "{program} {arguments:?}: {messages}"
        );

        let unheard = call(program, arguments).stderr(closed()).output().unwrap();
        assert_eq!(
            unheard.status.code(),
            Some(*code),
            "{program} {arguments:?}, unheard"
        );
    }
}

#[test]
fn a_closed_standard_output_changes_no_exit_code() {
    for (program, arguments, code) in CALLS {
        if program.ends_with("watch-cards") {
            continue;
        }
        let unread = call(program, arguments).stdout(closed()).output().unwrap();
        assert_eq!(
            unread.status.code(),
            Some(*code),
            "{program} {arguments:?}, unread"
        );
    }
    let mut watch = call(env!("CARGO_BIN_EXE_watch-cards"), &["--seconds", "60"]);
    assert_eq!(watch.stdout(closed()).status().unwrap().code(), Some(0));
}

#[test]
fn lost_output_changes_the_exit_code() {
    for (program, arguments) in [
        (env!("CARGO_BIN_EXE_choose-certificate"), &["--json"][..]),
        (env!("CARGO_BIN_EXE_doctor"), &["--json"]),
        (env!("CARGO_BIN_EXE_list-cards"), &["--json"]),
        (env!("CARGO_BIN_EXE_certificate-user-ids"), &[CERTIFICATE]),
        (env!("CARGO_BIN_EXE_eligible"), &[CERTIFICATE]),
        (
            env!("CARGO_BIN_EXE_explain-upn"),
            &["--join", "entra", CERTIFICATE],
        ),
        (
            env!("CARGO_BIN_EXE_match-users"),
            &["--directory", USERS, CERTIFICATE],
        ),
        (
            env!("CARGO_BIN_EXE_match-users"),
            &["--directory", USERS, CERTIFICATE, "--json", "--summary"],
        ),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let lost = call(program, arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let messages = String::from_utf8_lossy(&lost.stderr);
        assert_eq!(lost.status.code(), Some(2), "{program}: {messages}");
        assert_eq!(
            messages.matches("the output cannot be written").count(),
            1,
            "{messages}"
        );
    }
}
