//! The pages in front of the screens: certificates without a tile, and a decision with its explanation.

use ratatui::text::Line;
use upn_resolver::Decision;

use super::text::Scrolled;
use super::theme::{PLAIN, QUIET, STRONG};
use crate::greeter::overview::{CardOverview, Tile};
use crate::greeter::state::State;

/// The certificates that Windows would not offer, and everything that could not be read.
pub(super) fn hidden(state: &State) -> Scrolled {
    let nothing = CardOverview::default();
    let overview = state.overview.as_ref().unwrap_or(&nothing);
    let quiet = QUIET;
    let mut lines = Scrolled::default();
    lines.blank();
    lines.line(Line::from("Certificates without a tile").style(STRONG));
    lines.blank();
    if overview.hidden.is_empty() {
        lines.line(Line::from("There are none."));
        lines.blank();
    }
    for hidden in &overview.hidden {
        lines.hanging(&hidden.subject, 2, STRONG);
        lines.hanging(&format!("  {}", hidden.place), 2, quiet);
        lines.fact("  gate", format!("{}: {}", hidden.gate, hidden.reason), quiet);
        let shown_with = hidden.shown_with.clone();
        lines.fact(
            "  shown with",
            shown_with.unwrap_or_else(|| "no policy shows it".to_owned()),
            quiet,
        );
        lines.blank();
    }
    let failures = overview.unreadable.iter().chain(&overview.failed_backends);
    for (index, failure) in failures.enumerate() {
        if index == 0 {
            lines.line(Line::from("What could not be read").style(STRONG));
            lines.blank();
        }
        lines.hanging(&failure.place, 2, PLAIN);
        lines.hanging(&format!("  {}. {}", failure.what, failure.help), 2, quiet);
    }
    lines
}

/// The name for a tile, with the rules and their sources.
pub(super) fn explanation(tile: &Tile, decision: Option<&Decision>) -> Scrolled {
    let mut lines = Scrolled::default();
    lines.blank();
    lines.lines(super::heading(tile));
    if let Some(decision) = decision {
        lines.append(super::decision(&format!("{decision:#}")));
    }
    for note in &tile.notes {
        lines.hanging(&format!("note {note}"), 4, PLAIN);
    }
    lines
}
