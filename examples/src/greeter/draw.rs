//! The drawing of the screen, from the state alone.

mod ending;
mod form;
mod page;
mod running;
mod text;
mod theme;
mod tiles;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use self::text::Scrolled;
pub(super) use self::theme::Theme;
use self::theme::{PLAIN, QUIET, STRONG};
use super::form::{HintField, LastTryQuestion};
use super::overview::Tile;
use super::screens::{Page, Screen};
use super::shown::{is_unfit, shown};
use super::state::State;

/// Maximum width of the text; longer lines are hard to read.
const WIDEST: u16 = 100;
const NARROWEST: u16 = 40;
const LOWEST: u16 = 12;

/// Draws the state. Returns the number of lines that can be scrolled; `None` if the window is too small for anything but a message.
pub(super) fn draw(state: &State, theme: Theme, frame: &mut Frame<'_>) -> Option<usize> {
    let area = frame.area();
    if area.width < NARROWEST || area.height < LOWEST {
        let words = format!("This window is too small: at least {NARROWEST}x{LOWEST} is needed. q leaves.");
        frame.render_widget(
            Paragraph::new(words).wrap(ratatui::widgets::Wrap { trim: true }),
            area,
        );
        return None;
    }
    let rows =
        Layout::vertical([Constraint::Length(2), Constraint::Min(0), Constraint::Length(2)]).split(area);
    header(state, frame, rows[0]);
    let limit = body(state, theme, frame, column(rows[1]));
    footer(state, frame, rows[2], limit);
    make_fit(frame.buffer_mut());
    Some(limit)
}

fn body(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) -> usize {
    match (state.page, &state.screen) {
        (Page::Hidden, _) => page::hidden(state).draw(state.scroll, frame, area),
        (Page::Explanation, Screen::Form(form)) => {
            page::explanation(&form.tile, form.decision.as_ref()).draw(state.scroll, frame, area)
        }
        (Page::Explanation, Screen::Ended(ending)) => {
            page::explanation(&ending.tile, ending.decision()).draw(state.scroll, frame, area)
        }
        (_, Screen::Ended(ending)) => {
            ending::lines(ending, &state.setting, theme).draw(state.scroll, frame, area)
        }
        (_, Screen::Form(form)) => form::draw(form, theme, frame, area),
        (_, Screen::Running(running)) => running::lines(running, state.ticks, theme).draw(0, frame, area),
        (_, Screen::Tiles) => tiles::draw(state, theme, frame, area),
    }
}

fn header(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let rule = Block::new().borders(Borders::BOTTOM).border_style(QUIET);
    let inside = margin(rule.inner(area));
    frame.render_widget(rule, area);
    // Styles are set on spans: the style of a line would fill the whole row.
    let title = Line::from(Span::styled("Smart card sign-in", STRONG));
    let joined = &state.setting.joined;
    let host = joined
        .cloud()
        .map_or_else(|_| String::new(), |cloud| cloud.authority().to_owned());
    let kind = match state.setting.tenant {
        Some(_) => joined.join().words(),
        None => "not joined",
    };
    let place = format!("{kind} · {}", shown(&host));
    frame.render_widget(title, inside);
    if inside.width >= 50 {
        let place = Line::from(Span::styled(place, QUIET)).alignment(Alignment::Right);
        frame.render_widget(place, inside);
    }
}

fn footer(state: &State, frame: &mut Frame<'_>, area: Rect, limit: usize) {
    let rule = Block::new().borders(Borders::TOP).border_style(QUIET);
    let inside = margin(rule.inner(area));
    frame.render_widget(rule, area);
    let mut spans = Vec::new();
    for (key, does) in keys(state, limit) {
        spans.push(Span::styled(key, STRONG));
        spans.push(Span::styled(format!(" {does}   "), QUIET));
    }
    frame.render_widget(Line::from(spans), inside);
}

/// The keys that have an effect now.
fn keys(state: &State, limit: usize) -> Vec<(&'static str, String)> {
    let mut keys: Vec<(&'static str, String)> = Vec::new();
    let mut key = |key, does: &str| keys.push((key, does.to_owned()));
    let enter = match state.setting.tenant {
        Some(_) => "sign in",
        None => "join and sign in",
    };
    let hidden = state
        .overview
        .as_ref()
        .map_or(0, |overview| overview.hidden.len());
    match (state.page, &state.screen) {
        (Page::Main, Screen::Tiles) => {
            let tiles = state.overview.as_ref().map_or(0, |overview| overview.tiles.len());
            if tiles > 1 {
                key("↑↓", "choose");
            }
            if tiles > 0 {
                key("Enter", enter);
            }
            key("h", &format!("hidden ({hidden})"));
            if state.setting.demonstration.is_some() {
                key("F5 F6", "insert or remove a card");
            }
            key("q", "leave");
        }
        (Page::Main, Screen::Form(form)) if form.last_try == LastTryQuestion::Asked => {
            key("y", "use the last try");
            key("n", "keep it");
        }
        (Page::Main, Screen::Form(form)) => {
            if form.can_submit() {
                key("Enter", enter);
            }
            if form.hint_field != HintField::Absent {
                key("Tab", "other field");
            }
            key("F1", "why this name");
            key("Esc", "back");
        }
        (Page::Main, Screen::Running(_)) => key("Esc", "cancel"),
        (Page::Main, Screen::Ended(_)) => {
            key("Enter", "back to the tiles");
            key("F1", "why this name");
            key("q", "leave");
        }
        (Page::Hidden | Page::Explanation, _) => key("Esc", "back"),
    }
    if limit > 0 {
        key("↑↓", "scroll");
    }
    keys
}

/// A column in the centre with a readable width.
fn column(area: Rect) -> Rect {
    let inside = margin(area);
    let width = inside.width.min(WIDEST);
    Rect {
        x: inside.x + (inside.width - width) / 2,
        width,
        ..inside
    }
}

fn margin(area: Rect) -> Rect {
    Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(4),
        ..area
    }
}

/// Last filter: no character that controls the terminal, or hides or reorders text, is drawn, independent of its origin.
pub(super) fn make_fit(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().contains(is_unfit) {
            cell.set_symbol("\u{FFFD}");
        }
    }
}

/// The user and the card, above a form and the result.
fn heading(tile: &Tile) -> Vec<Line<'static>> {
    let (first, second) = match (&tile.name, tile.title.is_empty()) {
        (Some(name), true) => (name.clone(), tile.place.clone()),
        (Some(name), false) => (tile.title.clone(), format!("{name} · {}", tile.place)),
        (None, _) => (tile.title.clone(), tile.place.clone()),
    };
    vec![
        Line::from(first).style(STRONG),
        Line::from(second).style(QUIET),
        Line::default(),
    ]
}

/// Beginning of the explanation in the text of `explain-upn`.
const REASONS: usize = 33;

/// The decision in the text of `explain-upn`, with the taken candidate emphasised.
fn decision(text: &str) -> Scrolled {
    let mut lines = Scrolled::default();
    for (index, line) in text.lines().enumerate() {
        let is_candidate = line.len() > REASONS && !line.starts_with("note") && !line.starts_with("    ");
        let indent = match (index, is_candidate) {
            (0, _) => 2,
            (_, true) => REASONS,
            (_, false) => 6,
        };
        let style = if index == 0 || line.starts_with("> ") {
            STRONG
        } else {
            PLAIN
        };
        lines.hanging(line, indent, style);
    }
    lines
}
