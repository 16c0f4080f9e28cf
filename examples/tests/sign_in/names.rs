//! Names that end a sign-in before or after a request.

use serde_json::Value;

use crate::bench::{Bench, alice, configuration, run};

#[test]
fn a_certificate_without_a_name_asks_for_a_hint_and_sends_nothing() {
    let bench = Bench::new(&alice().principal_names([]).rfc822_names([]));
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["outcome"], "not-sent");
    assert_eq!(ended.json()["decision"]["outcome"], "ask-for-hint");
    assert_eq!(ended.json()["requests"], 0);
    assert_eq!(bench.authority.log().len(), 0);
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn a_hint_that_is_not_a_upn_is_refused_before_a_request() {
    let bench = Bench::new(&alice());
    for hint in [r"CONTOSO\alice", "alice", "alice@", "alice@contoso.example "] {
        let ended = run(bench.entra().args(["--hint", hint]), bench.card.pin());
        assert_eq!(ended.code, 1, "{hint:?}: {ended:?}");
        assert_eq!(ended.json()["decision"]["outcome"], "reject-hint", "{hint:?}");
    }
    assert_eq!(bench.authority.log().len(), 0);
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn a_hint_is_sent_in_place_of_the_certificate_name() {
    let bench = Bench::new(&alice());
    let ended = run(
        bench.entra().args(["--hint", "Alice@Contoso.example"]),
        bench.card.pin(),
    );
    assert_eq!(ended.json()["outcome"], "granted", "{ended:?}");
    assert_eq!(ended.json()["decision"]["source"], "hint");
}

#[test]
fn a_hybrid_joined_device_waits_for_active_directory() {
    let bench = Bench::new(&alice());
    let hybrid = bench.hybrid();
    let arguments: Vec<_> = hybrid
        .get_args()
        .filter(|a| *a != "--ad-upn" && *a != "alice@corp.local")
        .collect();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sign-in"));
    let ended = run(command.args(arguments).arg("--ad-failed"), bench.card.pin());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["decision"]["outcome"], "require-ad-logon");
    assert_eq!(ended.json()["requests"], 0);
}

#[test]
fn a_federated_user_is_reported_before_the_pin_is_used() {
    let bench = Bench::new(&alice());
    let ended = run(
        bench.entra().args(["--hint", "erin@fabrikam.example"]),
        bench.card.pin(),
    );
    let report = ended.json();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(report["outcome"], "refused");
    assert_eq!(report["refusal"]["code"], "realm/federated");
    assert!(
        report["refusal"]["message"]
            .as_str()
            .unwrap()
            .contains("https://sts.fabrikam.example"),
        "{report}"
    );
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn an_unknown_domain_is_reported_before_the_pin_is_used() {
    let bench = Bench::new(&alice());
    let ended = run(
        bench.entra().args(["--hint", "x@nowhere.example"]),
        bench.card.pin(),
    );
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["refusal"]["code"], "realm/unknown");
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn an_unknown_user_is_a_refusal_with_its_code_and_correlation_id() {
    let bench = Bench::new(&alice());
    let ended = run(
        bench.entra().args(["--hint", "nobody@contoso.example"]),
        bench.card.pin(),
    );
    let refusal = ended.json()["refusal"].clone();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(refusal["code"], "AADSTS50034");
    assert_eq!(refusal["who"], "user");
    let last = bench.authority.log().pop().unwrap();
    assert_eq!(refusal["correlation_id"], Value::from(last.correlation_id));
}

#[test]
fn the_device_file_is_never_taken_for_a_cache() {
    let bench = Bench::new(&alice());
    let mut command = bench.entra();
    let device = configuration().base.join("device.json");
    let before = std::fs::read(&device).unwrap();
    let ended = run(command.arg("--cache").arg(&device), bench.card.pin());
    assert_eq!(ended.fails(2, &["device.json"]), "usage/cache");
    assert_eq!(std::fs::read(&device).unwrap(), before);
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn the_join_state_of_the_device_file_needs_no_warning() {
    let bench = Bench::new(&alice());
    let mut command = bench.joined_by_file();
    let ended = run(
        command.args(["--ad-upn", "alice@contoso.example"]),
        bench.card.pin(),
    );
    assert_eq!(ended.json()["outcome"], "granted", "{ended:?}");
    assert!(!ended.err.contains("no effect"), "{ended:?}");
}
