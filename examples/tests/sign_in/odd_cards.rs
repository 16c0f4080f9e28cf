//! Cards that answer differently from the firmware: the message and the exit code of the sign-in.

use lab::{Algorithm, Readers, Slot, Validity};
use std::process::Command;

use crate::bench::{Bench, alice, run};

const COUNTER: &str = "00200080$";
const TRY: &str = "0020008008";
const READ_9A: &str = "00cb3fff055c035fc105";

#[test]
fn an_unreadable_counter_is_reported_before_the_pin_prompt() {
    let mut bench = Bench::new(&alice());
    for status in ["6300", "6d00", "6a86", "6700"] {
        bench.card.answer(COUNTER, status).unwrap();
        let code = run(&mut bench.entra(), bench.card.pin())
            .fails(4, &["does not show how many tries are left", "--last-try"]);
        assert_eq!(code, "card/tries-unknown");
    }
    assert_eq!(bench.pins_sent(), 0);
    assert_eq!(run(bench.entra().arg("--last-try"), bench.card.pin()).code, 0);
    assert_eq!(bench.pins_sent(), 1);
}

#[test]
fn each_refusal_of_the_pin_is_reported_with_its_meaning() {
    let mut bench = Bench::new(&alice());
    for (status, exit, expected) in [
        ("6302", 4, "card/wrong-pin"),
        ("6300", 4, "card/wrong-pin"),
        ("6982", 4, "card/pin-refused"),
        ("6983", 4, "card/pin-blocked"),
        ("6984", 4, "card/pin-change-required"),
        ("6985", 4, "card/pin-refused"),
        ("6a80", 4, "card/pin-format"),
        ("6a81", 4, "card/pin-refused"),
        ("6d00", 4, "card/pin-refused"),
        ("6581", 4, "card/pin-refused"),
    ] {
        bench.card.answer(TRY, status).unwrap();
        let ended = run(&mut bench.entra(), bench.card.pin());
        assert_eq!(ended.fails(exit, &[]), expected, "{status}");
        for wrong in ["Call again", "Take the card out"] {
            assert!(!ended.err.contains(wrong), "{status}: {ended:?}");
        }
    }
}

#[test]
fn a_yubikey_neos_counter_is_shown_and_its_last_try_kept() {
    let mut bench = Bench::new(&alice());
    bench.card.answer(TRY, "6302").unwrap();
    bench.card.answer(COUNTER, "6303").unwrap();
    let code = run(&mut bench.entra(), "999999").fails(4, &["PIN is wrong", "2 tries are left"]);
    assert_eq!(code, "card/wrong-pin");
    bench.card.answer(COUNTER, "6301").unwrap();
    let code = run(&mut bench.entra(), "999999").fails(4, &["only one try is left"]);
    assert_eq!(code, "card/final-try-refused");
    assert_eq!(bench.pins_sent(), 1);
}

#[test]
fn a_contactless_reader_is_reported_as_the_wrong_one() {
    let readers = Readers::with_names(b"Virtual PICC", 1).unwrap();
    let mut bench = Bench::in_readers(readers, &alice());
    bench.card.answer(TRY, "6982").unwrap();
    let code = run(&mut bench.entra(), bench.card.pin()).fails(5, &["contactless", "contact reader"]);
    assert_eq!(code, "card/contact-required");
    bench.card.answer(COUNTER, "6a81").unwrap();
    let code = run(&mut bench.entra(), bench.card.pin()).fails(5, &["contact reader"]);
    assert_eq!(code, "card/contact-required");
    bench.card.answer(READ_9A, "6982").unwrap();
    let code = run(&mut bench.entra(), bench.card.pin()).fails(5, &["contact reader"]);
    assert_eq!(code, "card/contact-required");
}

#[test]
fn a_short_pin_is_sent_by_permission() {
    let mut bench = Bench::new(&alice());
    bench.card.answer("002000800831323334ffffffff", "63c2").unwrap();
    let code = run(&mut bench.entra(), "1234").fails(4, &["6 to 8"]);
    assert_eq!((code.as_str(), bench.pins_sent()), ("card/pin-format", 0));
    let code = run(bench.entra().arg("--short-pin"), "1234").fails(4, &["PIN is wrong"]);
    assert_eq!((code.as_str(), bench.pins_sent()), ("card/wrong-pin", 1));
}

#[test]
fn the_certificate_in_a_retired_slot_signs_in_where_9a_has_none() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Retired1, Algorithm::Rsa2048),
    ];
    let mut bench = Bench::new(&alice().keys(keys));
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(
        (ended.code, ended.err.contains("slot 82")),
        (0, false),
        "{ended:?}"
    );
    bench.card.answer(READ_9A, "6a82").unwrap();
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(
        (ended.code, ended.err.contains("using slot 82")),
        (0, true),
        "{ended:?}"
    );
    // An expired certificate in 9A, as some programs leave it after a renewal.
    bench
        .card
        .answer(READ_9A, &(object(&expired(&bench)) + "9000"))
        .unwrap();
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(
        (ended.code, ended.err.contains("using slot 82")),
        (0, true),
        "{ended:?}"
    );
    // An unreadable certificate, which is reported with its slot.
    bench.card.answer(READ_9A, "6f00").unwrap();
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("slot 9a cannot be read"), "{ended:?}");
}

/// An expired certificate for the key in 9A, in hexadecimal.
fn expired(bench: &Bench) -> String {
    let pem = bench.folder.path().join("expired.crt");
    lab::Authority::trusted()
        .unwrap()
        .issue(
            &alice().validity(Validity::Expired),
            &bench.card.public_key(Slot::Authentication),
            &pem,
        )
        .unwrap();
    let der = Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in"])
        .arg(pem)
        .output()
        .unwrap();
    assert!(der.status.success());
    der.stdout
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The object of a certificate, both in hexadecimal.
fn object(certificate: &str) -> String {
    let length = certificate.len() / 2;
    format!("5382{:04x}7082{length:04x}{certificate}710100fe00", length + 9)
}
