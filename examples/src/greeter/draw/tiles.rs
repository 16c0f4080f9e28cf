//! The tiles.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::running::spinner;
use super::text::Scrolled;
use super::theme::{PLAIN, QUIET, STRONG, Theme};
use crate::greeter::overview::{CardOverview, Tile};
use crate::greeter::state::State;

const WIDTH: u16 = 36;
const HEIGHT: u16 = 5;
const GAP: u16 = 2;

pub(super) fn draw(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) -> usize {
    let Some(overview) = &state.overview else {
        let line = Line::from(format!("{} Looking at the readers …", spinner(state.ticks)));
        frame.render_widget(line, below(area, 1));
        return 0;
    };
    let above = above(state, overview);
    let height = u16::try_from(above.len()).unwrap_or(area.height).min(area.height);
    let words = below(area, 1);
    let mut column = Scrolled::default();
    column.lines(above);
    column.draw(0, frame, words);
    if overview.tiles.is_empty() {
        failures(overview).draw(0, frame, below(words, height + 1));
        return 0;
    }
    let grid = below(words, height + 1);
    let left = self::grid(overview, state.chosen, theme, frame, grid);
    if !overview.unreadable.is_empty() || !overview.waiting.is_empty() {
        failures(overview).draw(0, frame, left);
    }
    0
}

/// The message above the tiles.
fn above(state: &State, overview: &CardOverview) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(notice) = &state.notice {
        lines.push(Line::from(notice.clone()).style(STRONG));
    }
    lines.push(match (overview.tiles.len(), overview.hidden.len()) {
        (0, 0) if !overview.waiting.is_empty() => Line::from("Looking at the cards …"),
        (0, 0) => Line::from("Insert your smart card."),
        (0, 1) => Line::from("The card has no certificate to sign in with: press h for why."),
        (0, _) => Line::from("The cards have no certificate to sign in with: press h for why."),
        (1, _) if state.setting.tenant.is_none() => {
            Line::from("This machine is not joined. Press Enter to join it and sign in.")
        }
        (1, _) => Line::from("Press Enter to sign in."),
        _ if state.setting.tenant.is_none() => {
            Line::from("This machine is not joined. Choose who joins it and signs in.")
        }
        _ => Line::from("Choose who signs in."),
    });
    if let Some(words) = &state.setting.demonstration {
        lines.push(Line::from(words.clone()).style(QUIET));
    }
    lines
}

/// Draws the rows of tiles that fit, including the selected one. Returns the area below them.
fn grid(overview: &CardOverview, chosen: usize, theme: Theme, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let width = WIDTH.min(area.width);
    let across = usize::from(((area.width + GAP) / (width + GAP)).max(1));
    let rows = overview.tiles.len().div_ceil(across);
    let seen = usize::from(area.height / HEIGHT).clamp(1, rows);
    let first = (chosen / across + 1).saturating_sub(seen);
    let mut at = area;
    for (row, tiles) in overview.tiles.chunks(across).enumerate().skip(first).take(seen) {
        let mut x = area.x;
        for (column, tile) in tiles.iter().enumerate() {
            let place = Rect::new(x, at.y, width, HEIGHT).intersection(area);
            draw_tile(tile, row * across + column == chosen, theme, frame, place);
            x += width + GAP;
        }
        at = below(at, HEIGHT);
    }
    let more = rows - seen;
    if more > 0 && at.height > 0 {
        let words = format!("{more} more rows: ↑↓");
        frame.render_widget(Line::from(words).style(QUIET), at);
        at = below(at, 1);
    }
    below(at, 1)
}

fn draw_tile(tile: &Tile, is_chosen: bool, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (kind, style) = if is_chosen {
        (BorderType::Thick, theme.focus())
    } else {
        (BorderType::Rounded, QUIET)
    };
    let block = Block::bordered().border_type(kind).border_style(style);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let top = if is_chosen { STRONG } else { PLAIN };
    let mut lines = Vec::new();
    if !tile.title.is_empty() {
        lines.push(Line::from(format!(" {}", tile.title)).style(top));
    }
    if let Some(name) = &tile.name {
        lines.push(Line::from(format!(" {name}")));
    }
    lines.push(Line::from(format!(" {}", tile.place)).style(QUIET));
    frame.render_widget(Paragraph::new(lines), inside);
}

/// Cards that could not be read. If there is no tile, also other possible causes.
fn failures(overview: &CardOverview) -> Scrolled {
    let mut lines = Scrolled::default();
    for failure in &overview.unreadable {
        lines.hanging(
            &format!("✗ {}: {}. {}", failure.place, failure.what, failure.help),
            2,
            PLAIN,
        );
    }
    for words in &overview.waiting {
        lines.hanging(&format!("… {words}"), 2, QUIET);
    }
    if overview.tiles.is_empty() {
        if overview.unreadable.is_empty() && overview.empty_readers.is_empty() {
            for failure in &overview.failed_backends {
                lines.hanging(
                    &format!("✗ {}: {}. {}", failure.place, failure.what, failure.help),
                    2,
                    PLAIN,
                );
            }
        }
        for reader in &overview.empty_readers {
            lines.hanging(&format!("○ {reader}: empty"), 2, QUIET);
        }
    }
    lines
}

/// The area below the first rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}
