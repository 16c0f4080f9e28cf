//! Scripted keys and PINs of PIV cards that differ from the tests' firmware.

use crate::script::{LOGOUT, READ_9A, READ_DISCOVERY, STATUS, Script, certificate, hex, kind, object};
use card_access::{
    Confidence, ErrorKind, Hash, KeyAlgorithm, KeyPolicy, Pin, PinEntry, PinPolicy, PinStatus, Rejection,
    Scheme, Selector, Slot, Token, TouchPolicy,
};
use rustls_pki_types::UnixTime;

/// A card whose key in 9A is on P-256, and signs with r = s = 1.
fn signing_card<'a>(more: impl IntoIterator<Item = (&'a str, String)>) -> Script {
    let answers = [
        (READ_9A, hex(&object(&certificate(), 0)) + "9000"),
        ("00871", "7c0a82083006020101020101".to_owned() + "9000"),
    ];
    Script::new(more.into_iter().chain(answers))
}

fn discovery(policy: &str) -> String {
    "7e124f0ba0000003080000100001005f2f02".to_owned() + policy + "9000"
}

#[test]
fn the_discovery_object_says_which_pin_is_meant() {
    // The first byte says which PINs exist, the second which of both comes first, if there is the global one.
    for (policy, reference) in [
        ("4000", "80"),
        ("6010", "80"),
        ("6020", "00"),
        ("2020", "00"),
        ("4020", "80"),
    ] {
        let verify = "002000".to_owned() + reference;
        let script = Script::new([
            (READ_DISCOVERY, discovery(policy)),
            (verify.as_str(), "63c5".to_owned()),
        ]);
        assert_eq!(
            script.token().pin_status(),
            Ok(PinStatus::TriesLeft(5)),
            "{policy}"
        );
    }
}

#[test]
fn a_card_that_cannot_forget_the_pin_is_reset() {
    let script = Script::new([
        (READ_9A, hex(&object(&certificate(), 0)) + "9000"),
        (LOGOUT, "6a86".to_owned()),
        ("0020008008313233343536ffff", "9000".to_owned()),
        (STATUS, "63c3".to_owned()),
        ("00871", "7c0a8208300602010102010190".to_owned() + "00"),
    ]);
    let mut token = script.token();
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    let pin = Pin::new("123456".to_owned());
    let raw = Scheme::EcdsaRaw(Hash::Sha256);
    let signature = token
        .sign(&credential, raw, b"message", Some(PinEntry::typed(&pin)))
        .unwrap();
    let one = [&[0; 31][..], &[1]].concat();
    assert_eq!(signature, [&one[..], &one].concat());
    let ends: Vec<_> = script
        .log()
        .into_iter()
        .filter(|line| line == "Leave" || line == "Reset")
        .collect();
    assert_eq!(ends, ["Leave", "Reset"]);
}

#[test]
fn a_security_key_reports_version_serial_and_policies() {
    let script = Script::new([
        ("00fd000000", "050701".to_owned() + "9000"),
        ("00f8000000", "00ae17cb".to_owned() + "9000"),
        (READ_9A, hex(&object(&certificate(), 0)) + "9000"),
        ("00f7009a00", "0101110202020303010102".to_owned() + "9000"),
    ]);
    let mut token = script.token();
    assert_eq!(token.identify().unwrap().as_deref(), Some("11409355"));
    assert_eq!(token.info().firmware.as_deref(), Some("5.7.1"));
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    let policy = token.policy(&credential).unwrap();
    assert_eq!(
        policy,
        KeyPolicy::new(
            Confidence::Reported(PinPolicy::Once),
            Confidence::Reported(TouchPolicy::Cached)
        )
    );
    script
        .answers
        .iter()
        .for_each(|(command, _)| assert!(script.log().contains(command), "{command}"));
}

#[test]
fn each_policy_of_a_key_is_read_from_its_number() {
    let object = hex(&object(&certificate(), 0)) + "9000";
    for (number, pin, touch) in [
        (
            "01",
            Confidence::Reported(PinPolicy::Never),
            Confidence::Reported(TouchPolicy::Never),
        ),
        (
            "02",
            Confidence::Reported(PinPolicy::Once),
            Confidence::Reported(TouchPolicy::EveryUse),
        ),
        (
            "03",
            Confidence::Reported(PinPolicy::EveryUse),
            Confidence::Reported(TouchPolicy::Cached),
        ),
        ("04", Confidence::Unknown, Confidence::Unknown),
        ("00", Confidence::Unknown, Confidence::Unknown),
    ] {
        // One after the other: the PIN's with a touch that has no number, and the touch's with such a PIN.
        for (policy, expected) in [
            (number.to_owned() + "ff", KeyPolicy::new(pin, Confidence::Unknown)),
            (
                "ff".to_owned() + number,
                KeyPolicy::new(Confidence::Unknown, touch),
            ),
        ] {
            let script = Script::new([
                (READ_9A, object.clone()),
                ("00f7009a00", format!("0202{policy}9000")),
            ]);
            let mut token = script.token();
            let credential = token.credential(&"9a".parse().unwrap()).unwrap();
            assert_eq!(token.policy(&credential).unwrap(), expected, "{policy}");
        }
    }
}

