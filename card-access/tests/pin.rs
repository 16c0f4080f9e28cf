//! The PIN as a value: what it shows of itself, what a try may do, and what a status says.

use card_access::{FinalTry, Pin, PinEntry, PinSource, PinStatus};

#[test]
fn a_pin_shows_nothing_of_itself() {
    let pin = Pin::new("123456".to_owned());
    assert_eq!(pin.as_bytes(), b"123456");
    assert_eq!(format!("{pin:?}"), "Pin(redacted)");
    assert_eq!(
        format!("{:?}", PinEntry::typed(&pin)),
        "PinEntry { source: Typed(Pin(redacted)), final_try: Refuse }"
    );
}

#[test]
fn only_who_was_asked_makes_the_final_try() {
    let pin = Pin::new("123456".to_owned());
    for entry in [PinEntry::typed(&pin), PinEntry::on_reader()] {
        assert_eq!(entry.final_try(), FinalTry::Refuse);
        let allowed = entry.allow_final_try();
        assert_eq!(allowed.final_try(), FinalTry::Allow);
        let typed = |entry: &PinEntry<'_>| matches!(entry.source(), PinSource::Typed(_));
        assert_eq!(typed(&allowed), typed(&entry));
    }
}

#[test]
fn a_status_has_a_word_a_number_and_a_sentence() {
    for (status, code, tries_left, shown) in [
        (PinStatus::Blocked, "blocked", Some(0), "blocked"),
        (PinStatus::FinalTry, "final-try", Some(1), "one try left"),
        (PinStatus::Low, "low", None, "few tries left"),
        (PinStatus::NotNeeded, "not-needed", None, "not needed"),
        (PinStatus::TriesLeft(2), "tries-left", Some(2), "2 tries left"),
        (PinStatus::Unknown, "unknown", None, "not told"),
        (
            PinStatus::Verified,
            "verified",
            None,
            "left verified by another program",
        ),
    ] {
        assert_eq!(status.code(), code);
        assert_eq!(status.tries_left(), tries_left, "{code}");
        assert_eq!(status.to_string(), shown, "{code}");
        if let Some(tries) = tries_left {
            assert_eq!(PinStatus::from_tries_left(tries), status);
        }
    }
}
