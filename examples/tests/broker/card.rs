//! From the card to two signed-in pages: pcscd, a PIV firmware, `sign-in --broker`, and what a browser extension does.

use std::io::Write;
use std::process::{Command, Stdio};

use lab::Readers;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::laboratory::{alice, issuer_of_cards, pins_sent};
use crate::tenant::configuration;

/// `sign-in --broker` with the card on this bus.
pub(crate) fn sign_in(bench: &Bench, pin: &str, address: &str) -> (Option<i32>, Value) {
    let base = &configuration().base;
    let mut child = Command::new(env!("CARGO_BIN_EXE_sign-in"))
        .args(["--authority", &bench.tenant.authority.url(), "--ca"])
        .arg(base.join("tls-ca.pem"))
        .arg("--device")
        .arg(base.join("device.json"))
        .args(["--broker", "--pin-stdin", "--json"])
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{pin}").unwrap();
    let output = child.wait_with_output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        report.unwrap_or_else(|error| panic!("{error}: {output:?}")),
    )
}

#[test]
fn one_pin_signs_in_every_page_until_the_card_is_taken_out() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &alice()).unwrap();
    let bench = Bench::with(|configuration| {
        configuration.certificate_authorities.push(issuer_of_cards());
    });
    // Without a broker the sign-in is granted all the same, and says so.
    let (code, report) = sign_in(&bench, card.pin(), bench.bus.address());
    assert_eq!(
        (code, &report["outcome"]),
        (Some(11), &json!("granted")),
        "{report}"
    );
    assert_eq!(report["broker"]["taken"], false);

    let broker = bench.start(&["--drop-on", "card-removal"]);
    let (code, report) = sign_in(&bench, card.pin(), bench.bus.address());
    assert_eq!(
        (code, &report["broker"]["taken"]),
        (Some(0), &json!(true)),
        "{report}"
    );
    let pins = pins_sent(&card);
    for page in ["&state=1", "&state=2"] {
        let cookie = bench.cookie(page);
        let content = cookie["cookieContent"].as_str().unwrap();
        let answer = bench
            .tenant
            .authorize(page, ("x-ms-RefreshTokenCredential", content));
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.contains("code="), "{location}");
    }
    assert_eq!(pins_sent(&card), pins, "no further PIN");
    card.remove().unwrap();
    bench.wait_until("the token is dropped", || bench.signed_out());
    assert!(!bench.stored().exists());
    assert!(broker.log().contains("taken out"), "{}", broker.log());
}
