//! All parts end with the program that started them, however it ends.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use lab::Readers;

#[test]
fn a_killed_program_leaves_no_process_behind() {
    let (mut lab, before) = started();
    assert!(
        before.contains(&"pcscd".into()) && before.contains(&"virtual-card".into()),
        "{before:?}"
    );
    lab.kill().unwrap();
    lab.wait().unwrap();
    let start = Instant::now();
    while !parts().is_empty() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "still there: {:?}",
            parts()
        );
        thread::sleep(Duration::from_millis(10));
    }
    // The files of the killed pcscd do not prevent the next one from starting.
    let readers = Readers::start(1).unwrap();
    assert_eq!(readers.count(), 2);
    drop(readers);

    let (mut lab, _) = started();
    drop(lab.stdin.take());
    assert!(lab.wait().unwrap().success());
    assert_eq!(parts(), [""; 0]);
    UnixStream::connect("/run/pcscd/pcscd.comm").unwrap_err();
}

/// The program `lab` with a card, and the parts that it starts.
fn started() -> (Child, Vec<String>) {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    let mut lab = lab
        .arg("erin")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(lab.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(
        lines.any(|line| line.starts_with("issued by ")),
        "lab has not started"
    );
    (lab, parts())
}

/// The names of the lab's processes in /proc.
fn parts() -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let stat = processes.filter_map(|process| fs::read_to_string(process.join("stat")).ok());
    let names = stat.filter_map(|stat| {
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
        (!rest.starts_with('Z')).then(|| name.to_owned())
    });
    names
        .filter(|name| ["pcscd", "virtual-card"].contains(&name.as_str()))
        .collect()
}
