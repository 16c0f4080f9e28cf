//! PKCS#11 tokens with faults from field reports: SoftHSM behind a shim.

use std::process::Command;

use lab::{Algorithm, Module, Profile, Slot, SoftHsm};
use local_authority::Authority;
use pkcs11_faults::{Fault, Faults, Order, TextField};
use tempfile::TempDir;

use crate::bench::{Ended, alice, configuration, run};

const LOGIN_REQUIRED: u64 = 0x4;
const USER_PIN_INITIALIZED: u64 = 0x8;
const CLOCK_ON_TOKEN: u64 = 0x40;
const TOKEN_INITIALIZED: u64 = 0x400;
const USER_PIN_TO_BE_CHANGED: u64 = 0x8_0000;
const CKA_VALUE: u64 = 0x11;

/// A token with faults, an authority, and the program.
struct Bench {
    authority: Authority,
    faults: Faults,
    _folder: TempDir,
    token: SoftHsm,
}

impl Bench {
    fn new(label: &str, profile: &Profile) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::in_folder(folder.path());
        faults.none();
        Self {
            authority: Authority::start(configuration().clone(), "127.0.0.1:0".parse().unwrap()).unwrap(),
            faults,
            _folder: folder,
            token: SoftHsm::create(label, profile).unwrap(),
        }
    }

    fn sign_in(&self) -> Command {
        let files = &configuration().base;
        let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
        command
            .args(["--authority", &self.authority.url(), "--ca"])
            .arg(files.join("tls-ca.pem"))
            .arg("--device")
            .arg(files.join("device.json"))
            .args(["--join", "entra", "--pin-stdin", "--json"])
            .arg("--module")
            .arg(pkcs11_faults::module())
            .args(["--token", self.token.label()])
            .envs(self.faults.environment(Module::SoftHsm.path().unwrap()));
        command
    }

    fn run(&self) -> Ended {
        run(&mut self.sign_in(), self.token.pin())
    }

    fn run_with(&self, arguments: &[&str]) -> Ended {
        run(self.sign_in().args(arguments), self.token.pin())
    }

    fn logins(&self) -> usize {
        let calls = self.faults.calls();
        calls.iter().filter(|call| *call == "C_Login").count()
    }
}

#[test]
fn a_hidden_certificate_takes_one_pin_and_one_try() {
    let bench = Bench::new("hidden", &alice());
    bench.token.hide_certificates().unwrap();
    assert_eq!(bench.run().code, 0);
    assert_eq!(bench.logins(), 1);
    for arguments in [["--slot", "id:01"], ["--slot", "9a"], ["--certificate", "hidden"]] {
        bench.faults.none();
        assert_eq!(bench.run_with(&arguments).code, 0, "{arguments:?}");
        assert_eq!(bench.logins(), 1, "{arguments:?}");
    }
    bench.faults.none();
    let code = run(&mut bench.sign_in(), "999999").fails(4, &["PIN is wrong"]);
    assert_eq!(code, "card/wrong-pin");
    assert_eq!(bench.logins(), 1);
    let code = bench.run_with(&["--slot", "id:05"]).fails(3, &["id:05"]);
    assert_eq!(code, "card/no-credential");
}

#[test]
fn certificates_with_one_identifier_are_listed_and_chosen_by_hash() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Signature, Algorithm::Rsa2048),
    ];
    let bench = Bench::new("shared", &alice().keys(keys));
    bench.token.share_identifier().unwrap();
    let hashes = [Slot::Authentication, Slot::Signature].map(|slot| {
        let pem = std::fs::read(bench.token.certificate(slot)).unwrap();
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(bench.token.certificate(slot))
            .output()
            .unwrap();
        assert!(!pem.is_empty() && output.status.success());
        let line = String::from_utf8(output.stdout).unwrap();
        line.trim().split_once('=').unwrap().1.to_owned()
    });
    let short = |hash: &str| hash.replace(':', "").to_lowercase()[..16].to_owned();
    let both = hashes.each_ref().map(|hash| short(hash));
    for arguments in [
        &[][..],
        &["--slot", "id:01"],
        &["--slot", "9a"],
        &["--certificate", "shared"],
    ] {
        let ended = bench.run_with(arguments);
        let code = ended.fails(2, &[&both[0], &both[1], "--certificate"]);
        assert_eq!(code, "usage/several-certificates", "{arguments:?}");
        assert_eq!(bench.logins(), 0, "{arguments:?}");
    }
    for hash in &hashes {
        // In OpenSSL's form, and its first digits.
        for wanted in [hash.clone(), short(hash)] {
            let ended = bench.run_with(&["--certificate", &wanted]);
            assert_eq!(ended.code, 0, "{ended:?}");
        }
    }
    let code = bench
        .run_with(&["--certificate", "00000000"])
        .fails(3, &[&both[0], &both[1]]);
    assert_eq!(code, "card/no-credential");
}

