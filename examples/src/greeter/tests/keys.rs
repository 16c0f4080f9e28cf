//! Keys, and the results of sign-ins.

use card_access::{Error, ErrorKind};
use upn_resolver::{Candidate, NameOutcome};

use super::*;
use crate::greeter::event::Leave;
use crate::greeter::form::{Focus, Form};
use crate::sign_in::card::{Given, LastTry};
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;

fn form(state: &State) -> &Form {
    match &state.screen {
        Screen::Form(form) => form,
        _ => panic!("no form"),
    }
}

fn pin_of(order: &Order) -> &[u8] {
    match &order.pin {
        Given::Typed(pin) => pin.as_bytes(),
        _ => panic!("no PIN was typed"),
    }
}

fn card_error(kind: ErrorKind) -> ShownFailure {
    ShownFailure::from(&Error::from(kind))
}

#[test]
fn a_typed_pin_and_enter_sign_in_with_exactly_that_pin() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    type_text(&mut state, "65432x");
    press(&mut state, Key::Backspace);
    type_text(&mut state, "1");
    let order = submit(&mut state);
    assert_eq!(pin_of(&order), b"654321");
    assert_eq!(order.last_try, LastTry::Refused);
    assert_eq!(order.hint, None);
    let report = granted(&state);
    end(&mut state, Ok(report), None);
    let shown = text(&mut state);
    for words in [
        "✓ Signed in",
        "ada.example@contoso.com",
        "expires in 14 days",
        "multifactor   yes",
    ] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    press(&mut state, Key::Function(1));
    assert!(text(&mut state).contains("rule principal-name-first"));
    press(&mut state, Key::Escape);
    assert!(matches!(
        press(&mut state, Key::Character('q')),
        Some(Effect::Leave(Leave::SignedIn))
    ));
}

#[test]
fn a_wrong_pin_brings_the_form_back_empty_with_the_tries_left() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    type_text(&mut state, "000000");
    submit(&mut state);
    let wrong = card_error(ErrorKind::WrongPin { tries_left: Some(2) });
    end(&mut state, Err(wrong), Some(PinStatus::TriesLeft(2)));
    assert!(form(&state).pin.is_empty());
    let shown = text(&mut state);
    assert!(shown.contains("PIN · 2 tries left"), "{shown}");
    assert!(shown.contains("The PIN is wrong, 2 tries are left."), "{shown}");
    press(&mut state, Key::Escape);
    assert!(
        press(&mut state, Key::Escape).is_none(),
        "one Escape too many does not leave"
    );
    assert!(matches!(
        press(&mut state, Key::Character('q')),
        Some(Effect::Leave(Leave::NotSignedIn))
    ));
}

#[test]
fn only_an_explicit_yes_uses_the_last_try() {
    let mut state = with_form(PinStatus::FinalTry);
    assert!(text(&mut state).contains("A wrong PIN blocks the card."));
    type_text(&mut state, "654321");
    for key in [
        Key::Enter,
        Key::Enter,
        Key::Character('j'),
        Key::Character(' '),
        Key::Tab,
    ] {
        assert!(press(&mut state, key).is_none(), "{key:?}");
        assert!(text(&mut state).contains("y  use the last try"), "{key:?}");
    }
    press(&mut state, Key::Character('n'));
    assert!(!text(&mut state).contains("use the last try"));
    assert_eq!(form(&state).pin.length(), 6, "the PIN is still there");
    press(&mut state, Key::Enter);
    let Some(Effect::SignIn(order)) = press(&mut state, Key::Character('y')) else {
        panic!("yes is not taken");
    };
    assert_eq!(order.last_try, LastTry::Allowed);
    assert_eq!(pin_of(&order), b"654321");
}

#[test]
fn a_card_with_one_try_left_asks_before_it_is_used() {
    let mut state = with_form(PinStatus::TriesLeft(2));
    type_text(&mut state, "654321");
    assert_eq!(submit(&mut state).last_try, LastTry::Refused);
    let refused = card_error(ErrorKind::FinalTryRefused);
    end(&mut state, Err(refused), Some(PinStatus::FinalTry));
    type_text(&mut state, "654321");
    assert!(press(&mut state, Key::Enter).is_none());
    assert!(text(&mut state).contains("y  use the last try"));
}

#[test]
fn a_card_that_does_not_show_how_many_tries_are_left_asks_too() {
    let mut state = with_form(PinStatus::Unknown);
    assert!(text(&mut state).contains("tries left unknown"));
    type_text(&mut state, "654321");
    assert!(press(&mut state, Key::Enter).is_none());
    let shown = text(&mut state);
    assert!(shown.contains("does not show how many tries"), "{shown}");
    let Some(Effect::SignIn(order)) = press(&mut state, Key::Character('y')) else {
        panic!("yes is not taken");
    };
    assert_eq!(order.last_try, LastTry::Allowed);
    assert_eq!(pin_of(&order), b"654321");
}

#[test]
fn a_module_that_reports_no_wrong_pin_asks_nothing() {
    for status in [PinStatus::NotLow, PinStatus::Low] {
        let mut state = with_form(status);
        type_text(&mut state, "654321");
        assert_eq!(submit(&mut state).last_try, LastTry::Refused);
    }
}

