//! Granted sign-ins, and the exact output.

use std::collections::BTreeSet;
use std::process::Command;

use local_authority::{Effect, Fault, Leg};
use serde_json::{Value, json};

use crate::bench::{Bench, alice, finish, run, start};

#[test]
fn an_entra_joined_device_gets_a_multifactor_prt_with_the_certificate_name() {
    let bench = Bench::new(&alice());
    let ended = run(&mut bench.entra(), bench.card.pin());
    let report = ended.json();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(report["outcome"], "granted");
    assert_eq!(report["decision"]["outcome"], "send");
    assert_eq!(report["decision"]["source"], "principal-name");
    assert_eq!(report["entra_upn"], "alice@contoso.example");
    assert_eq!(report["multifactor"], true);
    assert_eq!(
        report["prt"],
        json!({ "expires_in": 14 * 86_400, "token_type": "pop" })
    );
    assert_eq!(report["refusal"], Value::Null);
    assert_eq!(report["requests"], bench.authority.log().len());
}

#[test]
fn the_report_has_the_members_of_its_contract_and_no_others() {
    let bench = Bench::new(&alice());
    let report = run(&mut bench.entra(), bench.card.pin()).json();
    let members = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let all = [
        "outcome",
        "decision",
        "entra_upn",
        "multifactor",
        "prt",
        "refusal",
        "requests",
        "apdus",
    ];
    assert_eq!(members(&report), names(&all));
    assert_eq!(members(&report["prt"]), names(&["expires_in", "token_type"]));
    assert_eq!(
        members(&report["decision"]),
        names(&["outcome", "upn", "source", "trace", "notes"])
    );
    for entry in report["decision"]["trace"].as_array().unwrap() {
        assert_eq!(
            members(entry),
            names(&["rule", "candidate", "value", "verdict", "reason"])
        );
    }
}

#[test]
fn the_apdus_of_the_report_are_those_on_the_wire() {
    let mut bench = Bench::new(&alice());
    bench.card.forget_apdus().unwrap();
    let report = run(
        bench.entra().args(["--reader", bench.card.reader()]),
        bench.card.pin(),
    )
    .json();
    assert_eq!(report["apdus"], bench.card.apdus().unwrap().len());
    assert_eq!(bench.pins_sent(), 1);
}

#[test]
fn the_same_card_signs_in_through_opensc() {
    let bench = Bench::new(&alice());
    let ended = run(
        bench
            .entra()
            .arg("--module")
            .arg(lab::Module::OpenSc.path().unwrap()),
        bench.card.pin(),
    );
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(ended.json()["outcome"], "granted");
    assert_eq!(ended.json()["apdus"], Value::Null);
}

#[test]
fn a_hybrid_joined_device_sends_the_ad_upn_first_and_the_cached_entra_upn_later() {
    let bench = Bench::new(&alice());
    let first = run(&mut bench.hybrid(), bench.card.pin()).json();
    assert_eq!(first["decision"]["source"], "active-directory");
    assert_eq!(first["decision"]["upn"], "alice@corp.local");
    assert_eq!(first["entra_upn"], "alice@contoso.example");

    let second = run(&mut bench.hybrid(), bench.card.pin()).json();
    assert_eq!(second["outcome"], "granted");
    assert_eq!(second["decision"]["source"], "cached-entra-upn");
    assert_eq!(second["decision"]["upn"], "alice@contoso.example");
}

#[test]
fn the_cache_needs_no_sid_and_keeps_two_accounts_apart() {
    let bench = Bench::new(&alice());
    let hybrid = |ad_upn: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
        let with_sid = bench.hybrid();
        let arguments = with_sid
            .get_args()
            .filter(|a| *a != "--ad-sid" && *a != "S-1-5-21-1-2-3-1101");
        command.args(arguments.map(|argument| {
            if argument == "alice@corp.local" {
                ad_upn.as_ref()
            } else {
                argument
            }
        }));
        run(&mut command, bench.card.pin()).json()
    };
    assert_eq!(
        hybrid("alice@corp.local")["decision"]["source"],
        "active-directory"
    );
    assert_eq!(
        hybrid("Alice@corp.local")["decision"]["source"],
        "cached-entra-upn"
    );
    assert_eq!(
        hybrid("alice@contoso.example")["decision"]["source"],
        "active-directory"
    );
}

#[test]
fn a_stale_cached_name_is_removed_and_the_report_has_the_last_name() {
    let bench = Bench::new(&alice());
    run(&mut bench.hybrid(), bench.card.pin());
    // The directory no longer has the cached name, and then it does not accept the AD UPN either.
    bench.authority.inject(Fault::once(
        Leg::PrimaryRefreshToken,
        Effect::Refuse {
            code: 50_034,
            retry_after: None,
        },
    ));
    let second = run(&mut bench.hybrid(), bench.card.pin()).json();
    assert_eq!(second["outcome"], "granted");
    assert_eq!(second["decision"]["upn"], "alice@corp.local");
    assert_eq!(second["decision"]["source"], "active-directory");

    for code in [50_034, 1_001_009] {
        bench.authority.inject(Fault::once(
            Leg::PrimaryRefreshToken,
            Effect::Refuse {
                code,
                retry_after: None,
            },
        ));
    }
    let third = run(&mut bench.hybrid(), bench.card.pin()).json();
    assert_eq!(third["refusal"]["code"], "AADSTS1001009");
    assert_eq!(third["decision"]["upn"], "alice@corp.local");
}

#[test]
fn a_closed_standard_output_is_not_a_failure() {
    let bench = Bench::new(&alice());
    let mut child = start(&mut bench.entra());
    drop(child.stdout.take());
    let ended = finish(child, bench.card.pin());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

#[test]
fn an_unreadable_cache_is_reported_and_does_not_stop_the_sign_in() {
    let bench = Bench::new(&alice());
    std::fs::create_dir(bench.cache().parent().unwrap()).unwrap();
    std::fs::write(
        bench.cache(),
        "this is not a database, although it is long enough",
    )
    .unwrap();
    let ended = run(&mut bench.hybrid(), bench.card.pin());
    assert_eq!(ended.json()["outcome"], "granted");
    assert!(ended.err.contains("cache"), "{ended:?}");
}

#[test]
fn the_text_has_the_sent_name_and_the_result() {
    let bench = Bench::new(&alice());
    let report = bench.folder.path().join("report.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
    let all = bench.entra();
    command
        .args(all.get_args().filter(|argument| *argument != "--json"))
        .arg("--report")
        .arg(&report);
    let ended = run(&mut command, bench.card.pin());
    assert_eq!(ended.code, 0, "{ended:?}");
    for word in [
        "send alice@contoso.example",
        "granted",
        "multifactor  yes",
        "requests     4",
    ] {
        assert!(ended.out.contains(word), "{word:?} is not in {ended:?}");
    }
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["outcome"], "granted");
}
