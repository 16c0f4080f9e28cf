//! Commands to a PIV card for trying, changing and unblocking its PIN, to the byte, and the meaning of its answers.

use crate::script::{
    LOGOUT, READ_DISCOVERY, SELECT, SIGN, SIGNED, STATUS, Script, VERIFY, certificate, kind, sign,
};
use card_access::{ErrorKind, Pin, PinEntry, PinStatus, Token};

const CHANGE: &str = "0024008010313233343536ffff3635343332313738";
const UNBLOCK: &str = "002c0080103132333435363738363534333231ffff";
const PAD: &str = "pad 0020008008ffffffffffffffff 6-8";

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

/// A card that accepts 123456, and the changes that this file needs.
fn willing<'a>(more: impl IntoIterator<Item = (&'a str, String)>) -> Script {
    with_counter("63c3", more)
}

fn with_counter<'a>(counter: &str, more: impl IntoIterator<Item = (&'a str, String)>) -> Script {
    let answers = [
        (VERIFY, "9000"),
        (CHANGE, "9000"),
        (UNBLOCK, "9000"),
        (PAD, "9000"),
        (LOGOUT, "9000"),
        (SIGN, SIGNED),
        (STATUS, counter),
    ];
    Script::new(
        more.into_iter()
            .chain(answers.map(|(command, answer)| (command, answer.to_owned()))),
    )
}

/// The log with the signatures truncated.
fn log(script: &Script) -> Vec<String> {
    let short = |line: String| {
        if line.starts_with(SIGN) {
            SIGN.to_owned()
        } else {
            line
        }
    };
    script.log().into_iter().map(short).collect()
}

#[test]
fn a_signature_reads_the_counter_once_and_makes_one_try_and_a_logout() {
    let script = willing([]);
    sign(
        &mut script.token(),
        certificate(),
        Some(PinEntry::typed(&pin("123456"))),
    )
    .unwrap();
    assert_eq!(
        log(&script),
        [SELECT, READ_DISCOVERY, STATUS, VERIFY, SIGN, LOGOUT, "Leave"]
    );
}

#[test]
fn the_final_try_is_spared_unless_it_is_allowed() {
    let right = pin("123456");
    for (status, refusal) in [
        ("63c1", ErrorKind::FinalTryRefused),
        ("63c0", ErrorKind::PinBlocked),
        ("6983", ErrorKind::PinBlocked),
    ] {
        let script = with_counter(status, []);
        let entry = PinEntry::typed(&right);
        assert_eq!(
            kind(sign(&mut script.token(), certificate(), Some(entry))),
            refusal
        );
        assert_eq!(kind(script.token().change_pin(entry, &pin("65432178"))), refusal);
        let spared = [SELECT, READ_DISCOVERY, STATUS, "Leave"];
        assert_eq!(script.log(), [spared, spared].concat(), "{status}");

        let allowed = with_counter(status, []);
        sign(&mut allowed.token(), certificate(), Some(entry.allow_final_try())).unwrap();
        assert_eq!(
            log(&allowed),
            [SELECT, READ_DISCOVERY, VERIFY, SIGN, LOGOUT, "Leave"]
        );
    }
}

#[test]
fn a_change_sends_both_pins_side_by_side_once() {
    let script = willing([]);
    let current = pin("123456");
    script
        .token()
        .change_pin(PinEntry::typed(&current), &pin("65432178"))
        .unwrap();
    assert_eq!(
        script.log(),
        [SELECT, READ_DISCOVERY, STATUS, CHANGE, LOGOUT, "Leave"]
    );

    let wrong = willing([(CHANGE, "63c2".to_owned())]);
    let refused = wrong
        .token()
        .change_pin(PinEntry::typed(&current), &pin("65432178"));
    assert_eq!(kind(refused), ErrorKind::WrongPin { tries_left: Some(2) });
    assert_eq!(wrong.log(), script.log());
}

#[test]
fn the_global_pin_is_changed_where_the_card_puts_it_first() {
    let discovery = "7e124f0ba0000003080000100001005f2f0260209000";
    let change = CHANGE.replacen("00240080", "00240000", 1);
    let script = Script::new([
        (READ_DISCOVERY, discovery.to_owned()),
        (&*change, "9000".to_owned()),
        ("0020ff00", "9000".to_owned()),
        ("00200000", "63c3".to_owned()),
    ]);
    let current = pin("123456");
    script
        .token()
        .change_pin(PinEntry::typed(&current), &pin("65432178"))
        .unwrap();
    assert_eq!(
        script.log(),
        [SELECT, READ_DISCOVERY, "00200000", &change, "0020ff00", "Leave"]
    );
}

