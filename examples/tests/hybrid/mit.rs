//! The second, independent domain controller: MIT's KDC. Its PAC has no UPN, so a sign-in ends with this report; by then the card's
//! signature, both exchanges, the ticket and the signature of the PAC were verified.

use std::io::ErrorKind;
use std::net::UdpSocket;

use lab::{MitKdc, RevocationLists, Slot, Validity};

use crate::bench::{Bench, Ended, ca, card_of};
use crate::name_server;
use crate::refused::fails;

fn bench(lists: RevocationLists<'_>) -> Bench<MitKdc> {
    Bench::with(MitKdc::start(lists).unwrap(), MitKdc::REALM)
}

fn sign_in(bench: &Bench<MitKdc>, pin: &str, options: &[&str]) -> Ended {
    let keytab = bench.domain.keytab().display().to_string();
    bench.sign_in(
        pin,
        [&["--kdc", bench.domain.kdc(), "--keytab", &keytab], options].concat(),
    )
}

/// Asserts that the KDC issued both tickets, and that only the UPN is missing.
fn is_signed_in(bench: &Bench<MitKdc>, ended: &Ended) {
    fails(ended, 7, "ad/no-account");
    let message = ended.json["error"]["message"].as_str().unwrap();
    assert!(message.contains("UPN_DNS_INFO"), "{message}");
    let log = bench.domain.log().unwrap();
    let issued: Vec<_> = log.lines().filter(|line| line.contains(": ISSUE: ")).collect();
    let [.., first, second] = &issued[..] else {
        panic!("{log}")
    };
    assert!(
        first.contains("krbtgt/MIT.LOCAL") && second.contains("host/client1.mit.local"),
        "{log}"
    );
}

#[test]
fn another_implementation_accepts_the_card_and_its_tickets_are_read() {
    let bench = bench(RevocationLists::NotChecked);
    let card = bench.insert(&card_of("alice", "alice@mit.local"));
    is_signed_in(&bench, &sign_in(&bench, card.pin(), &[]));
    // Its certificate is verified too.
    let ca = ca().display().to_string();
    is_signed_in(&bench, &sign_in(&bench, card.pin(), &["--kdc-ca", &ca]));
    let other = lab::Authority::unknown().unwrap().certificate();
    let other = other.display().to_string();
    fails(
        &sign_in(&bench, card.pin(), &["--kdc-ca", &other]),
        9,
        "ad/kdc-not-proven",
    );
    for (name, code) in [
        ("nobody@mit.local", "KDC_ERR_C_PRINCIPAL_UNKNOWN"),
        ("dora@mit.local", "KDC_ERR_CLIENT_REVOKED"),
    ] {
        fails(&sign_in(&bench, card.pin(), &["--hint", name]), 1, code);
    }
}

/// The KDC listens for TCP alone, and DNS publishes it for UDP alone: TCP is used.
#[test]
fn a_kdc_that_is_published_for_udp_is_asked_over_tcp() {
    let bench = bench(RevocationLists::NotChecked);
    let card = bench.insert(&card_of("alice", "alice@mit.local"));
    let keytab = bench.domain.keytab().display().to_string();
    let address = bench.domain.kdc();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    datagrams.connect(address).unwrap();
    datagrams.send(&[0]).unwrap();
    let refused = datagrams.recv(&mut [0]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    for (port, code) in [(8801, "ad/no-account"), (9, "network/domain-controller-silent")] {
        let server = format!("127.0.0.{}", if port == 9 { 3 } else { 2 });
        let service = "_kerberos._udp.MIT.LOCAL";
        name_server::publish(&format!("{server}:53"), service, "kdc.mit.local", port);
        let program = |path| bench.with_name_server(&server, "kdc.mit.local", path);
        let sign_in = program(env!("CARGO_BIN_EXE_sign-in"));
        let ended = bench.run(sign_in, card.pin(), ["--keytab", &keytab]);
        if port == 9 {
            fails(&ended, 6, code);
            let (message, help) = (&ended.json["error"]["message"], &ended.json["error"]["help"]);
            assert!(message.as_str().unwrap().contains("for UDP only"), "{message}");
            assert!(help.as_str().unwrap().contains("_kerberos._tcp"), "{help}");
        } else {
            is_signed_in(&bench, &ended);
        }

        let mut doctor = program(env!("CARGO_BIN_EXE_doctor"));
        let output = doctor
            .args(["--json", "--realm", MitKdc::REALM])
            .output()
            .unwrap();
        let checks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut checks = checks.as_array().unwrap().iter();
        let dns = checks.find(|check| check["name"] == "kdc-dns").unwrap();
        let found = dns["found"].as_str().unwrap();
        assert!(
            found.starts_with(&format!("kdc.mit.local:{port}, published for UDP only")),
            "{found}"
        );
        let kdc = checks.find(|check| check["name"] == "kdc").unwrap();
        assert_eq!(kdc["ok"], port == 8801, "{kdc}");
    }
}

#[test]
fn a_rule_maps_a_certificate_without_a_upn() {
    let bench = bench(RevocationLists::NotChecked);
    let card = bench.insert(&card_of("alice", "").principal_names([]));
    is_signed_in(
        &bench,
        &sign_in(&bench, card.pin(), &["--hint", "mapped@mit.local"]),
    );
    let ended = sign_in(&bench, card.pin(), &["--hint", "alice@mit.local"]);
    fails(&ended, 1, "KDC_ERR_CLIENT_NAME_MISMATCH");
}

#[test]
fn it_names_the_reason_against_a_certificate() {
    let bench = bench(RevocationLists::NotChecked);
    let alice = || card_of("alice", "alice@mit.local");
    for (profile, code) in [
        (alice().validity(Validity::Expired), "KDC_ERR_INVALID_CERTIFICATE"),
        (alice().unknown_issuer(), "KDC_ERR_CANT_VERIFY_CERTIFICATE"),
        (card_of("erin", "erin@mit.local"), "KDC_ERR_CLIENT_NAME_MISMATCH"),
    ] {
        let mut card = bench.insert(&profile);
        fails(
            &sign_in(&bench, card.pin(), &["--hint", "alice@mit.local"]),
            1,
            code,
        );
        card.remove().unwrap();
    }
}

#[test]
fn a_revoked_certificate_is_refused() {
    let profile = card_of("alice", "alice@mit.local");
    let mut bench = bench(RevocationLists::Revoked(&[]));
    let card = bench.insert(&profile);
    let certificate = card.certificate(Slot::Authentication);
    is_signed_in(&bench, &sign_in(&bench, card.pin(), &[]));

    bench.domain = bench
        .domain
        .restart(RevocationLists::Revoked(&[certificate]))
        .unwrap();
    let ended = sign_in(&bench, card.pin(), &[]);
    fails(&ended, 1, "KDC_ERR_REVOKED_CERTIFICATE");
    assert_eq!(ended.json["error"]["who"], "user");

    bench.domain = bench.domain.restart(RevocationLists::Missing).unwrap();
    fails(
        &sign_in(&bench, card.pin(), &[]),
        1,
        "KDC_ERR_REVOCATION_STATUS_UNKNOWN",
    );
}
