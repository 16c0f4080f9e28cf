//! Meaning of a refused PIN or key for the user, for each status word of cards, and tries whose counter cannot be read.

use crate::script::{
    LOGOUT, READ_DISCOVERY, SELECT, SIGN, SIGNED, STATUS, Script, VERIFY, certificate, sign,
};
use card_access::{ErrorKind, Pin, PinEntry, PinStatus, Token};

const PAD: &str = "pad 0020008008ffffffffffffffff 6-8";

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

fn card<'a>(more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Script {
    let answers = [
        (VERIFY, "9000"),
        (PAD, "9000"),
        (LOGOUT, "9000"),
        (SIGN, SIGNED),
        (STATUS, "63c3"),
    ];
    Script::new(
        more.into_iter()
            .chain(answers)
            .map(|(command, answer)| (command, answer.to_owned())),
    )
}

/// The name of a kind without its fields.
fn name(kind: &ErrorKind) -> String {
    let text = format!("{kind:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

#[test]
fn each_refusal_of_a_pin_means_something_for_the_user() {
    for (status, expected) in [
        (0x6301, "WrongPin"),
        (0x6300, "WrongPin"),
        (0x6310, "WrongPin"),
        (0x63c0, "WrongPin"),
        (0x63c2, "WrongPin"),
        (0x63d2, "WrongPin"),
        (0x6400, "PinRefused"),
        (0x6581, "PinRefused"),
        (0x6700, "PinFormat"),
        (0x6882, "PinRefused"),
        (0x6982, "PinRefused"),
        (0x6983, "PinBlocked"),
        (0x6984, "PinChangeRequired"),
        (0x6985, "PinRefused"),
        (0x6986, "PinRefused"),
        (0x6999, "PinRefused"),
        (0x6a80, "PinFormat"),
        (0x6a81, "PinRefused"),
        (0x6a82, "NotInitialized"),
        (0x6a86, "PinRefused"),
        (0x6a88, "NotInitialized"),
        (0x6b00, "PinRefused"),
        (0x6c08, "PinRefused"),
        (0x6d00, "PinRefused"),
        (0x6e00, "PinRefused"),
        (0x6f00, "PinRefused"),
        (0x6282, "PinRefused"),
        (0x9001, "PinRefused"),
    ] {
        let right = pin("123456");
        for (entry, sent) in [(PinEntry::typed(&right), VERIFY), (PinEntry::on_reader(), PAD)] {
            if sent == PAD && status == 0x6400 {
                continue; // The reader's own word for a user who did nothing.
            }
            let word = format!("{status:04x}");
            let script = card([(sent, word.as_str())]);
            let error = sign(&mut script.token(), certificate(), Some(entry)).unwrap_err();
            assert_eq!(name(error.kind()), expected, "{word}");
            // Neither the developer nor the reader can help the user.
            assert!(!error.hint().contains("Call again"), "{word}");
            assert!(!error.hint().contains("Take the card out"), "{word}");
            let vendor = error.vendor_code().unwrap();
            assert_eq!(
                (&*vendor.name, vendor.number),
                (&*format!("SW {}", word.to_uppercase()), status)
            );
            // One try, and a logout nevertheless.
            assert_eq!(
                script.log(),
                [SELECT, READ_DISCOVERY, STATUS, sent, LOGOUT, "Leave"]
            );
        }
    }
}

#[test]
fn a_wrong_pin_says_how_many_tries_are_left_where_the_card_does() {
    for (answer, tries_left) in [
        ("63c2", Some(2)),
        ("63c0", Some(0)),
        ("6302", Some(2)),
        ("6301", Some(1)),
        ("630f", Some(15)),
        ("6300", None),
        ("6310", None),
        ("63d2", None),
        // With data that was not requested.
        ("0063c2", Some(2)),
    ] {
        let right = pin("123456");
        let script = card([(VERIFY, answer)]);
        let error = sign(&mut script.token(), certificate(), Some(PinEntry::typed(&right))).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::WrongPin { tries_left }, "{answer}");
    }
}

#[test]
fn refusals_of_a_pin_pad() {
    for (answer, expected) in [
        ("6400", "TimedOut"),
        ("6401", "Cancelled"),
        ("6402", "PinFormat"),
        ("6403", "PinFormat"),
        ("6b80", "Unsupported"),
        ("63c2", "WrongPin"),
        ("6302", "WrongPin"),
        ("6983", "PinBlocked"),
        ("6984", "PinChangeRequired"),
    ] {
        let script = card([(PAD, answer)]);
        let error = sign(&mut script.token(), certificate(), Some(PinEntry::on_reader())).unwrap_err();
        assert_eq!(name(error.kind()), expected, "{answer}");
    }
}

#[test]
fn changing_and_unblocking_have_the_same_errors() {
    let (current, new) = (pin("123456"), pin("654321"));
    for (answer, expected) in [
        ("6302", "WrongPin"),
        ("6982", "PinRefused"),
        ("6984", "PinChangeRequired"),
        ("6a80", "PinFormat"),
        ("6d00", "PinRefused"),
    ] {
        let script = card([("00240080", answer), ("002c0080", answer)]);
        for refused in [
            script.token().change_pin(PinEntry::typed(&current), &new),
            script.token().unblock_pin(PinEntry::typed(&current), &new),
        ] {
            assert_eq!(name(refused.unwrap_err().kind()), expected, "{answer}");
        }
    }
}

#[test]
fn a_counter_that_cannot_be_read_needs_the_permission_of_the_last_try() {
    let right = pin("123456");
    for status in [
        "6300", "6310", "63d3", "6700", "6982", "6985", "6a81", "6a88", "6d00", "6e00", "6f00", "6282",
    ] {
        for (entry, sent) in [(PinEntry::typed(&right), VERIFY), (PinEntry::on_reader(), PAD)] {
            let script = card([(VERIFY, "9000"), (LOGOUT, "9000"), (STATUS, status)]);
            let error = sign(&mut script.token(), certificate(), Some(entry)).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::TriesUnknown, "{status}");
            assert_eq!(error.code(), "card/tries-unknown");
            assert!(!script.log().iter().any(|line| line == sent), "{status}");
            let change = script.token().change_pin(entry, &pin("654321"));
            assert_eq!(change.unwrap_err().kind(), &ErrorKind::TriesUnknown);

            sign(&mut script.token(), certificate(), Some(entry.allow_final_try())).unwrap();
            assert!(script.log().iter().any(|line| line == sent), "{status}");
        }
    }
}