#[test]
fn without_metadata_the_standard_speaks_for_the_key() {
    let object = hex(&object(&certificate(), 0)) + "9000";
    let script = Script::new([("00cb3fff055c035fc10a00", object)]);
    let mut token = script.token();
    let credential = token.credential(&"9c".parse().unwrap()).unwrap();
    let policy = token.policy(&credential).unwrap();
    assert_eq!(
        policy,
        KeyPolicy::new(Confidence::Inferred(PinPolicy::EveryUse), Confidence::Unknown)
    );
}

#[test]
fn the_global_pin_is_verified_and_forgotten_where_the_card_says_so() {
    for (policy, reference) in [("4000", "80"), ("6010", "80"), ("6020", "00")] {
        let [verify, logout, status] =
            ["00200000", "0020ff00", "00200000"].map(|command| command[..6].to_owned() + reference);
        let verify = verify + "08313233343536ffff";
        let script = signing_card([
            (READ_DISCOVERY, discovery(policy)),
            (&*verify, "9000".to_owned()),
            (&*logout, "9000".to_owned()),
            (&*status, "63c3".to_owned()),
        ]);
        let mut token = script.token();
        let credential = token.credential(&"9a".parse().unwrap()).unwrap();
        let pin = Pin::new("123456".to_owned());
        let scheme = Scheme::EcdsaRaw(Hash::Sha256);
        token
            .sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)))
            .unwrap();
        let log = script.log();
        assert_eq!(log.iter().filter(|line| **line == verify).count(), 1, "{policy}");
        assert_eq!(log.iter().filter(|line| **line == logout).count(), 1, "{policy}");
    }
}

#[test]
fn the_key_for_documents_gets_the_pin_right_before_each_use() {
    let script = Script::new([
        ("00cb3fff055c035fc10a00", hex(&object(&certificate(), 0)) + "9000"),
        ("00871", "7c0a82083006020101020101".to_owned() + "9000"),
        (LOGOUT, "9000".to_owned()),
        ("0020008008313233343536ffff", "9000".to_owned()),
        (STATUS, "63c3".to_owned()),
    ]);
    let mut token = script.token();
    let credential = token.credential(&"9c".parse().unwrap()).unwrap();
    let pin = Pin::new("123456".to_owned());
    for _ in 0..2 {
        token
            .sign(
                &credential,
                Scheme::EcdsaDer(Hash::Sha256),
                b"message",
                Some(PinEntry::typed(&pin)),
            )
            .unwrap();
    }
    let log = script.log();
    let signatures: Vec<_> = (0..log.len())
        .filter(|at| log[*at].starts_with("00871"))
        .collect();
    assert_eq!(signatures.len(), 2);
    for at in signatures {
        assert!(log[at - 1].starts_with("0020008008"), "{log:?}");
        assert_eq!(log[at + 1], LOGOUT);
    }
}

#[test]
fn a_key_of_1024_bits_is_read_with_a_note_and_signs_nothing() {
    let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let mut name = openssl::x509::X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "alice").unwrap();
    let name = name.build();
    let mut old = openssl::x509::X509::builder().unwrap();
    old.set_subject_name(&name).unwrap();
    old.set_issuer_name(&name).unwrap();
    old.set_pubkey(&key).unwrap();
    old.set_version(2).unwrap();
    old.set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    old.set_not_after(&openssl::asn1::Asn1Time::days_from_now(30).unwrap())
        .unwrap();
    old.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    let old = old.build().to_der().unwrap();

    let script = Script::new([(READ_9A, hex(&object(&old, 0)) + "9000")]);
    let mut token = script.token();
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    assert_eq!(credential.certificate().as_ref(), old);
    assert_eq!(credential.algorithm(), KeyAlgorithm::Rsa { bits: 1024 });
    assert_eq!(credential.algorithm().schemes(), []);
    let sent = script.log().len();
    let refused = token.sign(&credential, Scheme::RsaPkcs1(Hash::Sha256), b"message", None);
    assert!(matches!(kind(refused), ErrorKind::Unsupported { .. }));
    assert_eq!(
        script.log().len(),
        sent,
        "nothing is sent to a key that signs nothing"
    );
    let note = Rejection::CannotSign(credential.algorithm()).to_string();
    assert_eq!(note, "its key cannot sign: RSA-1024");
    let credentials = [credential];
    let selection = Selector::new(UnixTime::now()).select(&credentials);
    assert_eq!(selection.best(), None);
    assert_eq!(selection.rejected.len(), 1);
    assert!(matches!(selection.rejected[0].0.slot(), Slot::Piv(_)));
}
