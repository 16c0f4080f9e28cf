//! Deceptive text from certificates, cards, readers and servers.

use ratatui::style::Style;

use super::*;
use crate::greeter::shown::is_unfit;
use crate::sign_in::report::Refused;

/// Clears the screen and reverses the direction of the following text.
const HOSTILE: &str = "\u{1b}[2J\u{202e}evil";

/// The certificate with each `from` replaced by `to`, which has the same length.
fn with(certificate: &[u8], from: &str, to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut der = certificate.to_vec();
    let mut found = false;
    for at in 0..der.len() - from.len() {
        if der[at..].starts_with(from.as_bytes()) {
            der[at..at + from.len()].copy_from_slice(to);
            found = true;
        }
    }
    assert!(found, "{from} is not in the certificate");
    der
}

/// Draws the state in many sizes. Asserts that every cell is safe for a terminal.
fn assert_fit(state: &mut State) -> String {
    for (width, height) in [(60, 16), (90, 40), (130, 50)] {
        for cell in &frame(state, Theme::new(true), width, height).content {
            assert!(!cell.symbol().contains(is_unfit), "{:?}", cell.symbol());
        }
    }
    text(state)
}

#[test]
fn a_common_name_with_control_characters_is_not_a_label() {
    let der = with(ADA, "Ada Example", b"\x1b[2J\xe2\x80\xaeevil");
    let mut state = with_cards(&[card("Reader 0", &[&der])], &[]);
    let shown = assert_fit(&mut state);
    assert!(shown.contains("ada.example@contoso.com"), "{shown}");
    assert!(!shown.contains("evil") && !shown.contains("[2J"), "{shown}");
    open_form(&mut state, PinStatus::TriesLeft(3));
    assert_fit(&mut state);
}

#[test]
fn a_principal_name_with_control_characters_is_not_used() {
    let der = with(
        ADA,
        "ada.example@contoso.com",
        b"\x1b]0;evil\x07@\xe2\x80\xaeexample.co",
    );
    let mut state = with_cards(&[card("Reader 0", &[&der])], &[PolicySwitch::X509HintsNeeded]);
    assert_fit(&mut state);
    open_form(&mut state, PinStatus::TriesLeft(3));
    let shown = assert_fit(&mut state);
    assert!(shown.contains("rejected"), "the explanation says why: {shown}");
    press(&mut state, Key::Function(1));
    assert_fit(&mut state);
}

#[test]
fn a_hidden_certificate_is_listed_with_escaped_text() {
    let der = with(ADA, "Ada Example", b"\x1b[2J\xe2\x80\xaeevil");
    let der = with(
        &der,
        "ada.example@contoso.com",
        b"\x1b]0;evil\x07@\xe2\x80\xaeexample.co",
    );
    let mut state = with_cards(&[card("Reader 0", &[&der])], &[]);
    press(&mut state, Key::Character('h'));
    let shown = assert_fit(&mut state);
    assert!(shown.contains("DC=contoso"), "{shown}");
}

#[test]
fn control_characters_in_a_reader_name_are_escaped() {
    let mut state = with_cards(&[card(HOSTILE, &[ADA])], &[]);
    let shown = assert_fit(&mut state);
    assert!(shown.contains("<U+001B>[2J<U+202E>evil"), "{shown}");
    let problems = [no_card(HOSTILE)];
    let overview = CardOverview::of(&[], &problems, &state.setting.policy, NOW);
    state.update(Event::CardOverview(overview));
    let shown = assert_fit(&mut state);
    assert!(shown.contains("<U+001B>[2J<U+202E>evil"), "{shown}");
}

#[test]
fn control_characters_from_a_server_are_escaped() {
    let mut state = with_form(PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    submit(&mut state);
    let mut report = granted(&state);
    report.outcome = Outcome::Refused;
    report.entra_upn = Some(HOSTILE.to_owned());
    report.refusal = Some(Refused {
        code: Some(HOSTILE.to_owned()),
        message: HOSTILE.to_owned(),
        who: HOSTILE.to_owned(),
        correlation_id: Some(HOSTILE.to_owned()),
    });
    end(&mut state, Ok(report), None);
    let shown = assert_fit(&mut state);
    assert_eq!(shown.matches("<U+001B>[2J<U+202E>evil").count(), 3, "{shown}");
}

#[test]
fn the_last_filter_removes_remaining_control_characters() {
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 20, 1));
    // The joiner has a width only together with the joined characters, so that it is in a cell.
    buffer.set_string(0, 0, "a\u{200d}b", Style::new());
    buffer[(9, 0)].set_symbol("\u{202e}");
    assert_eq!(unfit(&buffer), 2);
    draw::make_fit(&mut buffer);
    assert_eq!(unfit(&buffer), 0);
}

fn unfit(buffer: &Buffer) -> usize {
    let cells = buffer.content.iter();
    cells.filter(|cell| cell.symbol().contains(is_unfit)).count()
}

#[test]
fn a_hint_accepts_no_hiding_character() {
    let mut state = with_cards(&[card("Reader 0", &[ADA])], &[PolicySwitch::X509HintsNeeded]);
    open_form(&mut state, PinStatus::TriesLeft(3));
    press(&mut state, Key::Tab);
    type_text(&mut state, "a\u{202e}b\u{200b}@c");
    assert!(assert_fit(&mut state).contains("ab@c"));
}
