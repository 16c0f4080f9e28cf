//! The card in the handshake.

use crate::bench::{Bench, mode};
use crate::laboratory::alice;

#[test]
fn a_bare_machine_joins_signs_in_and_leaves() {
    let bench = Bench::new(&alice());
    let joined = bench.join(&["--name", "workstation-7"]).json(0);
    assert_eq!(joined["outcome"], "joined");
    // authorize, credentials, certauth, login, stay signed in, token; discovery, registration
    assert_eq!(joined["requests"], 8);
    assert_eq!(bench.pins_sent(), 1);
    let file = bench.device_file();
    assert_eq!(file["deviceId"], joined["device_id"]);
    assert_eq!(
        (&file["joinType"], &file["authority"]),
        (&"entra".into(), &bench.authority.url().into())
    );
    assert_eq!(mode(&bench.path("device.json")), 0o600);

    assert_eq!(bench.sign_in().json(0)["outcome"], "granted");

    let left = bench.leave(&[]).json(0);
    assert_eq!(
        (&left["outcome"], &left["requests"]),
        (&"removed".into(), &1.into())
    );
    assert!(!bench.path("device.json").exists());
}

#[test]
fn a_second_leave_says_that_the_device_is_gone() {
    let bench = Bench::new(&alice());
    bench.join(&["--type", "register"]).json(0);
    assert_eq!(bench.device_file()["joinType"], "registered");
    assert_eq!(bench.leave(&["--keep"]).json(0)["outcome"], "removed");
    assert!(bench.path("device.json").exists());
    assert_eq!(bench.leave(&[]).json(0)["outcome"], "already-gone");
    assert!(!bench.path("device.json").exists());
}

#[test]
fn a_wrong_pin_takes_one_try_and_registers_nothing() {
    let bench = Bench::new(&alice());
    let ended = bench.join_with("999999", &[]);
    let json = ended.json(4);
    assert_eq!(json["error"]["code"], "card/wrong-pin");
    assert!(ended.err.contains("2 tries are left"), "{ended:?}");
    assert_eq!(bench.pins_sent(), 1);
    assert!(!bench.path("device.json").exists());
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
    bench.join(&[]).json(0);
}

#[test]
fn a_device_leaves_at_the_other_host_if_the_first_does_not_know_it() {
    let mut configuration = crate::laboratory::configuration().clone();
    configuration.dialect.leave_host = local_authority::LeaveHost::CertAuth;
    let bench = Bench::with(&alice(), configuration);
    bench.join(&[]).json(0);
    let left = bench.leave(&[]).json(0);
    assert_eq!(
        (&left["outcome"], &left["requests"]),
        (&"removed".into(), &2.into())
    );
}
