//! JSON of the public types.

use card_access::{
    Backend, Confidence, Credential, Error, ErrorKind, Event, Interface, PinPad, PinPolicy, PinStatus,
    PivSlot, SelectionReason, Slot, TokenId, TokenInfo, TokenKind, TouchPolicy, Traffic,
};
use serde_json::{json, to_value};

#[test]
fn tokens_and_events_are_plain_json() {
    let mut info = TokenInfo::new(TokenId::new(Backend::PcSc, "Reader 0", "00ff"), "PIV card");
    info.kind = Confidence::Inferred(TokenKind::SecurityKey);
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

#[test]
fn the_json_name_of_each_value_is_its_code() {
    for backend in [
        Backend::File,
        Backend::PcSc,
        Backend::Pkcs11,
        Backend::Soft,
        Backend::WindowsStore,
    ] {
        assert_eq!(to_value(backend).unwrap(), backend.code());
    }
    for kind in [
        TokenKind::Card,
        TokenKind::OnDevice,
        TokenKind::SecurityKey,
        TokenKind::Virtual,
    ] {
        assert_eq!(to_value(kind).unwrap(), kind.code());
        assert_eq!(kind.to_string(), kind.code());
    }
    for interface in [Interface::Contact, Interface::Contactless, Interface::None] {
        assert_eq!(to_value(interface).unwrap(), interface.code());
        assert_eq!(interface.to_string(), interface.code());
    }
    for pin_pad in [PinPad::Absent, PinPad::Present] {
        assert_eq!(to_value(pin_pad).unwrap(), pin_pad.code());
    }
    for policy in [PinPolicy::EveryUse, PinPolicy::Never, PinPolicy::Once] {
        assert_eq!(to_value(policy).unwrap(), policy.code());
    }
    for policy in [TouchPolicy::Cached, TouchPolicy::EveryUse, TouchPolicy::Never] {
        assert_eq!(to_value(policy).unwrap(), policy.code());
    }
    for reason in [
        SelectionReason::Direct,
        SelectionReason::ModuleKnowsCard,
        SelectionReason::OnlyBackend,
    ] {
        assert_eq!(to_value(reason).unwrap(), reason.code());
    }
    let place = || "Reader 0".to_owned();
    for event in [
        Event::Answered { place: place() },
        Event::Inserted { place: place() },
        Event::ReaderAdded { place: place() },
        Event::ReaderRemoved { place: place() },
        Event::Removed { place: place() },
        Event::ServiceStarted,
        Event::ServiceStopped,
    ] {
        assert_eq!(to_value(&event).unwrap()["event"], event.code());
    }
    assert_eq!(
        to_value(Traffic::new(3, 40, 600)).unwrap(),
        json!({"apdus": 3, "sent": 40, "received": 600})
    );
}
