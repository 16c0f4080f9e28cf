//! Tests of the state and the drawing: keys and events in, effects and frames out. Real parts are in `examples/tests/greeter`.

mod frames;
mod hostile;
mod keys;
mod pictures;
mod waiting;

use std::time::Duration;

use card_access::{Backend, Credential, Listing, PinStatus, PivSlot, Problem, Slot, TokenId, TokenInfo};
use cba_protocol::State as FlowState;
use clap::Parser;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use upn_resolver::UnixTime;
use upn_resolver::windows::logon_policy::{LogonPolicy, PolicyState, PolicySwitch};

use super::draw::{self, Theme};
use super::event::{Effect, Ended, Event, Key, Order, Prepared};
use super::overview::{CardOverview, Seen, Tile};
use super::screens::Screen;
use super::shown_failure::ShownFailure;
use super::state::{Setting, State};
use crate::sign_in::joined::Joined;
use crate::sign_in::report::{Outcome, Prt, Report};

/// 2027, in which the certificates are valid.
const NOW: UnixTime = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_800_000_000));

const ADA: &[u8] = include_bytes!("../../../upn-resolver/tests/certificates/adcs-rsa2048.der");
const PIV: &[u8] = include_bytes!("../../../upn-resolver/tests/certificates/piv-rsa2048.der");
const NAMELESS: &[u8] = include_bytes!("../../../upn-resolver/tests/certificates/pivi-p384.der");

fn card(reader: &str, certificates: &[&[u8]]) -> Seen {
    let mut info = TokenInfo::new(TokenId::new(Backend::PcSc, reader, "0001"), "PIV card");
    info.reader = Some(reader.to_owned());
    let slots = [
        PivSlot::Authentication,
        PivSlot::Signature,
        PivSlot::KeyManagement,
    ];
    let found = slots
        .into_iter()
        .zip(certificates)
        .map(|(slot, der)| Credential::new(Slot::Piv(slot), "a label", der.to_vec().into()).unwrap());
    Seen {
        info,
        read: Ok(Listing::from(found.collect::<Vec<_>>())),
    }
}

fn overview_of(cards: &[Seen], policy: &LogonPolicy) -> Event {
    Event::CardOverview(CardOverview::of(cards, &[], policy, NOW))
}

/// An Entra joined device, under a policy with these switches on.
fn setting(switches: &[PolicySwitch]) -> Setting {
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        joined: Joined,
    }
    let line = "greeter --device device.json --join entra";
    let mut policy = LogonPolicy::new();
    for switch in switches {
        policy = policy.with_state(*switch, PolicyState::Enabled);
    }
    Setting {
        joined: Line::try_parse_from(line.split(' ')).unwrap().joined,
        policy,
        tenant: Some("b1c2d3e4-0000-4000-8000-00000000c0de".to_owned()),
        demonstration: None,
    }
}

/// A screen that shows these cards.
fn with_cards(cards: &[Seen], switches: &[PolicySwitch]) -> State {
    let setting = setting(switches);
    let event = overview_of(cards, &setting.policy);
    let mut state = State::new(setting);
    assert!(state.update(event).is_none());
    state
}

/// The form of the only tile, after the card has answered.
fn with_form(status: PinStatus) -> State {
    let mut state = with_cards(&[card("Reader 0", &[ADA])], &[]);
    open_form(&mut state, status);
    state
}

fn open_form(state: &mut State, status: PinStatus) {
    let Some(Effect::Prepare(tile)) = press(state, Key::Enter) else {
        panic!("the card is not asked");
    };
    prepare(state, *tile, status);
}

fn prepare(state: &mut State, tile: Tile, status: PinStatus) {
    let prepared = Prepared {
        tile,
        pin: Ok(status),
        cached: None,
    };
    state.update(Event::Prepared(Box::new(prepared)));
}

fn press(state: &mut State, key: Key) -> Option<Effect> {
    state.update(Event::Key(key))
}

fn type_text(state: &mut State, text: &str) {
    for character in text.chars() {
        assert!(press(state, Key::Character(character)).is_none());
    }
}

/// The sign-in that Enter starts.
fn submit(state: &mut State) -> Order {
    match press(state, Key::Enter) {
        Some(Effect::SignIn(order)) => *order,
        _ => panic!("no sign-in in\n{}", text(state)),
    }
}

fn reach(state: &mut State, steps: &[(FlowState, u64)]) {
    for (step, at) in steps {
        state.update(Event::Reached(*step, Duration::from_millis(*at)));
    }
}

fn end(state: &mut State, result: Result<Report, ShownFailure>, pin: Option<PinStatus>) {
    let ended = Ended {
        result,
        pin,
        took: Duration::from_millis(312),
    };
    state.update(Event::Ended(Box::new(ended)));
}

/// The granted result of a sign-in with the form's decision.
fn granted(state: &State) -> Report {
    let Screen::Running(running) = &state.screen else {
        panic!("no sign-in is going on");
    };
    Report {
        outcome: Outcome::Granted,
        entra_upn: Some("ada.example@contoso.com".to_owned()),
        multifactor: Some(true),
        prt: Some(Prt {
            expires_in: Some(14 * 86_400),
            token_type: "pop".to_owned(),
        }),
        requests: 4,
        apdus: Some(12),
        ..Report::not_sent(running.form.decision.clone().unwrap())
    }
}

fn frame(state: &mut State, theme: Theme, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut limit = None;
    terminal
        .draw(|frame| limit = draw::draw(state, theme, frame))
        .unwrap();
    state.drawn(limit);
    terminal.backend().buffer().clone()
}

/// The frame as text, without spaces at the ends of lines.
fn text_of(state: &mut State, width: u16, height: u16) -> String {
    let buffer = frame(state, Theme::new(true), width, height);
    let lines = buffer.content.chunks(usize::from(width)).map(|line| {
        let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn text(state: &mut State) -> String {
    text_of(state, 90, 40)
}

fn no_card(place: &str) -> Problem {
    Problem::new(place, card_access::ErrorKind::NoCard)
}
