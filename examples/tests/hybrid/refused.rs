//! Sign-ins that the card, the domain or the network prevents.

use std::net::{TcpListener, UdpSocket};
use std::thread;

use lab::{Fault, Profile, Validity};

use crate::bench::{Bench, Ended, ca, card_of};
use crate::laboratory::pins_sent;

/// Asserts the exit code and the code of the error.
pub(crate) fn fails(ended: &Ended, exit: i32, code: &str) {
    let json = &ended.json;
    assert_eq!(
        (ended.code, json["error"]["code"].as_str()),
        (exit, Some(code)),
        "{json} {}",
        ended.err
    );
    for part in ["message", "help", "who"] {
        assert!(!json["error"][part].as_str().unwrap().is_empty(), "{json}");
    }
}

#[test]
fn a_wrong_pin_is_counted_and_nothing_is_sent() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let kdc = listener.local_addr().unwrap().to_string();
    let keytab = bench.domain.keytab().display().to_string();
    let ended = bench.sign_in("111111", ["--kdc", &kdc, "--keytab", &keytab]);
    fails(&ended, 4, "card/wrong-pin");
    assert!(
        ended.json["error"]["message"]
            .as_str()
            .unwrap()
            .contains(char::is_numeric),
        "{}",
        ended.json
    );
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a connection was made");
    assert_eq!(pins_sent(&card), 1);
}

#[test]
fn a_card_that_is_removed_before_its_signature_sends_nothing() {
    let bench = Bench::new();
    let mut card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let ended = bench.sign_in(card.pin(), bench.with_keytab());
    assert_eq!(ended.code, 0, "{}", ended.json);
    let apdus = card.apdus().unwrap();
    // GENERAL AUTHENTICATE (SP 800-73-5 part 2 section 3.2.4): the first signature is the one for the domain.
    let signing = apdus.iter().position(|apdu| apdu.instruction() == Some(0x87));
    let nth = u32::try_from(signing.unwrap() + 1).unwrap();
    card.fault(nth, Fault::Removed).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let kdc = listener.local_addr().unwrap().to_string();
    let keytab = bench.domain.keytab().display().to_string();
    let ended = bench.sign_in(card.pin(), ["--kdc", &kdc, "--keytab", &keytab]);
    assert_eq!(ended.code, 5, "{} {}", ended.json, ended.err);
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a connection was made");
}

#[test]
fn the_domain_refuses_whom_it_does_not_know_or_trust() {
    let bench = Bench::new();
    let profile = |user: &str, upn: &str| bench.card_of(user, upn);
    for (profile, code, finding) in [
        (
            card_of("nobody", "nobody@corp.local"),
            "KDC_ERR_C_PRINCIPAL_UNKNOWN",
            None,
        ),
        (profile("dora", "dora@corp.local"), "KDC_ERR_CLIENT_REVOKED", None),
        (
            profile("alice", "alice@corp.local").validity(Validity::Expired),
            "KRB_AP_ERR_BAD_INTEGRITY",
            Some("expired"),
        ),
        (
            profile("alice", "alice@corp.local").validity(Validity::NotYet),
            "KRB_AP_ERR_BAD_INTEGRITY",
            Some("not valid yet"),
        ),
        (
            profile("alice", "alice@corp.local").unknown_issuer(),
            "KRB_AP_ERR_BAD_INTEGRITY",
            None,
        ),
    ] {
        let mut card = bench.insert(&profile);
        let ended = bench.sign_in(card.pin(), bench.with_keytab());
        fails(&ended, 1, code);
        if let Some(finding) = finding {
            assert!(
                ended.json["error"]["message"].as_str().unwrap().contains(finding),
                "{}",
                ended.json
            );
        }
        card.remove().unwrap();
    }
}

#[test]
fn a_certificate_of_somebody_else_is_not_mapped() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let mut arguments = bench.with_keytab();
    arguments.extend(["--hint".into(), "grace.hopper@contoso.example".into()]);
    let ended = bench.sign_in(card.pin(), arguments);
    fails(&ended, 1, "KDC_ERR_CLIENT_NAME_MISMATCH");
    assert!(
        ended.json["error"]["message"]
            .as_str()
            .unwrap()
            .contains("another name"),
        "{}",
        ended.json
    );
}

#[test]
fn a_stale_keytab_and_a_foreign_authority_prove_nothing() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let stale = bench.domain.stale_keytab().display().to_string();
    fails(
        &bench.sign_in(card.pin(), ["--kdc", bench.domain.kdc(), "--keytab", &stale]),
        10,
        "ad/stale-keytab",
    );
    let other = lab::Authority::unknown()
        .unwrap()
        .certificate()
        .display()
        .to_string();
    fails(
        &bench.sign_in(card.pin(), ["--kdc", bench.domain.kdc(), "--kdc-ca", &other]),
        9,
        "ad/kdc-not-proven",
    );
    fails(
        &bench.sign_in(card.pin(), ["--kdc", bench.domain.kdc()]),
        2,
        "ad/no-proof",
    );
    let no_keytab = bench.folder.path().join("none").display().to_string();
    fails(
        &bench.sign_in(card.pin(), ["--keytab", &no_keytab]),
        2,
        "usage/domain-file",
    );
    let ca = ca().display().to_string();
    fails(
        &bench.sign_in(card.pin(), ["--keytab", &ca]),
        2,
        "usage/domain-file",
    );
}

#[test]
fn a_domain_controller_that_is_down_silent_or_no_domain_controller() {
    let bench = Bench::new();
    let card = bench.insert(&Profile::new("alice").principal_names(["alice@corp.local"]));
    let keytab = bench.domain.keytab().display().to_string();
    let sign_in = |kdc: &str| bench.sign_in(card.pin(), ["--kdc", kdc, "--keytab", &keytab]);
    fails(&sign_in("127.0.0.1:9"), 6, "network/domain-controller-silent");
    fails(&sign_in("[::1]:9"), 6, "network/domain-controller-silent");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    // The requests do not fit into datagrams, and the answers neither (RFC 4120 section 7.2.1): none is sent.
    let datagrams = UdpSocket::bind(address).unwrap();
    datagrams.set_nonblocking(true).unwrap();
    fails(
        &sign_in(&address.to_string()),
        6,
        "network/domain-controller-silent",
    );
    assert!(datagrams.recv(&mut [0; 1]).is_err(), "a datagram was sent");

    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = web.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = web.accept().unwrap();
        let _ = stream.read(&mut [0; 100]);
        let _ = stream.write_all(b"\0\0\0\x10HTTP/1.1 400 Bad");
    });
    fails(&sign_in(&address), 7, "ad/malformed");
    server.join().unwrap();
    // Nothing answers DNS here.
    fails(
        &bench.sign_in(card.pin(), ["--keytab", &keytab]),
        6,
        "network/no-domain-controller",
    );
}
