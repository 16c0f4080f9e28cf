//! PINs, permissions for a try, and states of the PIN.

use card_access::{ErrorKind, FinalTryPolicy, Pin, PinEntry, PinSource, PinStatus, ShortPinPolicy};

#[test]
fn a_pin_shows_nothing_of_itself() {
    let pin = Pin::new("123456".to_owned());
    assert_eq!(pin.as_bytes(), b"123456");
    assert_eq!(format!("{pin:?}"), "Pin(redacted)");
    assert_eq!(
        format!("{:?}", PinEntry::typed(&pin)),
        "PinEntry { source: Typed(Pin(redacted)), final_try: Refuse, short_pin: Refuse }"
    );
}

#[test]
fn only_who_was_asked_makes_the_final_try() {
    let pin = Pin::new("123456".to_owned());
    for entry in [PinEntry::typed(&pin), PinEntry::on_reader()] {
        assert_eq!(entry.final_try(), FinalTryPolicy::Refuse);
        let allowed = entry.allow_final_try();
        assert_eq!(allowed.final_try(), FinalTryPolicy::Allow);
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
        (PinStatus::NotLow, "not-low", None, "no wrong PIN reported"),
        (PinStatus::NotNeeded, "not-needed", None, "not required"),
        (PinStatus::TriesLeft(2), "tries-left", Some(2), "2 tries left"),
        (
            PinStatus::Unknown,
            "unknown",
            None,
            "number of tries left unknown",
        ),
        (PinStatus::Unlimited, "unlimited", None, "unlimited tries"),
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

#[test]
fn only_a_status_that_excludes_the_last_try_passes_without_the_permission() {
    for (status, refused) in [
        (PinStatus::Blocked, Some(ErrorKind::PinBlocked)),
        (PinStatus::FinalTry, Some(ErrorKind::FinalTryRefused)),
        (PinStatus::Low, None),
        (PinStatus::NotLow, None),
        (PinStatus::NotNeeded, None),
        (PinStatus::TriesLeft(2), None),
        (PinStatus::Unknown, Some(ErrorKind::TriesUnknown)),
        (PinStatus::Unlimited, None),
    ] {
        assert_eq!(
            status.check_try(FinalTryPolicy::Refuse).err(),
            refused,
            "{status}"
        );
        assert_eq!(status.check_try(FinalTryPolicy::Allow), Ok(()), "{status}");
    }
}

#[test]
fn a_line_loses_its_end_and_nothing_else() {
    for (line, pin) in [
        ("123456\n", "123456"),
        ("123456\r\n", "123456"),
        ("123456", "123456"),
        (" 12 34 \n", " 12 34 "),
        ("12\n34\n\n", "12\n34"),
        ("\r\n", ""),
        ("", ""),
    ] {
        let read = Pin::from_line(line.to_owned());
        assert_eq!(read.as_bytes(), pin.as_bytes(), "{line:?}");
        assert_eq!(read.is_empty(), pin.is_empty(), "{line:?}");
    }
}

#[test]
fn a_line_is_taken_over_without_a_copy() {
    let line = String::from("123456\n");
    let memory = line.as_ptr();
    assert_eq!(Pin::from_line(line).as_bytes().as_ptr(), memory);
}

#[test]
fn a_short_pin_is_permitted_by_name() {
    let entry = PinEntry::on_reader();
    assert_eq!(entry.short_pin(), ShortPinPolicy::Refuse);
    let permitted = entry.allow_final_try().allow_short_pin();
    assert_eq!(
        (permitted.short_pin(), permitted.final_try()),
        (ShortPinPolicy::Allow, FinalTryPolicy::Allow)
    );
}
