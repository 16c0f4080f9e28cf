//! Results that cannot be written: the exit code says it, and the work is done or not begun.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::bench::{Bench, run};
use crate::laboratory::alice;

/// Runs a program whose standard output is full. Returns its exit code and its messages.
fn without_room(command: &mut Command, pin: &str) -> (Option<i32>, String) {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = writeln!(child.stdin.take().unwrap(), "{pin}");
    let output = child.wait_with_output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), messages)
}

#[test]
fn lost_output_changes_the_exit_code_of_each_program() {
    let bench = Bench::new(&alice());
    let pin = bench.card.pin();
    let mut leave = bench.leave_command();
    leave.args(["--authority", &bench.authority.url()]);
    let mut programs = [
        bench.join_command(),
        bench.sign_in_command(),
        bench.check_device_command(),
        leave,
    ];
    for program in &mut programs {
        let (code, messages) = without_room(program, pin);
        assert_eq!(code, Some(2), "{program:?}: {messages}");
        let words = "the output cannot be written";
        assert_eq!(messages.matches(words).count(), 1, "{program:?}: {messages}");
    }
    // Each did its work nevertheless.
    assert_eq!(bench.devices(), 0);
    assert!(bench.legs().contains(&local_authority::Leg::Leave));
    assert!(!bench.path("device.json").exists());
}

#[test]
fn a_report_that_cannot_be_written_is_reported_before_anything_is_sent() {
    let bench = Bench::new(&alice());
    bench.join(&[]).json(0);
    let sent = bench.legs().len();
    let pins = bench.pins_sent();
    let folder = bench.folder.path().to_owned();
    for report in [folder.join("missing/report.json"), folder] {
        let mut command = bench.sign_in_command();
        let ended = run(command.arg("--report").arg(&report), bench.card.pin());
        assert_eq!(ended.json(2)["error"]["code"], "usage/report", "{report:?}");
        let mut command = bench.check_device_command();
        command.arg("--report").arg(bench.path("device.json"));
        let ended = run(&mut command, bench.card.pin());
        assert_eq!(ended.json(2)["error"]["code"], "usage/report", "{ended:?}");
    }
    assert_eq!((bench.legs().len(), bench.pins_sent()), (sent, pins));
}
