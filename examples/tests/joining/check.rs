//! `check-tenant`: it finds the values that a dialect accepts, types one PIN, and its report names nobody.

use std::process::Command;

use local_authority::Configuration;
use serde_json::Value;

use crate::bench::{Bench, Ended, run};
use crate::laboratory::{alice, configuration};

fn check(bench: &Bench, pin: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check-tenant"));
    command
        .args(["--authority", &bench.authority.url(), "--ca"])
        .arg(configuration().base.join("tls-ca.pem"))
        .args(["--json", "--pin-stdin", "--report"])
        .arg(bench.path("report"))
        .args(arguments);
    run(&mut command, pin)
}

/// The values that were tried in a stage, with their results.
fn attempts(report: &Value, stage: &str) -> Vec<(String, String)> {
    let stages = report["stages"].as_array().unwrap();
    let tried = stages
        .iter()
        .find(|tried| tried["stage"] == stage)
        .unwrap_or_else(|| panic!("{report:#}"));
    let attempts = tried["attempts"].as_array().unwrap();
    attempts
        .iter()
        .map(|attempt| {
            (
                attempt["value"].as_str().unwrap().to_owned(),
                attempt["result"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn with_dialect(change: impl FnOnce(&mut Configuration)) -> Bench {
    let mut configuration = configuration().clone();
    change(&mut configuration);
    Bench::with(&alice(), configuration)
}

#[test]
fn a_tenant_that_takes_the_documented_values_is_left_as_it_was() {
    let bench = Bench::new(&alice());
    let report = check(&bench, bench.card.pin(), &[]).json(0);
    assert_eq!(report["accepted"], true, "{report:#}");
    assert_eq!(report["unreached"], serde_json::json!([]));
    assert!(report["requests"].as_u64().unwrap() <= 40);
    // the joined device has left: nothing is to be left
    let written: Value =
        serde_json::from_slice(&std::fs::read(bench.path("report/report.json")).unwrap()).unwrap();
    assert_eq!(written, report);

    let markdown = std::fs::read_to_string(bench.path("report/report.md")).unwrap();
    let printed = format!("{report} {markdown}").to_lowercase();
    let tenant = configuration().tenant.id.clone();
    for canary in [
        "alice",
        "contoso",
        "localhost",
        &tenant,
        "bearer",
        "virtual pcd",
        bench.card.pin(),
    ] {
        assert!(!printed.contains(&canary.to_lowercase()), "{canary} in {printed}");
    }
}

#[test]
fn the_values_that_a_dialect_takes_are_found() {
    use local_authority::{AttributeValues, Demand, LeaveHost};
    let bench = with_dialect(|configuration| {
        configuration.dialect.attribute_values = AttributeValues::Booleans;
        configuration.dialect.login_referer = Demand::Required;
        configuration.dialect.leave_host = LeaveHost::CertAuth;
    });
    let report = check(&bench, bench.card.pin(), &[]).json(0);
    let accepted = |stage: &str| attempts(&report, stage).pop().unwrap();
    let found = |value: &str| (value.to_owned(), "accepted".to_owned());
    assert_eq!(accepted("web-sign-in"), found("web.referer=sent"), "{report:#}");
    assert_eq!(
        accepted("join"),
        found("registration.attributes=omitted"),
        "{report:#}"
    );
    assert_eq!(
        accepted("leave"),
        found("registration.removal_host=certauth"),
        "{report:#}"
    );
}

#[test]
fn a_policy_stops_the_check_at_once() {
    let bench =
        with_dialect(|configuration| configuration.registration.join = local_authority::Allowed::None);
    let report = check(&bench, bench.card.pin(), &[]).json(1);
    assert_eq!(attempts(&report, "join").len(), 1, "{report:#}");
    assert_eq!(report["stopped"], "a policy refuses");
    assert_eq!(report["unreached"].as_array().unwrap().len(), 5);
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
fn a_dry_run_sends_nothing() {
    let bench = Bench::new(&alice());
    let plan = check(&bench, "", &["--dry-run"]).json(0);
    assert_eq!(
        (&plan["max_requests"], plan["stages"].as_array().unwrap().len()),
        (&40.into(), 7)
    );
    assert!(!bench.path("report").exists());
}
