//! Faulty PKCS#11 modules. The module behind the shim is OpenSC's, with the virtual card.

use std::process::Command;

use pkcs11_faults::{Fault, Faults, Order};

use crate::bench::{Bench, alice, run};

/// The program with a module that fails as ordered.
fn with_module(bench: &Bench) -> (Command, Faults) {
    let faults = Faults::in_folder(bench.folder.path());
    let mut command = bench.entra();
    command
        .arg("--module")
        .arg(pkcs11_faults::module())
        .envs(faults.environment(lab::Module::OpenSc.path().unwrap()));
    (command, faults)
}

#[test]
fn a_module_that_ends_its_process_is_a_failure_in_json() {
    let bench = Bench::new(&alice());
    let (mut command, faults) = with_module(&bench);
    assert_eq!(
        run(&mut command, bench.card.pin()).code,
        0,
        "the module itself works"
    );
    for function in ["C_GetSlotList", "C_GetAttributeValue", "C_Login", "C_Sign"] {
        for fault in [Fault::Crash, Fault::Exit, Fault::SegmentationFault] {
            faults.order(&[Order::Each(function, fault)]);
            let ended = run(&mut command, bench.card.pin());
            let code = ended.fails(5, &["the PKCS#11 module failed"]);
            assert_eq!(code, "card/module-failed", "{function} {fault:?}");
        }
    }
    faults.none();
    assert_eq!(
        run(&mut command, bench.card.pin()).code,
        0,
        "the next sign-in works"
    );
}

#[test]
fn a_module_that_prints_does_not_change_the_output() {
    let bench = Bench::new(&alice());
    let (mut command, faults) = with_module(&bench);
    let functions = ["C_GetSlotList", "C_GetTokenInfo", "C_Login", "C_Sign"];
    faults.order(&functions.map(|function| Order::Each(function, Fault::Print)));
    let ended = run(&mut command, bench.card.pin());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(ended.json()["outcome"], "granted");
    assert!(!ended.err.contains("printed by"), "{ended:?}");
}

#[test]
fn a_module_that_hangs_is_abandoned() {
    let bench = Bench::new(&alice());
    let (mut command, faults) = with_module(&bench);
    faults.order(&[Order::Each("C_SignInit", Fault::Hang)]);
    let code = run(&mut command, bench.card.pin()).fails(5, &["no answer in 20s"]);
    assert_eq!(code, "card/module-failed");
}