#[test]
fn a_yubikey_neo_spares_its_last_try() {
    let right = pin("123456");
    let entry = PinEntry::typed(&right);
    let neo = card([(VERIFY, "6302"), (LOGOUT, "9000"), (STATUS, "6303")]);
    assert_eq!(neo.token().pin_status(), Ok(PinStatus::TriesLeft(3)));
    let wrong = sign(&mut neo.token(), certificate(), Some(entry)).unwrap_err();
    assert_eq!(wrong.kind(), &ErrorKind::WrongPin { tries_left: Some(2) });

    let last = card([(LOGOUT, "9000"), (VERIFY, "6300"), (STATUS, "6301")]);
    assert_eq!(last.token().pin_status(), Ok(PinStatus::FinalTry));
    let refused = sign(&mut last.token(), certificate(), Some(entry)).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::FinalTryRefused);
    assert!(!last.log().iter().any(|line| line == VERIFY));
}

/// `9000` to VERIFY without a PIN hides the counter. After a logout the card shows it, unless it always says `9000`.
#[test]
fn a_verified_pin_is_logged_out_to_read_its_counter() {
    let right = pin("123456");
    let entry = PinEntry::typed(&right);
    let always = card([(VERIFY, "63c0"), (LOGOUT, "9000"), (STATUS, "9000")]);
    let refused = sign(&mut always.token(), certificate(), Some(entry)).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::TriesUnknown);
    let no_logout = card([(VERIFY, "63c0"), (LOGOUT, "6a86"), (STATUS, "9000")]);
    let refused = sign(&mut no_logout.token(), certificate(), Some(entry)).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::TriesUnknown);
    for script in [always, no_logout] {
        assert!(!script.log().iter().any(|line| line == VERIFY));
    }
}