#[test]
fn an_unblocking_sends_the_puk_and_the_new_pin_once() {
    let puk = pin("12345678");
    let script = willing([]);
    script
        .token()
        .unblock_pin(PinEntry::typed(&puk), &pin("654321"))
        .unwrap();
    assert_eq!(script.log(), [SELECT, UNBLOCK, "Leave"]);
    for (answer, refusal) in [
        ("63c2", ErrorKind::WrongPin { tries_left: Some(2) }),
        ("6983", ErrorKind::PinBlocked),
    ] {
        let wrong = willing([(UNBLOCK, answer.to_owned())]);
        let refused = wrong.token().unblock_pin(PinEntry::typed(&puk), &pin("654321"));
        assert_eq!(kind(refused), refusal);
        assert_eq!(wrong.log(), script.log());
    }
}

#[test]
fn what_cannot_be_a_pin_is_not_sent() {
    let right = pin("123456");
    let current = PinEntry::typed(&right);
    for wrong in ["12345", "123456789", "12345 ", "12345\u{fc}"] {
        let wrong = pin(wrong);
        let script = willing([]);
        let entry = PinEntry::typed(&wrong);
        for refused in [
            sign(&mut script.token(), certificate(), Some(entry)).map(drop),
            script.token().change_pin(entry, &right),
            script.token().unblock_pin(entry, &right),
        ] {
            assert!(matches!(kind(refused), ErrorKind::PinFormat { .. }));
        }
        assert_eq!(script.log().len(), 0);
        for refused in [
            script.token().change_pin(current, &wrong),
            script.token().unblock_pin(current, &wrong),
        ] {
            assert!(matches!(kind(refused), ErrorKind::PinFormat { .. }));
        }
        let sent = [SELECT, READ_DISCOVERY, STATUS, LOGOUT, "Leave", SELECT, "Leave"];
        assert_eq!(script.log(), sent);
    }
}

#[test]
fn the_reader_gets_the_format_of_the_pin() {
    let script = willing([]);
    let mut token = script.token();
    sign(&mut token, certificate(), Some(PinEntry::on_reader())).unwrap();
    let sent = log(&script);
    assert_eq!(sent, [SELECT, READ_DISCOVERY, STATUS, PAD, SIGN, LOGOUT, "Leave"]);
    let commands = script.log().iter().filter(|line| *line != "Leave").count();
    assert_eq!(token.traffic().unwrap().apdus, commands as u64);

    let final_try = with_counter("63c1", []);
    let refused = sign(&mut final_try.token(), certificate(), Some(PinEntry::on_reader()));
    assert_eq!(kind(refused), ErrorKind::FinalTryRefused);
    assert!(!final_try.log().iter().any(|line| line.starts_with("pad")));

    // The reader inserts only one PIN, so it cannot change it.
    let script = willing([]);
    for refused in [
        script.token().change_pin(PinEntry::on_reader(), &pin("654321")),
        script.token().unblock_pin(PinEntry::on_reader(), &pin("654321")),
    ] {
        assert!(matches!(kind(refused), ErrorKind::Unsupported { .. }));
    }
    assert!(
        !script
            .log()
            .iter()
            .any(|line| line.starts_with("002400") || line.starts_with("002c00"))
    );
}

#[test]
fn the_counter_is_read_without_a_try() {
    for (answer, status) in [
        ("63c3", PinStatus::TriesLeft(3)),
        ("63cf", PinStatus::TriesLeft(15)),
        ("63c1", PinStatus::FinalTry),
        ("63c0", PinStatus::Blocked),
        ("6983", PinStatus::Blocked),
        ("9000", PinStatus::Verified),
        // A YubiKey NEO before version 1.0.4.
        ("6303", PinStatus::TriesLeft(3)),
        ("630f", PinStatus::TriesLeft(15)),
        ("6301", PinStatus::FinalTry),
        ("6300", PinStatus::Unknown),
        ("6310", PinStatus::Unknown),
        ("63d3", PinStatus::Unknown),
        ("6d00", PinStatus::Unknown),
    ] {
        let script = Script::new([(STATUS, answer.to_owned())]);
        assert_eq!(script.token().pin_status(), Ok(status), "{answer}");
        assert_eq!(script.log(), [SELECT, READ_DISCOVERY, STATUS, "Leave"]);
    }
    let talkative = Script::new([(STATUS, "0063c3".to_owned())]);
    assert_eq!(talkative.token().pin_status(), Ok(PinStatus::TriesLeft(3)));
    let wrong = Script::new([(STATUS, "009000".to_owned())]);
    assert!(matches!(
        kind(wrong.token().pin_status()),
        ErrorKind::Malformed { .. }
    ));
}

#[test]
fn a_key_that_requires_more_than_the_right_pin_refuses() {
    let script = willing([(SIGN, "6982".to_owned())]);
    let right = pin("123456");
    let refused = sign(&mut script.token(), certificate(), Some(PinEntry::typed(&right)));
    assert_eq!(kind(refused), ErrorKind::Refused);
    assert_eq!(
        kind(sign(&mut script.token(), certificate(), None)),
        ErrorKind::PinRequired
    );
}
