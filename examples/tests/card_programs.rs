//! The card programs on real parts: list-cards, choose-certificate, watch-cards, doctor.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lab::{Algorithm, Profile, Readers, Slot, Validity};
use serde_json::Value;

struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn run(program: &str, arguments: &[&str]) -> Ended {
    end(Command::new(program).args(arguments))
}

fn end(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const LIST: &str = env!("CARGO_BIN_EXE_list-cards");
const CHOOSE: &str = env!("CARGO_BIN_EXE_choose-certificate");
const WATCH: &str = env!("CARGO_BIN_EXE_watch-cards");
const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");

#[test]
fn list_cards_shows_every_card_once_with_the_members_of_its_contract() {
    let readers = Readers::start(2).unwrap();
    let _alice = readers.insert(0, &Profile::new("alice")).unwrap();
    let bob = Profile::new("bob").keys([(Slot::Authentication, Algorithm::P256)]);
    let _bob = readers.insert(1, &bob).unwrap();
    let ended = run(LIST, &["--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let list: Value = serde_json::from_str(&ended.out).unwrap();
    let tokens = list.as_array().unwrap();
    assert_eq!(tokens.len(), 2, "PC/SC and OpenSC see the same cards: {list}");

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
        "name",
        "reader",
        "backend",
        "form",
        "interface",
        "serial",
        "pin",
        "certificates",
        "error",
        "guesses",
        "unread_slots",
    ];
    let of_certificate = [
        "slot",
        "label",
        "sha256",
        "subject",
        "upn",
        "not_after",
        "notes",
        "eligible",
        "reasons",
    ];
    for token in tokens {
        assert_eq!(members(token), names(&all));
        assert_eq!(members(&token["pin"]), names(&["status", "tries_left"]));
        assert_eq!(members(&token["certificates"][0]), names(&of_certificate));
        assert_eq!(token["pin"]["status"], "tries-left");
        assert_eq!(token["pin"]["tries_left"], 3);
        assert_eq!(token["guesses"], serde_json::json!(["form", "interface"]));
        assert_eq!(token["error"], Value::Null);
        assert_eq!(token["backend"][0], "pcsc");
    }
    let certificate = |upn: &str| {
        let all = tokens
            .iter()
            .flat_map(|token| token["certificates"].as_array().unwrap());
        all.into_iter()
            .find(|one| one["upn"] == upn)
            .unwrap_or_else(|| panic!("{upn} is not in {list}"))
    };
    assert_eq!(certificate("alice@corp.example")["eligible"], true);
    // Windows offers no certificate with an elliptic-curve key unless a policy allows it.
    assert_eq!(certificate("bob@corp.example")["eligible"], false);
    assert!(
        certificate("bob@corp.example")["reasons"][0]
            .as_str()
            .unwrap()
            .contains("EnumerateECCCerts")
    );
}

#[test]
fn list_cards_names_empty_readers() {
    let readers = Readers::start(2).unwrap();
    let ended = run(LIST, &[]);
    assert_eq!(ended.code, 3);
    assert!(
        ended.err.contains(&format!("no card in {}", readers.name(0))),
        "{}",
        ended.err
    );
    let mut without_service = Command::new(LIST);
    let without_service = without_service.env("PCSCLITE_CSOCK_NAME", "/nonexistent");
    let ended = end(without_service.arg("--json"));
    assert_eq!((ended.code, ended.out.as_str()), (3, "[]\n"));
    assert!(
        ended.err.contains("smart card service is not running"),
        "{}",
        ended.err
    );
}

#[test]
fn choose_certificate_takes_the_valid_one_and_explains_the_other() {
    let readers = Readers::start(2).unwrap();
    let _alice = readers.insert(0, &Profile::new("alice")).unwrap();
    let _bob = readers
        .insert(1, &Profile::new("bob").validity(Validity::Expired))
        .unwrap();
    let ended = run(CHOOSE, &["--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let ranked: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(ranked[0]["upn"], "alice@corp.example");
    assert_eq!(ranked[1]["upn"], "bob@corp.example");
    assert!(
        ranked[1]["reasons"][0]
            .as_str()
            .unwrap()
            .contains("AllowTimeInvalidCertificates"),
        "{ranked}"
    );
}

#[test]
fn choose_certificate_reports_that_none_is_suitable() {
    let readers = Readers::start(1).unwrap();
    let _alice = readers
        .insert(0, &Profile::new("alice").extended_key_usage(["emailProtection"]))
        .unwrap();
    let ended = run(CHOOSE, &[]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.out.contains("✗ 9a"), "{}", ended.out);
}

/// Uses every try of a card's PIN.
fn block(card: &lab::Card) {
    for _ in 0..3 {
        let verify = [
            "--action",
            "verify-pin",
            "--pin",
            "999999",
            "--reader",
            card.reader(),
        ];
        let ended = Command::new("yubico-piv-tool").args(verify).output().unwrap();
        assert!(!ended.status.success());
    }
}

#[test]
fn a_card_with_a_blocked_pin_is_not_chosen() {
    let readers = Readers::start(2).unwrap();
    let alice = readers.insert(0, &Profile::new("alice")).unwrap();
    let bob = readers.insert(1, &Profile::new("bob")).unwrap();
    block(&alice);
    let ended = run(CHOOSE, &["--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let ranked: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(ranked[0]["upn"], "bob@corp.example");
    assert_eq!(ranked[0]["pin"]["status"], "tries-left");
    assert_eq!(ranked[1]["upn"], "alice@corp.example");
    assert_eq!(ranked[1]["eligible"], false);
    assert_eq!(ranked[1]["pin"]["status"], "blocked");

    let listed: Value = serde_json::from_str(&run(LIST, &["--json"]).out).unwrap();
    assert_eq!(
        listed[0]["pin"],
        serde_json::json!({"status": "blocked", "tries_left": 0})
    );

    block(&bob);
    let ended = run(CHOOSE, &[]);
    assert_eq!(ended.code, 1, "{}", ended.out);
    assert!(ended.out.contains("PIN: blocked"), "{}", ended.out);
}

#[test]
fn watch_cards_prints_each_event_over_a_restart_of_the_service() {
    let mut readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
    let mut watch = Command::new(WATCH)
        .args(["--json", "--seconds", "60"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut wait_for = |wanted: &str| {
        for line in lines.by_ref() {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if event["event"] == wanted {
                return event["place"].clone();
            }
        }
        panic!("no {wanted} came");
    };
    // The program prints nothing at its start, so the test waits until it has listed the readers.
    std::thread::sleep(std::time::Duration::from_secs(1));
    card.remove().unwrap();
    assert_eq!(wait_for("removed"), readers.name(0).as_str());
    card.insert().unwrap();
    assert_eq!(wait_for("inserted"), readers.name(0).as_str());
    readers.stop();
    wait_for("service-stopped");
    readers.restart(1).unwrap();
    wait_for("service-started");
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn watch_cards_reports_a_missing_service() {
    let mut watch = Command::new(WATCH);
    let watch = watch.args(["--json", "--seconds", "2"]);
    let ended = end(watch.env("PCSCLITE_CSOCK_NAME", "/nonexistent"));
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    assert_eq!(ended.out, "{\"event\":\"service-stopped\",\"place\":null}\n");
}

#[test]
fn doctor_reports_a_missing_service_and_how_to_start_it() {
    let ended = end(Command::new(DOCTOR).env("PCSCLITE_CSOCK_NAME", "/nonexistent"));
    assert_eq!(ended.code, 1);
    let service = ended.out.lines().next().unwrap();
    assert!(
        service.starts_with("✗ service") && service.contains("SCARD_E_NO_SERVICE"),
        "{}",
        ended.out
    );
    assert!(
        ended
            .out
            .lines()
            .nth(1)
            .unwrap()
            .contains("→ Install and start pcscd"),
        "{}",
        ended.out
    );
}

#[test]
fn doctor_accepts_a_good_card_and_reports_a_blocked_one() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("alice")).unwrap();
    let checks = |name: &str| -> Vec<Value> {
        let checks: Vec<Value> = serde_json::from_str(&run(DOCTOR, &["--json"]).out).unwrap();
        checks.into_iter().filter(|check| check["name"] == name).collect()
    };
    for name in [
        "service",
        "permission",
        "readers",
        "driver",
        "cards",
        "certificates",
        "clock",
    ] {
        for check in checks(name) {
            assert_eq!(check["ok"], true, "{check}");
        }
    }
    block(&card);
    let cards = checks("cards");
    assert_eq!(cards[0]["ok"], false);
    assert!(
        cards[0]["found"].as_str().unwrap().contains("blocked"),
        "{cards:?}"
    );
}

const READ_9A: &str = "00cb3fff055c035fc105";
const READ_9C: &str = "00cb3fff055c035fc10a";

#[test]
fn every_program_names_a_slot_that_cannot_be_read() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
    card.answer(READ_9C, "6f00").unwrap();
    let checks = |name: &str| -> Vec<Value> {
        let checks: Vec<Value> = serde_json::from_str(&run(DOCTOR, &["--json"]).out).unwrap();
        checks.into_iter().filter(|check| check["name"] == name).collect()
    };
    let is_named = |text: &str| text.contains("slot 9c") && text.contains("SW 6F00");

    let ended = run(LIST, &[]);
    assert!(ended.code == 0 && is_named(&ended.out), "{}", ended.out);
    let listed: Value = serde_json::from_str(&run(LIST, &["--json"]).out).unwrap();
    assert_eq!(listed[0]["unread_slots"][0]["slot"], "9c");
    assert_eq!(listed[0]["unread_slots"][0]["code"], "card/failed");
    let ended = run(CHOOSE, &[]);
    assert!(ended.code == 0 && is_named(&ended.err), "{}", ended.err);
    // A sign-in works with 9A, so the check passes and mentions the slot.
    let found = checks("cards").remove(0);
    assert_eq!(found["ok"], true, "{found}");
    assert!(is_named(found["found"].as_str().unwrap()), "{found}");

    // Now the certificate for the sign-in may be in the slot.
    card.answer(READ_9A, "6a82").unwrap();
    let found = checks("cards").remove(0);
    assert_eq!(found["ok"], false, "{found}");
    assert!(is_named(found["found"].as_str().unwrap()), "{found}");
}

#[test]
fn a_certificate_in_a_retired_slot_is_listed_and_chosen_when_no_other_will_do() {
    let readers = Readers::start(1).unwrap();
    let profile = Profile::new("alice").keys([
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Retired1, Algorithm::Rsa2048),
    ]);
    let mut card = readers.insert(0, &profile).unwrap();
    let slots = |program: &str| -> Vec<String> {
        let ended = run(program, &["--json"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let json: Value = serde_json::from_str(&ended.out).unwrap();
        let certificates = match program {
            LIST => json[0]["certificates"].clone(),
            _ => json,
        };
        let certificates = certificates.as_array().unwrap().iter();
        certificates
            .map(|one| one["slot"].as_str().unwrap().to_owned())
            .collect()
    };
    for program in [LIST, CHOOSE] {
        assert_eq!(slots(program), ["9a"]);
    }
    card.answer(READ_9A, "6a88").unwrap();
    for program in [LIST, CHOOSE] {
        assert_eq!(slots(program), ["82"]);
    }
    let checks: Vec<Value> = serde_json::from_str(&run(DOCTOR, &["--json"]).out).unwrap();
    let certificates = checks
        .iter()
        .find(|check| check["name"] == "certificates")
        .unwrap();
    assert_eq!(certificates["ok"], true, "{certificates}");
    assert!(
        certificates["found"].as_str().unwrap().contains("82"),
        "{certificates}"
    );
}
