//! Identity of a card, and when it is read.

use crate::script::{READ_CHUID, READ_DISCOVERY, SELECT, STATUS, Script, bytes, hex, kind, tlv};
use card_access::{
    Backend, Confidence, ErrorKind, Pin, PinEntry, PinStatus, Token, TokenId, TokenInfo, TokenKind,
    piv::PivToken,
};

const GET_SERIAL: &str = "00f8000000";
const GET_VERSION: &str = "00fd000000";
const GUID: &str = "0123456789abcdef0123456789abcdef";

fn chuid(content: &str) -> String {
    hex(&tlv("53", &bytes(content))) + "9000"
}

/// A card with a CHUID that also supports Yubico's commands.
fn card() -> Script {
    Script::new([
        (READ_CHUID, chuid(&("3410".to_owned() + GUID))),
        (GET_VERSION, "0507019000".to_owned()),
        (GET_SERIAL, "00ae17cb9000".to_owned()),
        (STATUS, "63c3".to_owned()),
    ])
}

#[test]
fn only_a_security_key_is_asked_for_more_than_its_chuid() {
    for form in [Confidence::Unknown, Confidence::Reported(TokenKind::Card)] {
        let script = card();
        let mut token = script.token();
        token.info_mut().kind = form;
        assert_eq!(token.identify().unwrap().as_deref(), Some(GUID));
        assert_eq!(token.info().serial.as_deref(), Some(GUID));
        assert_eq!(token.info().firmware, None);
        assert_eq!(script.log(), [SELECT, READ_CHUID, "Leave"]);
        assert_eq!(token.connection().log(), script.log());
    }
    let script = card();
    let mut token = script.token();
    token.info_mut().kind = Confidence::Inferred(TokenKind::SecurityKey);
    assert_eq!(token.identify().unwrap().as_deref(), Some(GUID));
    assert_eq!(token.info().serial.as_deref(), Some("11409355"));
    assert_eq!(token.info().firmware.as_deref(), Some("5.7.1"));
    assert_eq!(
        script.log(),
        [SELECT, READ_CHUID, GET_VERSION, GET_SERIAL, "Leave"]
    );
}

#[test]
fn a_card_that_was_connected_to_anew_shows_its_identity_again() {
    let pin = Pin::new("123456".to_owned());
    let named = |script: &Script, identity: &str| {
        let id = TokenId::new(Backend::PcSc, "script", identity);
        PivToken::new(script.clone(), TokenInfo::new(id, "script"))
    };
    let again = |mut script: Script| {
        script.reconnected = true;
        script
    };
    let with_chuid = again(card());
    let nameless = again(Script::new([(STATUS, "63c3".to_owned())]));
    let with_serial = again(Script::new([
        (GET_SERIAL, "00ae17cb9000".to_owned()),
        (STATUS, "63c3".to_owned()),
    ]));
    for (script, identity, same) in [
        (&with_chuid, GUID, true),
        (&with_serial, "11409355", true),
        // A card identified by its model shows nothing this time either.
        (&nameless, "atr:3b00", true),
        (&nameless, GUID, false),
        (&with_serial, GUID, false),
        (&with_chuid, "11409355", false),
        (&with_chuid, "atr:3b00", false),
    ] {
        let status = named(script, identity).pin_status();
        if same {
            assert_eq!(status, Ok(PinStatus::TriesLeft(3)), "{identity}");
        } else {
            assert_eq!(kind(status), ErrorKind::OtherCard, "{identity}");
        }
    }
    let asked = [SELECT, READ_CHUID, GET_SERIAL, READ_DISCOVERY, STATUS, "Leave"];
    assert_eq!(nameless.log()[..asked.len()], asked);
    // A model is not an identity: the card gets no PIN until it is opened again.
    let changed = named(&nameless, "atr:3b00").change_pin(PinEntry::typed(&pin), &pin);
    assert_eq!(kind(changed), ErrorKind::CardReset);
}

#[test]
fn the_day_on_which_a_card_ends_has_eight_digits() {
    for (date, shown) in [
        ("3230333231323331", Some("20321231")),
        ("32303332313233", None),
        ("323033323132333141", None),
        ("3230333231323341", None),
    ] {
        let object = chuid(&format!("35{:02x}{date}", date.len() / 2));
        let script = Script::new([(READ_CHUID, object)]);
        let chuid = script.token().chuid().unwrap().unwrap();
        assert_eq!(chuid.expiration_date(), shown, "{date}");
    }
}

#[test]
fn an_identifier_has_32_bytes_at_most_and_says_something() {
    for (length, byte, known) in [
        (1, 1, true),
        (32, 1, true),
        (33, 1, false),
        (16, 0, false),
        (0, 0, false),
    ] {
        let object = tlv(
            "53",
            &[tlv("30", &vec![byte; length]), tlv("34", &vec![byte; length])].concat(),
        );
        let script = Script::new([(READ_CHUID, hex(&object) + "9000")]);
        let chuid = script.token().chuid().unwrap().unwrap();
        assert_eq!(chuid.guid().is_some(), known, "{length} of {byte}");
        assert_eq!(chuid.fasc_n().is_some(), known, "{length} of {byte}");
    }
}
