//! The pictures in the documentation are drawn by the program.

use super::*;

const STEPS: [(FlowState, u64); 8] = [
    (FlowState::Realm, 0),
    (FlowState::Metadata, 84),
    (FlowState::Nonce, 131),
    (FlowState::Assertion, 160),
    (FlowState::Request, 235),
    (FlowState::Token, 238),
    (FlowState::SessionKey, 310),
    (FlowState::Granted, 311),
];

fn two_cards() -> State {
    let cards = [card("Reader 0", &[ADA, NAMELESS]), card("Reader 1", &[PIV])];
    with_cards(&cards, &[])
}

#[test]
fn the_tiles() {
    assert_picture("greeter-tiles.txt", &mut two_cards(), 13);
}

#[test]
fn the_pin() {
    let mut state = two_cards();
    open_form(&mut state, PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    assert_picture("greeter-pin.txt", &mut state, 23);
}

#[test]
fn the_steps() {
    let mut state = two_cards();
    open_form(&mut state, PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    submit(&mut state);
    reach(&mut state, &STEPS[..4]);
    assert_picture("greeter-steps.txt", &mut state, 17);
}

#[test]
fn the_result() {
    let mut state = two_cards();
    open_form(&mut state, PinStatus::TriesLeft(3));
    type_text(&mut state, "654321");
    submit(&mut state);
    reach(&mut state, &STEPS);
    let report = granted(&state);
    end(&mut state, Ok(report), None);
    assert_picture("greeter-result.txt", &mut state, 26);
}

/// Compares with the file in `examples/pictures`.
fn assert_picture(name: &str, state: &mut State, height: u16) {
    let drawn = text_of(state, 78, height);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pictures")
        .join(name);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{} should be\n{drawn}", path.display());
}
