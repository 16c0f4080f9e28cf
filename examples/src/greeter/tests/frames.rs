//! Every screen in every size, with and without colours.

use card_access::{Error, ErrorKind};
use ratatui::style::Color;

use super::*;

/// One state of each kind.
fn all() -> Vec<(&'static str, State)> {
    let form = || with_form(PinStatus::TriesLeft(3));
    let running = || {
        let mut state = form();
        type_text(&mut state, "654321");
        submit(&mut state);
        reach(&mut state, &[(FlowState::Realm, 0), (FlowState::Nonce, 8)]);
        state
    };
    let mut ended = running();
    let report = granted(&ended);
    end(&mut ended, Ok(report), None);
    let mut failed = running();
    let error = ShownFailure::from(&Error::from(ErrorKind::Removed));
    end(&mut failed, Err(error), None);
    let mut question = with_form(PinStatus::FinalTry);
    type_text(&mut question, "654321");
    press(&mut question, Key::Enter);
    let mut explanation = form();
    press(&mut explanation, Key::Function(1));
    let many: Vec<_> = (0..9)
        .map(|n| card(&format!("Reader {n}"), &[ADA, NAMELESS]))
        .collect();
    let mut hidden = with_cards(&many, &[]);
    press(&mut hidden, Key::Character('h'));
    let mut hint = with_cards(&many, &[PolicySwitch::X509HintsNeeded]);
    open_form(&mut hint, PinStatus::TriesLeft(2));
    vec![
        ("waiting", State::new(setting(&[]))),
        ("no card", with_cards(&[], &[])),
        ("one tile", with_cards(&many[..1], &[])),
        ("many tiles", with_cards(&many, &[])),
        ("hidden", hidden),
        ("form", form()),
        ("form with a hint", hint),
        ("last try", question),
        ("explanation", explanation),
        ("running", running()),
        ("ended", ended),
        ("failed", failed),
    ]
}

#[test]
fn every_screen_can_be_drawn_at_every_size() {
    for (_, mut state) in all() {
        for width in [1, 39, 40, 41, 60, 79, 100, 131] {
            for height in [1, 11, 12, 13, 16, 24, 40] {
                frame(&mut state, Theme::new(true), width, height);
            }
        }
    }
}

#[test]
fn sixty_by_sixteen_shows_all_important_text() {
    let words = |name: &str| -> &[&str] {
        match name {
            "waiting" => &["Looking at the readers"],
            "no card" => &["Insert your smart card.", "q leave"],
            "one tile" | "many tiles" => &[
                "Ada Example",
                "ada.example@contoso.com",
                "Enter sign in",
                "q leave",
            ],
            "hidden" => &["Certificates without a tile", "Esc back", "↑↓ scroll"],
            "form" => &["PIN · 3 tries left", "send ada.example@contoso.com", "Esc back"],
            "form with a hint" => &[
                "PIN · 2 tries left",
                "User name hint · optional",
                "Tab other field",
            ],
            "last try" => &["The last try", "y  use the last try", "n  keep it"],
            "explanation" => &["send ada.example@contoso.com", "Esc back"],
            "running" => &["✓ realm", "– metadata", "nonce", "session key", "Esc cancel"],
            "ended" => &["✓ Signed in", "expires in 14 days", "multifactor   yes"],
            "failed" => &[
                "✗ Not signed in",
                "was removed",
                "Insert the card",
                "card/removed",
            ],
            other => panic!("{other}"),
        }
    };
    for (name, mut state) in all() {
        let shown = text_of(&mut state, 60, 16);
        for words in words(name) {
            assert!(shown.contains(words), "{name}: {words:?} is not in\n{shown}");
        }
    }
}

#[test]
fn a_window_that_is_too_small_has_a_message() {
    assert!(text_of(&mut with_cards(&[], &[]), 39, 20).contains("too small"));
    assert!(text_of(&mut with_cards(&[], &[]), 40, 11).contains("too small"));
    assert!(!text_of(&mut with_cards(&[], &[]), 40, 12).contains("too small"));
}

#[test]
fn a_window_that_is_too_small_takes_no_key_but_quit() {
    use crate::greeter::event::Leave;
    let mut state = with_form(PinStatus::TriesLeft(3));
    assert!(text_of(&mut state, 39, 11).contains("q leaves"));
    for key in [
        Key::Character('1'),
        Key::Enter,
        Key::Escape,
        Key::Tab,
        Key::Down,
        Key::Function(1),
    ] {
        assert!(press(&mut state, key).is_none(), "{key:?}");
    }
    // The form is as it was, and no digit was typed.
    let shown = text_of(&mut state, 90, 40);
    assert_eq!(shown, text_of(&mut with_form(PinStatus::TriesLeft(3)), 90, 40));
    type_text(&mut state, "123");
    assert_ne!(text_of(&mut state, 90, 40), shown);
    text_of(&mut state, 20, 5);
    assert!(matches!(
        press(&mut state, Key::Character('q')),
        Some(Effect::Leave(Leave::NotSignedIn))
    ));
    assert!(matches!(
        press(&mut state, Key::Interrupt),
        Some(Effect::Leave(Leave::Signal(_)))
    ));
}

#[test]
fn the_chosen_tile_is_always_in_sight() {
    let many: Vec<_> = (0..9).map(|n| card(&format!("Reader {n}"), &[ADA])).collect();
    let mut state = with_cards(&many, &[]);
    for n in 0..9 {
        let shown = text_of(&mut state, 60, 16);
        let chosen = shown
            .lines()
            .find(|line| line.contains('┃') && line.contains("Reader"));
        assert!(
            chosen.is_some_and(|line| line.contains(&format!("┃ Reader {n}, 9a"))),
            "{n} in\n{shown}"
        );
        press(&mut state, Key::Down);
    }
}

#[test]
fn everything_can_be_scrolled_to_and_nothing_beyond() {
    for (name, mut state) in all() {
        let limit = {
            frame(&mut state, Theme::new(true), 60, 16);
            for _ in 0..200 {
                press(&mut state, Key::PageDown);
            }
            state.scroll
        };
        match name {
            "hidden" | "explanation" | "ended" | "failed" => {
                assert!(limit > 0, "{name}");
                press(&mut state, Key::Up);
                assert_eq!(state.scroll, limit - 1, "{name}");
            }
            _ => assert_eq!(limit, 0, "{name}"),
        }
    }
}

#[test]
fn no_color_is_respected_and_no_background_is_set() {
    for (name, mut state) in all() {
        for cell in &frame(&mut state, Theme::new(false), 90, 30).content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}");
        }
        for cell in &frame(&mut state, Theme::new(true), 90, 30).content {
            assert_eq!(cell.bg, Color::Reset, "{name}");
        }
    }
}

#[test]
fn no_frame_has_the_pin_in_it() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    let mut typed = String::new();
    for character in "804913".chars() {
        typed.push(character);
        type_text(&mut state, &character.to_string());
        let shown = text(&mut state);
        assert_eq!(shown.matches('•').count(), typed.len());
        assert!(typed.len() == 1 || !shown.contains(&typed), "{shown}");
    }
    submit(&mut state);
    assert!(!text(&mut state).contains("804913"));
}