#[test]
fn a_contactless_interface_that_refuses_asks_for_the_contact_reader() {
    let right = pin("123456");
    let entry = PinEntry::typed(&right);
    for refusal in [
        "6982", "6985", "6986", "6a81", "6a82", "6a88", "6d00", "6e00", "6999", "6f00",
    ] {
        for (script, what) in [
            (card([(VERIFY, refusal)]), "the PIN"),
            (
                card([(VERIFY, refusal), (LOGOUT, "9000"), (STATUS, refusal)]),
                "the counter",
            ),
        ] {
            let error = sign(&mut script.contactless(), certificate(), Some(entry)).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::ContactRequired, "{refusal} to {what}");
            assert!(error.hint().contains("contact reader"));
        }
    }
    for refusal in ["6982", "6985", "6a81"] {
        let script = card([(SIGN, refusal)]);
        let error = sign(&mut script.contactless(), certificate(), Some(entry)).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::ContactRequired, "{refusal} to the key");
    }
    let script = card([(PAD, "6982")]);
    let error = sign(
        &mut script.contactless(),
        certificate(),
        Some(PinEntry::on_reader()),
    )
    .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ContactRequired, "on the PIN pad");
    // A refusal that concerns the PIN itself means the same on every interface.
    for (answer, expected) in [
        ("63c2", "WrongPin"),
        ("6983", "PinBlocked"),
        ("6984", "PinChangeRequired"),
    ] {
        let script = card([(VERIFY, answer)]);
        let error = sign(&mut script.contactless(), certificate(), Some(entry)).unwrap_err();
        assert_eq!(name(error.kind()), expected);
    }
}

#[test]
fn a_pin_of_four_or_five_characters_is_sent_only_by_permission() {
    for (text, block) in [("1234", "31323334ffffffff"), ("12345", "3132333435ffffff")] {
        let verify = format!("0020008008{block}");
        let script = card([(verify.as_str(), "9000")]);
        let short = pin(text);
        let entry = PinEntry::typed(&short);
        let refused = sign(&mut script.token(), certificate(), Some(entry)).unwrap_err();
        assert_eq!(
            refused.kind(),
            &ErrorKind::PinFormat {
                rule: "it must have 6 to 8 characters"
            }
        );
        assert_eq!(script.log().len(), 0);
        sign(&mut script.token(), certificate(), Some(entry.allow_short_pin())).unwrap();
        assert!(script.log().contains(&verify));
    }
    for text in ["123", "123456789", ""] {
        let script = card([]);
        let wrong = pin(text);
        let entry = PinEntry::typed(&wrong).allow_short_pin();
        let refused = sign(&mut script.token(), certificate(), Some(entry)).unwrap_err();
        assert_eq!(
            refused.kind(),
            &ErrorKind::PinFormat {
                rule: "it must have 4 to 8 characters"
            }
        );
        assert_eq!(script.log().len(), 0);
    }
    // The reader gets the same limits.
    let pad = "pad 0020008008ffffffffffffffff 4-8";
    let script = card([(pad, "9000")]);
    let entry = PinEntry::on_reader().allow_short_pin();
    sign(&mut script.token(), certificate(), Some(entry)).unwrap();
    assert!(script.log().iter().any(|line| line == pad));
    // A card with such a PIN may have another of that length.
    let change = "00240080103132333435ffffff31323334ffffffff";
    let script = card([(change, "9000")]);
    let current = pin("12345");
    let entry = PinEntry::typed(&current).allow_short_pin();
    script.token().change_pin(entry, &pin("1234")).unwrap();
    assert!(script.log().iter().any(|line| line == change));
}
