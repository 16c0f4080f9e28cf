//! A certificate without a user name.

use std::path::Path;
use std::process::Command;

use lab::{Readers, Slot};

use crate::bench::{Bench, ENTER};
use crate::laboratory::{alice, configuration};

#[test]
fn a_hint_is_asked_for_and_names_the_user() {
    let readers = Readers::start(1).unwrap();
    let card = readers
        .insert(0, &alice().principal_names([]).rfc822_names([]))
        .unwrap();
    // The certificate has no name, so the tenant must find the user by its key.
    let key = key_identifier(&card.certificate(Slot::Authentication));
    let mut configuration = configuration().clone();
    let alice = &mut configuration.users[0];
    alice.certificate_user_ids.push(format!("X509:<SKI>{key}"));
    let bench = Bench::with(readers, card, configuration);

    let session = bench.open();
    session.wait_for(&["no certificate to sign in with"]);
    session.press("h");
    session.wait_for(&["name: no principal name", "X509HintsNeeded enabled"]);
    drop(session);

    let policy = bench.policy(&["X509HintsNeeded"]);
    let session = bench.open_with(&["--policy", &policy], 80, 24);
    session.wait_for(&["CN=alice", "Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&[
        "PIN · 3 tries left",
        "User name hint · needed",
        "ask for a user name hint",
    ]);
    session.press(bench.card.pin());
    session.press(ENTER);
    session.wait_for(&["✗ Ask for a user name hint"]);
    session.press("CONTOSO\\alice");
    session.press(ENTER);
    session.wait_for(&["✗ Reject the hint"]);
    assert_eq!(bench.authority.log().len(), 0, "nothing was sent");
    assert_eq!(bench.pins_sent(), 0);
    session.press(&"\x7f".repeat(20));
    session.press("alice@contoso.example");
    session.wait_for(&["send alice@contoso.example (source: hint)"]);
    session.press(ENTER);
    session.wait_for(&["✓ Signed in", "alice@contoso.example", "> hint"]);
    assert_eq!(bench.pins_sent(), 1);
    session.press("q");
    assert_eq!(session.ended().0, 0);
}

/// The subject key identifier in hexadecimal, as OpenSSL reads it.
fn key_identifier(certificate: &Path) -> String {
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-ext", "subjectKeyIdentifier", "-in"])
        .arg(certificate)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().last().unwrap().trim().replace(':', "")
}
