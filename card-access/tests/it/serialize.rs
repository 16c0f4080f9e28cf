//! What programs print as JSON.

use card_access::{
    Backend, Credential, Error, ErrorKind, Event, Form, PinStatus, PivSlot, Slot, TokenId, TokenInfo, Told,
};
use serde_json::{json, to_value};

#[test]
fn tokens_and_events_are_plain_json() {
    let mut info = TokenInfo::new(TokenId::new(Backend::PcSc, "Reader 0", "00ff"), "PIV card");
    info.form = Told::Guessed(Form::SecurityKey);
    let json = to_value(&info).unwrap();
    assert_eq!(
        json["id"],
        json!({"backend": "pcsc", "place": "Reader 0", "identity": "00ff"})
    );
    assert_eq!(
        json["form"],
        json!({"certainty": "guessed", "value": "security-key"})
    );
    assert_eq!(json["interface"], json!({"certainty": "unknown"}));
    let event = Event::Inserted {
        place: "Reader 0".to_owned(),
    };
    assert_eq!(
        to_value(&event).unwrap(),
        json!({"event": "inserted", "place": "Reader 0"})
    );
}

#[test]
fn the_pin_and_errors_say_what_can_be_said() {
    assert_eq!(
        to_value(PinStatus::TriesLeft(2)).unwrap(),
        json!({"status": "tries-left", "tries_left": 2})
    );
    assert_eq!(
        to_value(PinStatus::Blocked).unwrap(),
        json!({"status": "blocked"})
    );
    for status in [
        PinStatus::Blocked,
        PinStatus::ChangeRequired,
        PinStatus::FinalTry,
        PinStatus::Low,
        PinStatus::NotLow,
        PinStatus::NotNeeded,
        PinStatus::TriesLeft(5),
        PinStatus::Unknown,
        PinStatus::Unlimited,
        PinStatus::Verified,
    ] {
        assert_eq!(to_value(status).unwrap()["status"], status.code());
    }
    let error = Error::from(ErrorKind::PinBlocked)
        .with_location("Reader 0")
        .with_vendor_code("SW 6983", 0x6983);
    let expected = json!({
        "code": "card/pin-blocked",
        "message": error.to_string(),
        "hint": error.hint(),
        "responsible": "issuer",
        "location": "Reader 0",
        "detail": null,
        "vendor_code": {"name": "SW 6983", "number": 0x6983},
    });
    assert_eq!(to_value(&error).unwrap(), expected);
}

#[test]
fn a_credential_is_named_by_its_hash() {
    let certificate = rcgen::generate_simple_self_signed(["a".to_owned()])
        .unwrap()
        .cert
        .der()
        .clone();
    let credential = Credential::new(Slot::Piv(PivSlot::Signature), "label", certificate).unwrap();
    let json = to_value(&credential).unwrap();
    assert_eq!(
        (&json["slot"], &json["algorithm"]),
        (&json!("9c"), &json!("P-256"))
    );
    assert_eq!(json["sha256"].as_str().unwrap().len(), 64);
}
