//! Signature schemes of the module, with SoftHSM behind a shim that hides mechanisms.

use std::process::Command;

use lab::{Algorithm, Module, Profile, Slot, SoftHsm};
use pkcs11_faults::{Faults, Order};
use serde_json::Value;

use crate::home::{CHROMIUM, Home, assert_found, assert_next, checks};

const RSA_PKCS: u64 = 0x1;
const RSA_X_509: u64 = 0x3;
const RSA_PKCS_PSS: u64 = 0xd;
const SHA256_RSA_PKCS: u64 = 0x40;
const ECDSA: u64 = 0x1041;

fn check(command: &mut Command) -> Value {
    let shim = pkcs11_faults::module().display().to_string();
    let checks = checks(command);
    let of_shim = checks
        .iter()
        .find(|check| check["name"] == "tls-1.3" && check["found"].as_str().unwrap().contains(&shim));
    of_shim.cloned().unwrap_or_else(|| panic!("{checks:?}"))
}

#[test]
fn an_rsa_key_needs_pss_or_the_raw_operation() {
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::in_folder(folder.path());
    let home = Home::with(&[CHROMIUM]);
    let shim = pkcs11_faults::module().display().to_string();
    let command = || {
        let mut command = home.doctor(&["--module", &shim]);
        command.envs(faults.environment(Module::SoftHsm.path().unwrap()));
        command
    };
    let token = SoftHsm::create("alice", &Profile::new("alice")).unwrap();
    faults.none();
    assert_found(&check(&mut command()), true, "RSA-2048");
    for (mechanisms, ok) in [
        (vec![RSA_PKCS, SHA256_RSA_PKCS], false),
        (vec![RSA_PKCS, RSA_X_509], true),
        (vec![RSA_PKCS, RSA_PKCS_PSS], true),
    ] {
        faults.order(&[Order::OnlyMechanisms(mechanisms)]);
        let check = check(&mut command());
        assert_found(&check, ok, "RSA-2048");
        if !ok {
            assert_next(&check, "OpenSC 0.20");
        }
    }
    drop(token);
    let curve = Profile::new("alice").keys([(Slot::Authentication, Algorithm::P256)]);
    let _token = SoftHsm::create("alice", &curve).unwrap();
    faults.order(&[Order::OnlyMechanisms(vec![RSA_PKCS, ECDSA])]);
    assert_found(&check(&mut command()), true, "P-256");
}
