//! The keys of the device in a PKCS#11 token: made there, used by every program, deleted by `leave`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Profile, SoftHsm, Tpm};
use pkcs11_faults::{Fault, Faults, Order};

use crate::bench::{Bench, Ended, run};
use crate::laboratory::alice;

/// A token without keys, as the options of `join`.
struct Token {
    uri: String,
    pin_file: PathBuf,
}

impl Token {
    fn new(bench: &Bench, module: &Path, label: &str, pin: &str) -> Self {
        let pin_file = bench.path("pin");
        fs::write(&pin_file, format!("{pin}\n")).unwrap();
        fs::set_permissions(&pin_file, fs::Permissions::from_mode(0o600)).unwrap();
        Self {
            uri: format!("pkcs11:token={label}?module-path={}", module.display()),
            pin_file,
        }
    }

    fn join(&self, bench: &Bench) -> Ended {
        let pin_file = self.pin_file.to_str().unwrap();
        bench.join(&["--keys", &self.uri, "--keys-pin-file", pin_file])
    }
}

fn device_keys() -> Profile {
    Profile::new("device").keys([])
}

fn soft_token(bench: &Bench) -> (SoftHsm, Token) {
    let hsm = SoftHsm::create("devicekeys", &device_keys()).unwrap();
    let module = lab::Module::SoftHsm.path().unwrap();
    let token = Token::new(bench, &module, hsm.label(), hsm.pin());
    (hsm, token)
}

/// The objects that a token shows after a login.
fn objects(module: &Path, label: &str, pin: &str) -> usize {
    let output = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(module)
        .args(["--token-label", label, "--login", "--pin", pin, "--list-objects"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| line.contains("Key Object")).count()
}

#[test]
fn the_keys_stay_in_a_software_token() {
    let bench = Bench::new(&alice());
    let (hsm, token) = soft_token(&bench);
    lives(
        &bench,
        &token,
        &lab::Module::SoftHsm.path().unwrap(),
        hsm.label(),
        hsm.pin(),
    );
}

#[test]
fn the_keys_stay_in_a_tpm() {
    let bench = Bench::new(&alice());
    let tpm = Tpm::start("devicekeys", &device_keys()).unwrap();
    let module = lab::Module::Tpm2.path().unwrap();
    let token = Token::new(&bench, &module, tpm.label(), tpm.pin());
    lives(&bench, &token, &module, tpm.label(), tpm.pin());
}

/// Joins, signs in, renews and leaves.
fn lives(bench: &Bench, token: &Token, module: &Path, label: &str, pin: &str) {
    let joined = token.join(bench).json(0);
    assert_eq!(joined["keys"], "token");
    let file = bench.device_file();
    for member in ["key", "transportKey"] {
        assert!(file[member].as_str().unwrap().starts_with("pkcs11:"), "{file}");
    }
    assert!(!file.to_string().contains("PRIVATE KEY") && !file.to_string().contains(pin));
    assert_eq!(objects(module, label, pin), 4);

    assert_eq!(bench.sign_in().json(0)["outcome"], "granted");
    let report = bench.check_device().json(0);
    for stage in ["sign-in", "access-token", "renewal", "sso-cookie"] {
        let accepted = report["stages"].as_array().unwrap().iter();
        let mut accepted = accepted.filter(|tried| tried["accepted"] == true);
        assert!(
            accepted.any(|tried| tried["stage"] == stage),
            "{stage}: {report:#}"
        );
    }

    assert_eq!(bench.leave(&[]).json(0)["outcome"], "removed");
    assert_eq!(objects(module, label, pin), 0);
    // The file is gone too.
    assert_eq!(bench.leave(&[]).code, 2);
}

#[test]
fn a_wrong_pin_of_the_token_registers_nothing_and_spends_one_try() {
    let bench = Bench::new(&alice());
    let (_hsm, token) = soft_token(&bench);
    fs::write(&token.pin_file, "999999\n").unwrap();
    let ended = token.join(&bench);
    assert_eq!(ended.json(2)["error"]["code"], "device/token");
    assert!(ended.err.contains("PIN is wrong"), "{ended:?}");
    assert!(!bench.path("device.json").exists());
    assert_eq!(bench.devices(), 0);
}

/// The module's process fails, and the program reports it: nothing is registered.
#[test]
fn a_module_that_exits_or_crashes_while_it_makes_a_key_ends_no_program() {
    let bench = Bench::new(&alice());
    let (hsm, token) = soft_token(&bench);
    let module = lab::Module::SoftHsm.path().unwrap();
    let folder = bench.path("faults");
    fs::create_dir(&folder).unwrap();
    let faults = Faults::in_folder(&folder);
    let shim = pkcs11_faults::module();
    let uri = format!("pkcs11:token={}?module-path={}", hsm.label(), shim.display());
    for fault in [Fault::Exit, Fault::Crash] {
        faults.order(&[Order::Each("C_GenerateKeyPair", fault)]);
        let mut command = bench.join_command();
        command
            .args(["--keys", &uri, "--keys-pin-file"])
            .arg(&token.pin_file)
            .envs(faults.environment(module.to_str().unwrap()));
        let ended = run(&mut command, bench.card.pin());
        assert_eq!(ended.json(2)["error"]["code"], "device/token", "{fault:?}");
        assert!(ended.err.contains("helper process ended"), "{ended:?}");
    }
    // What it prints does not mix with the program's output.
    faults.order(&[Order::Each("C_GenerateKeyPair", Fault::Print)]);
    let mut command = bench.join_command();
    command
        .args(["--keys", &uri, "--keys-pin-file"])
        .arg(&token.pin_file)
        .envs(faults.environment(module.to_str().unwrap()));
    run(&mut command, bench.card.pin()).json(0);
    assert_eq!(bench.devices(), 1);
}
