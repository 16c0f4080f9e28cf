//! Nothing is left behind, however the program ends that started it.

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
    // What the killed pcscd left on disk is no obstacle to the next.
    let readers = Readers::start(1).unwrap();
    assert_eq!(readers.count(), 2);
    drop(readers);

    let (mut lab, _) = started();
    drop(lab.stdin.take());
    assert!(lab.wait().unwrap().success());
    assert_eq!(parts(), [""; 0]);
    UnixStream::connect("/run/pcscd/pcscd.comm").unwrap_err();
}

/// The program `lab` with a card, and the parts that run then.
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

/// The names of the lab's processes that are alive, as /proc shows them.
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