#[test]
fn flags_that_are_wrong_refuse_nothing() {
    let bench = Bench::new("flags", &alice());
    for flags in [USER_PIN_INITIALIZED, LOGIN_REQUIRED, TOKEN_INITIALIZED] {
        bench.faults.order(&[Order::ClearTokenFlags(flags)]);
        let ended = bench.run();
        assert_eq!(ended.code, 0, "{flags:x}: {ended:?}");
        assert_eq!(bench.logins(), 1, "{flags:x}");
    }
    bench.faults.order(&[
        Order::SetTokenFlags(CLOCK_ON_TOKEN),
        Order::Text(TextField::TokenTime, vec![b' '; 16]),
    ]);
    assert_eq!(bench.run().code, 0);
}

#[test]
fn a_pin_to_be_changed_and_a_rejected_login_are_reported() {
    let bench = Bench::new("login", &alice());
    let each = |function, answer| [Order::Each(function, Fault::Answer(answer))];
    for (order, code) in [
        (each("C_Login", 0xA3), "card/pin-change-required"),
        (each("C_SignInit", 0xA3), "card/pin-change-required"),
        (each("C_SignInit", 0x101), "card/not-logged-in"),
        (each("C_Sign", 0x101), "card/not-logged-in"),
        (each("C_Login", 0x30), "card/pin-refused"),
        (each("C_Login", 0x102), "card/not-initialized"),
    ] {
        bench.faults.order(&order);
        let ended = bench.run();
        let reported = ended.json()["error"]["code"].clone();
        assert_eq!(reported, code, "{ended:?}");
        assert_eq!(
            ended.code,
            if code == "card/not-initialized" { 5 } else { 4 },
            "{ended:?}"
        );
        assert_eq!(bench.logins(), 1, "{order:?}");
    }
    bench
        .faults
        .order(&[Order::SetTokenFlags(USER_PIN_TO_BE_CHANGED)]);
    let ended = bench.run();
    assert!(ended.err.contains("PIN must be changed first"), "{ended:?}");
    assert_eq!(ended.code, 0, "the flag alone refuses nothing: {ended:?}");
}

#[test]
fn the_next_mechanism_signs() {
    let bench = Bench::new("mechanism", &alice());
    assert_eq!(bench.run().code, 0);
    let calls = bench.faults.calls();
    let first = calls.iter().position(|call| call == "C_SignInit").unwrap() + 1;
    for answer in [0x5, 0x6, 0x20, 0x21, 0x30] {
        bench.faults.at_call(first, Fault::Answer(answer));
        let ended = bench.run();
        assert_eq!(ended.code, 0, "{answer:x}: {ended:?}");
        assert_eq!(bench.logins(), 1, "{answer:x}");
    }
}

#[test]
fn unreadable_objects_and_slots_are_reported_and_hide_no_others() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Signature, Algorithm::P256),
    ];
    let bench = Bench::new("unreadable", &alice().keys(keys));
    bench.token.relabel(2, "broken").unwrap();
    bench.faults.order(&[Order::Attribute {
        label: "broken".to_owned(),
        attribute: CKA_VALUE,
        answer: 0x8000_0001,
    }]);
    let ended = bench.run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("id:02 (broken)"), "{ended:?}");

    // Other tests also have tokens, so the failing slot is this one or another one.
    bench.faults.none();
    assert_eq!(bench.run().code, 0);
    let calls = bench.faults.calls();
    let first = calls.iter().position(|call| call == "C_GetTokenInfo").unwrap() + 1;
    let name = || Order::Text(TextField::SlotDescription, b"Reader of Carol".to_vec());
    bench
        .faults
        .order(&[Order::AtCall(first, Fault::Answer(0x30)), name()]);
    let ended = bench.run();
    assert!(ended.err.contains("Reader of Carol cannot be read"), "{ended:?}");
    bench
        .faults
        .order(&[Order::Each("C_GetTokenInfo", Fault::Answer(0x30)), name()]);
    let code = bench.run().fails(5, &["Reader of Carol cannot be read"]);
    assert_eq!(code, "card/failed");
}
