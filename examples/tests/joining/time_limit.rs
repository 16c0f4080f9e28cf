//! The time limit of the whole program, and the reason in its message.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use lab::{Profile, SoftHsm};
use local_authority::{Effect, Fault, Leg};
use pkcs11_faults::{Faults, Order};

use crate::bench::{Bench, Ended, run};
use crate::laboratory::alice;

/// Runs a program, which must not take much longer than its limit of six seconds.
fn limited(command: &mut std::process::Command, pin: &str) -> Ended {
    let begun = Instant::now();
    let ended = run(command.args(["--time-limit", "6"]), pin);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    ended
}

#[test]
fn join_names_a_card_that_does_not_answer() {
    let mut bench = Bench::new(&alice());
    bench.card.fault(1, lab::Fault::Hang).unwrap();
    let ended = limited(&mut bench.join_command(), bench.card.pin());
    assert_eq!(ended.json(8)["error"]["code"], "time-limit/card");
    assert_eq!(bench.legs(), []);
    assert!(!bench.path("device.json").exists());
}

#[test]
fn join_names_a_module_that_hangs_while_it_makes_a_key() {
    let bench = Bench::new(&alice());
    let hsm = SoftHsm::create("hanging", &Profile::new("device").keys([])).unwrap();
    let folder = bench.path("faults");
    std::fs::create_dir(&folder).unwrap();
    let faults = Faults::in_folder(&folder);
    faults.order(&[Order::Each("C_GenerateKeyPair", pkcs11_faults::Fault::Hang)]);
    let shim = pkcs11_faults::module();
    let uri = format!("pkcs11:token={}?module-path={}", hsm.label(), shim.display());
    let mut command = bench.join_command();
    command
        .args(["--keys", &uri])
        .envs(faults.environment(lab::Module::SoftHsm.path().unwrap()));
    let ended = limited(&mut command, bench.card.pin());
    assert_eq!(ended.json(8)["error"]["code"], "time-limit/module");
    assert!(ended.err.contains(&*shim.to_string_lossy()), "{ended:?}");
    assert_eq!(bench.devices(), 0);
}

/// The limit ends while the service registers the device.
#[test]
fn a_registration_that_was_sent_is_finished() {
    let bench = Bench::new(&alice());
    bench
        .authority
        .inject(Fault::once(Leg::Join, Effect::Delay { milliseconds: 13_000 }));
    let begun = Instant::now();
    let joined = bench.join(&["--time-limit", "12"]).json(0);
    assert!(begun.elapsed() > Duration::from_secs(12));
    assert_eq!(bench.device_file()["deviceId"], joined["device_id"]);
}

#[test]
fn leave_names_a_service_that_does_not_answer() {
    let bench = Bench::new(&alice());
    bench.join(&[]).json(0);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let mut command = bench.leave_command();
    command.args(["--authority", &address]);
    let ended = limited(&mut command, "");
    assert_eq!(ended.json(8)["error"]["code"], "time-limit/removal-request");
    assert!(bench.path("device.json").exists());
}
