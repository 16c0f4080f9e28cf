//! Cards that are inserted and removed.

use card_access::{Error, ErrorKind};

use super::*;
use crate::greeter::screens::Page;

#[test]
fn the_chosen_tile_stays_chosen_when_another_card_comes_before_it() {
    let mut state = with_cards(&[card("Reader 1", &[ADA])], &[]);
    let cards = [card("Reader 0", &[PIV]), card("Reader 1", &[ADA])];
    let event = overview_of(&cards, &state.setting.policy);
    state.update(event);
    assert_eq!(state.chosen, 1);
    let event = overview_of(&cards[..1], &state.setting.policy);
    state.update(event);
    assert_eq!(state.chosen, 0, "its card is gone");
}

#[test]
fn the_choice_ends_at_the_last_tile() {
    let mut state = with_cards(&[card("Reader 0", &[PIV]), card("Reader 1", &[ADA])], &[]);
    for _ in 0..5 {
        press(&mut state, Key::Down);
    }
    assert_eq!(state.chosen, 1);
    for _ in 0..5 {
        press(&mut state, Key::Up);
    }
    assert_eq!(state.chosen, 0);
}

#[test]
fn a_form_and_its_pin_are_dropped_with_the_card() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    let event = overview_of(&[], &state.setting.policy);
    state.update(event);
    let shown = text(&mut state);
    assert!(shown.contains("The card was removed."), "{shown}");
    assert!(shown.contains("Insert your smart card."), "{shown}");
    // The same event, reported by another backend, changes nothing.
    let event = overview_of(&[], &state.setting.policy);
    state.update(event);
    assert!(text(&mut state).contains("The card was removed."));
    let event = overview_of(&[card("Reader 0", &[ADA])], &state.setting.policy);
    state.update(event);
    assert!(!text(&mut state).contains("The card was removed."));
    open_form(&mut state, PinStatus::TriesLeft(3));
    assert!(!text(&mut state).contains('•'));
}

#[test]
fn a_form_stays_when_another_card_goes() {
    let mut state = with_cards(&[card("Reader 0", &[ADA]), card("Reader 1", &[PIV])], &[]);
    open_form(&mut state, PinStatus::TriesLeft(3));
    type_text(&mut state, "65");
    let event = overview_of(&[card("Reader 0", &[ADA])], &state.setting.policy);
    state.update(event);
    assert!(text(&mut state).contains("••"));
}

#[test]
fn the_answer_of_another_card_is_ignored() {
    let mut state = with_cards(&[card("Reader 0", &[ADA]), card("Reader 1", &[PIV])], &[]);
    let Some(Effect::Prepare(first)) = press(&mut state, Key::Enter) else {
        panic!("the card is not asked");
    };
    press(&mut state, Key::Escape);
    press(&mut state, Key::Down);
    press(&mut state, Key::Enter);
    prepare(&mut state, *first, PinStatus::Blocked);
    assert!(text(&mut state).contains("reading the card"));
}

#[test]
fn empty_readers_are_shown_while_there_is_no_card() {
    let mut state = State::new(setting(&[]));
    assert!(text(&mut state).contains("Looking at the readers"));
    let problems = [no_card("Reader 0")];
    let overview = CardOverview::of(&[], &problems, &state.setting.policy, NOW);
    state.update(Event::CardOverview(overview));
    assert!(text(&mut state).contains("○ Reader 0: empty"));
}

#[test]
fn a_missing_service_is_shown_with_advice() {
    let mut state = State::new(setting(&[]));
    let problems = [Problem::new("all readers", ErrorKind::NoService)];
    let overview = CardOverview::of(&[], &problems, &state.setting.policy, NOW);
    state.update(Event::CardOverview(overview));
    assert!(text(&mut state).contains("start pcscd"));
}

#[test]
fn a_card_that_cannot_be_read_hides_no_other_and_is_not_hidden() {
    let broken = Seen {
        read: Err(Error::from(ErrorKind::TimedOut)),
        ..card("Reader 1", &[])
    };
    let mut state = with_cards(&[card("Reader 0", &[ADA]), broken], &[]);
    let shown = text(&mut state);
    assert!(shown.contains("ada.example@contoso.com"), "{shown}");
    assert!(shown.contains("✗ Reader 1: no answer in time."), "{shown}");
}

#[test]
fn hidden_certificates_are_listed_with_the_gate_and_the_policy_that_shows_them() {
    let mut state = with_cards(&[card("Reader 0", &[ADA, NAMELESS])], &[]);
    let shown = text(&mut state);
    assert!(shown.contains("hidden (1)"), "{shown}");
    assert!(!shown.contains("Partner Inc"), "{shown}");
    press(&mut state, Key::Character('h'));
    assert_eq!(state.page, Page::Hidden);
    let shown = text(&mut state);
    for words in [
        "Partner Inc",
        "name: no principal name",
        "X509HintsNeeded enabled, EnumerateECCCerts enabled",
    ] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    press(&mut state, Key::Character('h'));
    assert_eq!(state.page, Page::Main);
}
