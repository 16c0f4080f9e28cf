//! The card in the handshake.

use std::thread;
use std::time::Duration;

use local_authority::Leg;

use crate::bench::{Bench, finish, mode, start};
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
    // DESIGN gives the reason of each request and each signature.
    assert_eq!(
        bench.legs(),
        [
            Leg::Authorize,
            Leg::CredentialType,
            Leg::CertAuth,
            Leg::Login,
            Leg::KeepMeSignedIn,
            Leg::Token,
            Leg::Discovery,
            Leg::Join,
            Leg::Realm,
            Leg::Metadata,
            Leg::Nonce,
            Leg::PrimaryRefreshToken,
        ]
    );
    assert_eq!(signatures(&bench.card), 2);

    let left = bench.leave(&[]).json(0);
    assert_eq!(
        (&left["outcome"], &left["requests"]),
        (&"removed".into(), &1.into())
    );
    assert!(!bench.path("device.json").exists());
}

#[test]
fn what_needs_no_pin_comes_before_it_and_the_card_is_known_afterwards() {
    let mut bench = Bench::new(&alice());
    let known_cards = bench.path("known-cards").display().to_string();
    let reader = bench.card.reader().to_owned();
    // Commands before and after the PIN: a certificate of four parts, and then of one.
    for (before, after) in [(7, 5), (3, 5)] {
        bench.card.forget_apdus().unwrap();
        let logged = bench.legs().len();
        let mut command = bench.join_command();
        command.args(["--reader", &reader, "--known-cards", &known_cards]);
        let child = start(&mut command);
        let count = |bench: &Bench| (bench.legs().len() - logged, bench.card.apdus().unwrap().len());
        let mut seen = (0, 0);
        loop {
            thread::sleep(Duration::from_millis(700));
            let now = count(&bench);
            if now == seen && now.0 > 0 {
                break;
            }
            seen = now;
        }
        assert_eq!(bench.legs()[logged..], [Leg::Authorize, Leg::CredentialType]);
        assert_eq!(seen.1, before);
        assert_eq!(bench.pins_sent(), 0);
        finish(child, bench.card.pin()).json(0);
        assert_eq!(bench.legs()[logged + 2], Leg::CertAuth);
        assert_eq!(count(&bench), (8, before + after));
        bench.leave(&[]).json(0);
    }
}

/// GENERAL AUTHENTICATE commands (SP 800-73-5 part 2 section 3.2.4), each with the last part of its data.
fn signatures(card: &lab::Card) -> usize {
    let is_last = |command: &str| !command.starts_with("10");
    let apdus = card.apdus().unwrap();
    let of_key = apdus.iter().filter(|apdu| apdu.instruction() == Some(0x87));
    of_key.filter(|apdu| is_last(&apdu.command)).count()
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
