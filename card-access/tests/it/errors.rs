//! Stable codes and texts of errors.

use std::collections::BTreeSet;

use card_access::{Error, ErrorKind, Responsible};

fn every_kind() -> Vec<ErrorKind> {
    use ErrorKind::*;
    vec![
        AccessDenied,
        Busy,
        Cancelled,
        CardFailed,
        CardReset,
        ContactRequired,
        FinalTryRefused,
        HelperMissing,
        LoginRequired,
        Malformed { what: "answer" },
        ModuleFailed,
        ModuleMissing,
        NoCard,
        NoCredential,
        NoReader,
        NoService,
        NotAuthorized,
        NotInitialized,
        NotLoggedIn,
        OtherCard,
        PinBlocked,
        PinChangeRequired,
        PinFormat {
            rule: "it must have 6 to 8 characters",
        },
        PinRefused {
            reason: "the card gave no reason",
        },
        PinRequired,
        Refused,
        Removed,
        SeveralCredentials,
        ServiceSilent,
        TimedOut,
        TriesUnknown,
        UnknownCard,
        Unsupported { what: "this" },
        WrongPin { tries_left: None },
        WrongSignature,
    ]
}

#[test]
fn each_kind_has_a_unique_code_and_a_hint() {
    let errors: Vec<Error> = every_kind().into_iter().map(Error::from).collect();
    let codes: BTreeSet<_> = errors.iter().map(Error::code).collect();
    assert_eq!(codes.len(), errors.len());
    for error in errors {
        let code = error.code().strip_prefix("card/").unwrap();
        assert!(
            code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{code}"
        );
        let help = error.hint();
        assert!(
            help.starts_with(char::is_uppercase) && help.ends_with(['.', ')']),
            "{help}"
        );
        let message = error.to_string();
        assert!(
            !message.starts_with(char::is_uppercase) || message.starts_with("PKCS"),
            "{message}"
        );
    }
}

#[test]
fn the_name_from_below_stays_searchable() {
    let error = Error::from(ErrorKind::Removed)
        .with_location("Reader 0")
        .with_vendor_code("SCARD_W_REMOVED_CARD", 0x8010_0069);
    assert_eq!(
        error.to_string(),
        "the card was removed (Reader 0: SCARD_W_REMOVED_CARD, 0x80100069)"
    );
    assert_eq!(
        (error.code(), error.responsible()),
        ("card/removed", Responsible::User)
    );
}

#[test]
fn text_without_a_number_is_a_detail_and_no_vendor_code() {
    use std::error::Error as _;
    let error = Error::from(ErrorKind::ModuleMissing)
        .with_location("/lib/a.so")
        .with_detail("invalid ELF header");
    assert_eq!(
        error.to_string(),
        "PKCS#11 module not found (/lib/a.so: invalid ELF header)"
    );
    assert_eq!(error.vendor_code(), None);
    assert!(error.source().is_none());

    let below = std::io::Error::from_raw_os_error(13);
    let text = below.to_string();
    let error = Error::from(ErrorKind::FileUnreadable)
        .with_location("alice.p12")
        .with_source(below);
    assert_eq!((error.detail(), error.vendor_code()), (Some(text.as_str()), None));
    let below = error.source().unwrap().downcast_ref::<std::io::Error>();
    assert_eq!(below.unwrap().raw_os_error(), Some(13));
    assert_eq!(error, error.clone());
    assert_ne!(error, Error::from(ErrorKind::FileUnreadable));
}

#[test]
fn what_others_are_called_cannot_steer_a_terminal() {
    use card_access::{Backend, Event, TokenId};
    let hostile = "Reader\u{1b}[2J\u{202e}\n\u{9b}1m \u{200b}x";
    for text in [
        Error::from(ErrorKind::ModuleFailed)
            .with_location(hostile)
            .with_vendor_code(hostile, 1)
            .with_detail(hostile)
            .to_string(),
        Error::from(ErrorKind::ModuleFailed)
            .with_location(hostile)
            .to_string(),
        Event::Inserted {
            place: hostile.to_owned(),
        }
        .to_string(),
        Event::Removed {
            place: hostile.to_owned(),
        }
        .to_string(),
        Event::ReaderAdded {
            place: hostile.to_owned(),
        }
        .to_string(),
        Event::ReaderRemoved {
            place: hostile.to_owned(),
        }
        .to_string(),
        TokenId::new(Backend::PcSc, hostile, hostile).to_string(),
    ] {
        let unfit = |c| upn_resolver::certificate::NameProblem::of_character(c).is_some();
        assert!(!text.chars().any(unfit), "{text:?}");
        assert!(text.contains("Reader\\u{1b}[2J"), "{text}");
    }
}

#[test]
fn who_has_to_act_has_a_stable_name() {
    let codes = [
        (Responsible::Administrator, "administrator"),
        (Responsible::Developer, "developer"),
        (Responsible::Issuer, "issuer"),
        (Responsible::Service, "service"),
        (Responsible::User, "user"),
    ];
    for (responsible, code) in codes {
        assert_eq!(responsible.code(), code);
    }
}
