//! The card programs with PKCS#11 tokens: SoftHSM behind a shim with faults.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::{Algorithm, Module, Profile, Slot, SoftHsm};
use pkcs11_faults::{Fault, Faults, Order, TextField};
use serde_json::Value;
use tempfile::TempDir;

const LIST: &str = env!("CARGO_BIN_EXE_list-cards");
const CHOOSE: &str = env!("CARGO_BIN_EXE_choose-certificate");
const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");
const WATCH: &str = env!("CARGO_BIN_EXE_watch-cards");

const CKA_VALUE: u64 = 0x11;
const USER_PIN_INITIALIZED: u64 = 0x8;
const TOKEN_INITIALIZED: u64 = 0x400;
const USER_PIN_TO_BE_CHANGED: u64 = 0x8_0000;

/// The name of the token behind the shim. If SoftHSM is also configured on the machine, it shows the same token without faults.
const NAME: &str = "token with faults";

/// The only token of this process, with its faults.
struct Bench {
    faults: Faults,
    _folder: TempDir,
    token: SoftHsm,
    _turn: MutexGuard<'static, ()>,
}

impl Bench {
    fn new(profile: &Profile) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let bench = Self {
            faults: Faults::in_folder(folder.path()),
            _folder: folder,
            token: SoftHsm::create("alice", profile).unwrap(),
            _turn: turn,
        };
        bench.order(vec![]);
        bench
    }

    fn order(&self, mut orders: Vec<Order>) {
        orders.push(Order::Text(TextField::TokenLabel, NAME.as_bytes().to_vec()));
        self.faults.order(&orders);
    }

    /// The output of a program on both streams.
    fn run(&self, program: &str, arguments: &[&str]) -> (String, String) {
        let output = Command::new(program)
            .arg("--module")
            .arg(pkcs11_faults::module())
            .args(arguments)
            .envs(self.faults.environment(Module::SoftHsm.path().unwrap()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    }

    fn json(&self, program: &str) -> Vec<Value> {
        let (out, err) = self.run(program, &["--json"]);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
    }

    /// The token in the output of list-cards.
    fn listed(&self) -> Value {
        let all = self.json(LIST);
        let is_it = |token: &&Value| token["name"] == NAME;
        all.iter()
            .find(is_it)
            .cloned()
            .unwrap_or_else(|| panic!("{all:?}"))
    }

    fn check(&self, name: &str, part: &str) -> Value {
        let all = self.json(DOCTOR);
        let is_it = |check: &&Value| {
            check["name"] == name && check["found"].as_str().is_some_and(|found| found.contains(part))
        };
        all.iter()
            .find(is_it)
            .cloned()
            .unwrap_or_else(|| panic!("{all:?}"))
    }
}

#[test]
fn certificates_behind_the_pin_are_mentioned() {
    let bench = Bench::new(&Profile::new("alice"));
    bench.token.hide_certificates().unwrap();
    let token = bench.listed();
    assert_eq!(token["certificates"], serde_json::json!([]));
    assert_eq!(token["error"], Value::Null);
    assert_eq!(token["unread_slots"][0]["code"], "card/login-required");
    let help = card_access::Error::from(card_access::ErrorKind::LoginRequired).hint();
    assert!(bench.run(LIST, &[]).0.contains(help));
    assert!(bench.run(CHOOSE, &[]).1.contains(help));
    assert_eq!(bench.check("cards", NAME)["ok"], true);
    assert_eq!(
        bench.check("certificates", "log in to see the certificates on")["ok"],
        true
    );
}

#[test]
fn certificates_with_one_identifier_are_all_listed_with_their_hashes() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Signature, Algorithm::Rsa2048),
    ];
    let bench = Bench::new(&Profile::new("alice").keys(keys));
    bench.token.share_identifier().unwrap();
    let token = bench.listed();
    let certificates = token["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 2);
    let (list, choose) = (bench.run(LIST, &[]).0, bench.run(CHOOSE, &[]).0);
    for certificate in certificates {
        assert_eq!(
            (&certificate["slot"], &certificate["label"]),
            (&"id:01".into(), &"alice".into())
        );
        let hash = certificate["sha256"].as_str().unwrap();
        assert!(list.contains(hash), "{list}");
        assert!(choose.contains(hash), "{choose}");
    }
}

#[test]
fn flags_that_are_wrong_are_not_held_against_a_token() {
    let bench = Bench::new(&Profile::new("alice"));
    for flags in [
        USER_PIN_INITIALIZED,
        TOKEN_INITIALIZED,
        USER_PIN_INITIALIZED | TOKEN_INITIALIZED,
    ] {
        bench.order(vec![Order::ClearTokenFlags(flags)]);
        let token = bench.listed();
        assert_eq!(token["pin"]["status"], "not-low", "{flags:x}");
        assert_eq!(token["certificates"][0]["eligible"], true, "{flags:x}");
        assert_eq!(bench.check("cards", NAME)["ok"], true, "{flags:x}");
    }
    bench.order(vec![Order::SetTokenFlags(USER_PIN_TO_BE_CHANGED)]);
    assert_eq!(bench.listed()["pin"]["status"], "change-required");
    let check = bench.check("cards", NAME);
    assert!(
        check["found"].as_str().unwrap().contains("must be changed first"),
        "{check}"
    );
}

#[test]
fn objects_and_slots_that_cannot_be_read_are_named_by_every_program() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Signature, Algorithm::P256),
    ];
    let bench = Bench::new(&Profile::new("alice").keys(keys));
    bench.token.relabel(2, "broken").unwrap();
    bench.order(vec![Order::Attribute {
        label: "broken".to_owned(),
        attribute: CKA_VALUE,
        answer: 0x30,
    }]);
    let token = bench.listed();
    assert_eq!(token["certificates"].as_array().unwrap().len(), 1);
    assert_eq!(token["unread_slots"][0]["slot"], "id:02 (broken)");
    assert!(bench.run(CHOOSE, &[]).1.contains("id:02 (broken)"));
    let check = bench.check("cards", "id:02 (broken)");
    assert_eq!(check["ok"], true, "the other certificate signs in: {check}");

    let name = "Reader of Carol 00 00";
    bench.order(vec![
        Order::Each("C_GetTokenInfo", Fault::Answer(0x8000_0001)),
        Order::Text(TextField::SlotDescription, name.as_bytes().to_vec()),
    ]);
    let listed = bench.json(LIST);
    assert!(listed.iter().any(|token| token["reader"] == name), "{listed:?}");
    assert!(bench.run(LIST, &[]).0.contains(name));
    assert!(bench.run(CHOOSE, &[]).1.contains(name));
    assert_eq!(bench.check("cards", name)["ok"], false);
    let (_, err) = bench.run(WATCH, &["--seconds", "3"]);
    let messages: Vec<_> = err.lines().filter(|line| line.contains(name)).collect();
    let once: BTreeSet<_> = messages.iter().collect();
    assert!(!messages.is_empty() && messages.len() == once.len(), "{err}");
}
