//! The form of a tile.

use card_access::{PinPad, PinStatus};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use super::text::Scrolled;
use super::theme::{PLAIN, QUIET, STRONG, Theme};
use crate::greeter::form::{Card, Focus, Form, HintField, LastTryQuestion};
use crate::greeter::shown_failure::ShownFailure;

const WIDTH: u16 = 48;
const FIELD: u16 = 3;

pub(super) fn draw(form: &Form, theme: Theme, frame: &mut Frame<'_>, area: Rect) -> usize {
    let mut rows = Rows(area);
    rows.take(1);
    let heading = super::heading(&form.tile);
    frame.render_widget(Paragraph::new(heading), rows.take(3));
    match &form.card {
        Card::Failed(failure) => {
            what_is_wrong(&failure.what, failure.help, theme).draw(0, frame, rows.take(3));
        }
        Card::Known(PinStatus::Blocked) => {
            let failure = ShownFailure::pin_blocked();
            what_is_wrong(&failure.what, failure.help, theme).draw(0, frame, rows.take(3));
        }
        Card::Known(PinStatus::NotNeeded) => {
            frame.render_widget(Line::from("This key needs no PIN: press Enter."), rows.take(2));
        }
        Card::Asked | Card::Known(_) => pin(form, theme, frame, rows.take(FIELD)),
    }
    match form.hint_field {
        HintField::Absent => {}
        HintField::Optional => hint(form, "optional", theme, frame, rows.take(FIELD)),
        HintField::Wanted => hint(form, "needed", theme, frame, rows.take(FIELD)),
    }
    if form.last_try == LastTryQuestion::Asked {
        question(form, rows.0, area, theme, frame);
        return 0;
    }
    if let Some(message) = &form.message {
        what_is_wrong(&message.what, message.help, theme).draw(0, frame, rows.take(2));
    } else if matches!(form.card, Card::Known(PinStatus::FinalTry)) {
        let words = Line::from("A wrong PIN blocks the card.").style(theme.bad());
        frame.render_widget(words, rows.take(1));
    }
    rows.take(1);
    below_the_fields(form).draw(0, frame, rows.0);
    0
}

fn what_is_wrong(what: &str, help: Option<&str>, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    lines.hanging(&format!("✗ {what}"), 2, theme.bad());
    if let Some(help) = help {
        lines.hanging(&format!("  {help}"), 2, PLAIN);
    }
    lines
}

/// The name that would be sent, and the reasons. Truncated if there is no space, because F1 shows all of it.
fn below_the_fields(form: &Form) -> Scrolled {
    let mut lines = Scrolled::default();
    if let Some(decision) = &form.decision {
        lines.append(super::decision(&decision.to_string()));
    }
    for note in &form.tile.notes {
        lines.hanging(&format!("note {note}"), 4, QUIET);
    }
    lines
}

fn pin(form: &Form, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (status, alarming) = match &form.card {
        Card::Asked => ("reading the card …".to_owned(), false),
        Card::Known(PinStatus::FinalTry) => ("one try left".to_owned(), true),
        Card::Known(PinStatus::Unknown) => ("tries left unknown".to_owned(), true),
        Card::Known(status) => (status.to_string(), false),
        Card::Failed(_) => return,
    };
    let title = if status.is_empty() {
        " PIN ".to_owned()
    } else {
        format!(" PIN · {status} ")
    };
    let title = Line::from(title).style(if alarming { theme.bad() } else { PLAIN });
    // Only the length of the PIN comes here.
    let dots = "•".repeat(form.pin.length());
    let empty = match form.tile.pin_pad {
        PinPad::Present => "empty: type it on the reader",
        _ => "",
    };
    field(
        &dots,
        empty,
        title,
        has_focus(form, Focus::Pin),
        theme,
        frame,
        area,
    );
}

fn hint(form: &Form, need: &str, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let title = Line::from(format!(" User name hint · {need} "));
    field(
        &form.hint,
        "name@domain",
        title,
        has_focus(form, Focus::Hint),
        theme,
        frame,
        area,
    );
}

/// While the question before the last try is open, it takes the keys.
fn has_focus(form: &Form, field: Focus) -> bool {
    form.focus == field && form.last_try == LastTryQuestion::NotAsked
}

/// A field with its cursor. Long text is scrolled to its end.
fn field(
    text: &str,
    empty: &'static str,
    title: Line<'static>,
    has_focus: bool,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let area = Rect {
        width: area.width.min(WIDTH),
        ..area
    };
    let (kind, style) = if has_focus {
        (BorderType::Thick, theme.focus())
    } else {
        (BorderType::Rounded, QUIET)
    };
    let block = Block::bordered()
        .border_type(kind)
        .border_style(style)
        .title(title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let inside = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    if text.is_empty() {
        frame.render_widget(Line::from(empty).style(QUIET), inside);
    }
    let mut end = text;
    while Line::from(end).width() >= usize::from(inside.width.max(1)) {
        let mut characters = end.chars();
        characters.next();
        end = characters.as_str();
    }
    let line = Line::from(end.to_owned());
    let cursor = u16::try_from(line.width()).unwrap_or_default();
    if !text.is_empty() {
        frame.render_widget(line, inside);
    }
    if has_focus && inside.height > 0 {
        frame.set_cursor_position(Position::new(inside.x + cursor, inside.y));
    }
}

/// Number of rows of the question before the last try.
const HEIGHT: u16 = 7;

/// The question before a try that is the last one, or may be: below the fields, or over them if there is no space.
fn question(form: &Form, below: Rect, area: Rect, theme: Theme, frame: &mut Frame<'_>) {
    let (title, words) = match form.card {
        Card::Known(PinStatus::Unknown) => (
            " Maybe the last try ",
            "The card does not show how many tries are left. A wrong PIN may block it.",
        ),
        _ => (
            " The last try ",
            "If this PIN is wrong, the card is blocked, and only its PUK or issuer can help.",
        ),
    };
    let height = area.height.min(HEIGHT);
    let area = Rect {
        y: below.y.min(area.bottom() - height),
        width: area.width.min(WIDTH),
        height,
        ..area
    };
    let block = Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(theme.bad())
        .title(Line::from(title).style(theme.bad()));
    let inside = block.inner(area);
    let inside = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let mut lines = Scrolled::default();
    lines.hanging(words, 0, PLAIN);
    lines.blank();
    lines.line(Line::from("y  use the last try").style(STRONG));
    lines.line(Line::from("n  keep it").style(STRONG));
    lines.draw(0, frame, inside);
}

/// An area from which rows are taken at the top.
struct Rows(Rect);

impl Rows {
    fn take(&mut self, rows: u16) -> Rect {
        let height = rows.min(self.0.height);
        let taken = Rect { height, ..self.0 };
        self.0.y += height;
        self.0.height -= height;
        taken
    }
}
