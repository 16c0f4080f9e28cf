//! Missing and failing cards, readers and services.

use std::time::{Duration, Instant};

use local_authority::Leg;

use crate::bench::{Bench, alice, finish, run, start};

#[test]
fn a_missing_service_is_reported_with_the_command_to_start_it() {
    let bench = Bench::new(&alice());
    let ended = run(
        bench.entra().env("PCSCLITE_CSOCK_NAME", "/nonexistent"),
        bench.card.pin(),
    );
    let code = ended.fails(3, &["smart card service is not running", "pcscd"]);
    assert_eq!(code, "card/no-service");
}

#[test]
fn without_a_card_it_asks_for_one() {
    let mut bench = Bench::new(&alice());
    bench.card.remove().unwrap();
    run(&mut bench.entra(), bench.card.pin()).fails(3, &["no card"]);
    assert_eq!(bench.authority.log().len(), 0);
}

#[test]
fn an_unknown_reader_is_refused_with_a_list_of_the_readers() {
    let bench = Bench::new(&alice());
    let ended = run(bench.entra().args(["--reader", "Elsewhere"]), bench.card.pin());
    ended.fails(3, &["Elsewhere", &bench.readers.name(0)]);
}

#[test]
fn an_empty_slot_is_named() {
    let bench = Bench::new(&alice());
    let code = run(bench.entra().args(["--slot", "9d"]), bench.card.pin()).fails(3, &["9d", "--slot"]);
    assert_eq!(code, "card/no-credential");
}

#[test]
fn removing_the_card_at_the_pin_prompt_is_reported() {
    let mut bench = Bench::new(&alice());
    let child = start(&mut bench.entra());
    // The last request before the PIN prompt.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !bench
        .authority
        .log()
        .iter()
        .any(|entry| entry.leg == Leg::Metadata)
    {
        assert!(
            Instant::now() < deadline,
            "the program did not get as far as the PIN"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    bench.card.remove().unwrap();
    finish(child, bench.card.pin()).fails(5, &["the card was removed"]);
    bench.card.insert().unwrap();
    assert_eq!(
        run(&mut bench.entra(), bench.card.pin()).code,
        0,
        "the next sign-in works"
    );
}

#[test]
fn a_wrong_signature_is_noticed_before_it_is_sent() {
    let mut bench = Bench::new(&alice());
    // The commands are those of the second sign-in, because the card is known then.
    for _ in 0..2 {
        bench.card.forget_apdus().unwrap();
        let ended = run(
            bench.entra().args(["--reader", bench.card.reader()]),
            bench.card.pin(),
        );
        assert_eq!(ended.code, 0);
    }
    let apdus = bench.card.apdus().unwrap();
    let signing = apdus
        .iter()
        .rposition(|apdu| apdu.instruction() == Some(0x87))
        .unwrap();
    // The signature is returned in pieces: the fault changes the last one.
    let last = apdus
        .iter()
        .skip(signing)
        .position(|apdu| apdu.status() == Some(0x9000))
        .unwrap()
        + signing
        + 1;
    bench
        .card
        .fault(u32::try_from(last).unwrap(), lab::Fault::WrongData)
        .unwrap();
    let ended = run(
        bench.entra().args(["--reader", &bench.readers.name(0)]),
        bench.card.pin(),
    );
    ended.fails(5, &["signature"]);
    let tokens = bench
        .authority
        .log()
        .iter()
        .filter(|entry| entry.leg == Leg::PrimaryRefreshToken)
        .count();
    assert_eq!(tokens, 2, "the first two sign-ins only");
}

#[test]
fn a_file_that_is_not_a_module_is_a_usage_error() {
    let bench = Bench::new(&alice());
    for path in ["/nonexistent.so", "/etc/passwd"] {
        let code = run(bench.entra().args(["--module", path]), bench.card.pin()).fails(2, &[path]);
        assert_eq!(code, "card/module-missing");
    }
}
