//! `check-tenant`: it finds the values that a dialect accepts, types one PIN, and its report names nobody.

use std::process::Command;

use serde_json::Value;

use crate::bench::{Bench, Ended, run};
use crate::laboratory::{alice, configuration};

pub(crate) fn check(bench: &Bench, pin: &str, arguments: &[&str]) -> Ended {
    let ended = run(check_command(bench).args(arguments), pin);
    for name in ["report.json", "report.md"] {
        if let Ok(report) = std::fs::read_to_string(bench.path("report").join(name)) {
            identifies_nobody(bench, &report);
        }
    }
    ended
}

/// `check-tenant`, which joins a device.
pub(crate) fn check_command(bench: &Bench) -> Command {
    check_command_into(bench, "report")
}

/// The same with another folder for the report.
fn check_command_into(bench: &Bench, folder: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check-tenant"));
    command
        .args(["--authority", &bench.authority.url(), "--ca"])
        .arg(configuration().base.join("tls-ca.pem"))
        .args(["--json", "--pin-stdin", "--report"])
        .arg(bench.path(folder));
    command
}

/// No report of any test contains a name, an identifier, a token, an address or a path.
fn identifies_nobody(bench: &Bench, report: &str) {
    let report = report.to_lowercase();
    let configuration = bench.authority.configuration();
    let mut canaries = vec![
        configuration.tenant.id.clone(),
        bench.authority.url(),
        bench.authority.registration_url(),
        bench.folder.path().display().to_string(),
        configuration.base.display().to_string(),
        bench.card.reader().to_owned(),
        bench.card.pin().to_owned(),
        rustix::system::uname().nodename().to_string_lossy().into_owned(),
    ];
    canaries.extend(
        [
            "alice",
            "contoso",
            "laptop",
            "localhost",
            "bearer",
            "virtual",
            "cn=",
        ]
        .map(str::to_owned),
    );
    canaries.extend(configuration.domains.iter().map(|domain| domain.name.clone()));
    canaries.extend(configuration.devices.iter().map(|device| device.id.clone()));
    for user in &configuration.users {
        canaries.extend([user.id.clone(), user.user_principal_name.clone()]);
    }
    for entry in bench.authority.log() {
        canaries.extend([entry.trace_id, entry.correlation_id]);
        let notes = entry.sign_in;
        canaries.extend(
            [
                notes.device,
                notes.user,
                notes.user_name,
                notes.certificate_subject,
            ]
            .into_iter()
            .flatten(),
        );
    }
    for canary in canaries.iter().filter(|canary| !canary.is_empty()) {
        assert!(!report.contains(&canary.to_lowercase()), "{canary} in {report}");
    }
    // a token, a thumbprint or a serial number
    let longest = report
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::len)
        .max();
    assert!(longest < Some(32), "{report}");
}

/// What a stage of a report found.
pub(crate) struct Found {
    pub(crate) accepted: Option<String>,
    pub(crate) refused: Vec<Refused>,
}

/// A value that was refused, with the code and the request.
pub(crate) struct Refused {
    pub(crate) value: String,
    pub(crate) code: String,
    pub(crate) at: String,
}

/// What the report says of a stage.
pub(crate) fn found(report: &Value, stage: &str) -> Found {
    let stages = report["stages"].as_array().unwrap();
    let tried = stages
        .iter()
        .find(|tried| tried["stage"] == stage)
        .unwrap_or_else(|| panic!("{report:#}"));
    let mut found = Found {
        accepted: None,
        refused: Vec::new(),
    };
    for attempt in tried["attempts"].as_array().unwrap() {
        let text = |member: &str| attempt[member].as_str().unwrap_or_default().to_owned();
        if attempt["result"] == "accepted" {
            found.accepted = Some(text("value"));
        } else {
            found.refused.push(Refused {
                value: text("value"),
                code: text("code"),
                at: text("at"),
            });
        }
    }
    found
}

#[test]
fn a_tenant_that_takes_the_documented_values_is_left_as_it_was() {
    let bench = Bench::new(&alice());
    let report = check(&bench, bench.card.pin(), &[]).json(0);
    assert_eq!(report["accepted"], true, "{report:#}");
    assert_eq!(report["unreached"], serde_json::json!([]));
    assert!(report["requests"].as_u64().unwrap() <= 40);
    let written: Value =
        serde_json::from_slice(&std::fs::read(bench.path("report/report.json")).unwrap()).unwrap();
    assert_eq!(written, report);
    assert!(bench.path("report/report.md").exists());
    // the check counts each request
    assert_eq!(report["requests"], bench.authority.log().len());
}

#[test]
fn a_wrong_pin_stops_the_check_after_one_try() {
    let bench = Bench::new(&alice());
    let ended = check(&bench, "999999", &[]);
    assert_eq!(ended.json(4)["error"]["code"], "card/wrong-pin");
    assert_eq!(bench.pins_sent(), 1);
    assert!(bench.path("report/report.md").exists());
}

#[test]
fn a_check_that_cannot_begin_makes_no_folder() {
    let mut bench = Bench::new(&alice());
    let ended = check(&bench, bench.card.pin(), &["--reader", "no such reader"]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(!bench.path("report").exists(), "{ended:?}");
    bench.card.remove().unwrap();
    let ended = check(&bench, bench.card.pin(), &[]);
    assert_eq!(ended.json(3)["error"]["code"], "card/no-card");
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_report_that_cannot_be_written_is_noticed_before_anything_is_sent() {
    let bench = Bench::new(&alice());
    std::fs::write(bench.path("file"), "").unwrap();
    std::fs::create_dir_all(bench.path("taken/report.md")).unwrap();
    for folder in ["file", "file/report", "taken", "/proc/report", "/dev/null"] {
        let mut command = check_command_into(&bench, folder);
        let ended = run(&mut command, bench.card.pin());
        assert_eq!(
            ended.json(2)["error"]["code"],
            "usage/report",
            "{folder}: {ended:?}"
        );
    }
    assert_eq!(bench.legs(), []);
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 2);
    assert_eq!(std::fs::read_dir(bench.path("taken")).unwrap().count(), 1);
    // A new folder in a new folder.
    run(&mut check_command_into(&bench, "a/b"), bench.card.pin()).json(0);
    assert!(bench.path("a/b/report.json").exists());
}

#[test]
fn a_dry_run_sends_nothing() {
    let bench = Bench::new(&alice());
    let plan = check(&bench, "", &["--dry-run"]).json(0);
    assert_eq!(
        (&plan["max_requests"], plan["stages"].as_array().unwrap().len()),
        (&40.into(), 7)
    );
    assert!(!bench.path("report").exists());
}