#[test]
fn a_blocked_pin_cannot_be_typed() {
    let mut state = with_form(PinStatus::Blocked);
    type_text(&mut state, "654321");
    assert!(form(&state).pin.is_empty());
    assert!(press(&mut state, Key::Enter).is_none());
    let shown = text(&mut state);
    assert!(shown.contains("The PIN is blocked."), "{shown}");
    assert!(!shown.contains("┏ PIN"), "{shown}");
    assert!(!shown.contains("Enter sign in"), "{shown}");
}

#[test]
fn a_pin_blocked_during_a_sign_in_is_reported_once_without_useless_keys() {
    // With the status of the card, and without it, as after a removal.
    for status in [Some(PinStatus::Blocked), None] {
        let mut state = with_form(PinStatus::TriesLeft(3));
        assert!(text(&mut state).contains("Enter sign in"));
        type_text(&mut state, "654321");
        submit(&mut state);
        end(&mut state, Err(card_error(ErrorKind::PinBlocked)), status);
        let shown = text(&mut state);
        for once in ["The PIN is blocked", "PUK"] {
            assert_eq!(shown.matches(once).count(), 1, "{shown}");
        }
        assert!(!shown.contains("Enter sign in"), "{shown}");
        assert!(press(&mut state, Key::Enter).is_none());
    }
}

#[test]
fn a_key_that_needs_no_pin_signs_in_without_one() {
    let mut state = with_form(PinStatus::NotNeeded);
    assert!(matches!(submit(&mut state).pin, Given::Nothing));
}

#[test]
fn a_card_left_verified_by_another_program_still_requires_the_pin() {
    let mut state = with_form(PinStatus::Verified);
    assert!(press(&mut state, Key::Enter).is_none());
    let shown = text(&mut state);
    assert!(shown.contains("Type the PIN."), "{shown}");
    type_text(&mut state, "654321");
    assert_eq!(pin_of(&submit(&mut state)), b"654321");
}

#[test]
fn a_reader_with_a_pin_pad_takes_the_pin() {
    let mut seen = card("Reader 0", &[ADA]);
    seen.info.pin_pad = card_access::PinPad::Present;
    let mut state = with_cards(&[seen], &[]);
    open_form(&mut state, PinStatus::TriesLeft(3));
    assert!(text(&mut state).contains("type it on the reader"));
    assert!(matches!(submit(&mut state).pin, Given::OnReader));
}

#[test]
fn the_hint_field_needs_the_policy() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    press(&mut state, Key::Tab);
    assert_eq!(form(&state).focus, Focus::Pin);
    assert!(!text(&mut state).contains("User name hint"));
}

#[test]
fn a_hint_that_is_optional_takes_the_place_of_the_certificate_name() {
    let mut state = with_cards(&[card("Reader 0", &[ADA])], &[PolicySwitch::X509HintsNeeded]);
    open_form(&mut state, PinStatus::TriesLeft(3));
    assert!(text(&mut state).contains("User name hint · optional"));
    type_text(&mut state, "654321");
    press(&mut state, Key::Tab);
    type_text(&mut state, r"CONTOSO\ada");
    assert!(press(&mut state, Key::Enter).is_none(), "no UPN");
    assert!(text(&mut state).contains("✗ Reject the hint"));
    for _ in 0..20 {
        press(&mut state, Key::Backspace);
    }
    type_text(&mut state, "ada@fabrikam.example");
    let decision = form(&state).decision.as_ref().unwrap();
    assert_eq!(decision.source(), Some(Candidate::Hint), "as it is typed");
    let order = submit(&mut state);
    assert_eq!(order.hint.as_deref(), Some("ada@fabrikam.example"));
    assert_eq!(pin_of(&order), b"654321", "the PIN outlives the refusal");
}

#[test]
fn a_certificate_without_a_name_needs_a_hint() {
    let policy = [PolicySwitch::X509HintsNeeded, PolicySwitch::EnumerateEccCerts];
    let mut state = with_cards(&[card("Reader 0", &[NAMELESS])], &policy);
    open_form(&mut state, PinStatus::TriesLeft(3));
    assert_eq!(
        form(&state)
            .decision
            .as_ref()
            .map(upn_resolver::Decision::outcome),
        Some(&NameOutcome::AskForHint)
    );
    assert!(text(&mut state).contains("User name hint · needed"));
    type_text(&mut state, "654321");
    assert!(press(&mut state, Key::Enter).is_none(), "nothing is sent");
    assert_eq!(form(&state).focus, Focus::Hint);
    type_text(&mut state, "ada@contoso.example");
    assert_eq!(submit(&mut state).hint.as_deref(), Some("ada@contoso.example"));
}

#[test]
fn a_cancelled_sign_in_returns_to_the_tiles() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    submit(&mut state);
    assert!(matches!(press(&mut state, Key::Escape), Some(Effect::BreakOff)));
    assert!(press(&mut state, Key::Escape).is_none(), "once is enough");
    let failure: Failure = Interrupted::Cancelled.into();
    end(&mut state, Err(ShownFailure::from(&failure)), None);
    assert!(text(&mut state).contains("The sign-in was cancelled."));
}

#[test]
fn a_card_failure_has_advice_and_names_who_must_act() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    submit(&mut state);
    end(&mut state, Err(card_error(ErrorKind::Removed)), None);
    let shown = text(&mut state);
    for words in [
        "✗ Not signed in",
        "was removed",
        "Insert the card",
        "card/removed",
    ] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
}

#[test]
fn signals_and_control_c_leave_every_screen() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    for event in [Event::Key(Key::Interrupt), Event::Signal(15), Event::ThreadLost] {
        assert!(matches!(state.update(event), Some(Effect::Leave(_))));
    }
}
