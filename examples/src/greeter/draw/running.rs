//! The steps of the protocol as they happen.

use ratatui::text::{Line, Span};

use super::text::Scrolled;
use super::theme::{PLAIN, QUIET, STRONG, Theme};
use crate::greeter::progress::{Progress, STEPS, Standing};
use crate::greeter::screens::Running;

pub(super) fn lines(running: &Running, ticks: usize, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    lines.blank();
    lines.lines(super::heading(&running.form.tile));
    lines.append(steps(&running.progress, ticks, theme));
    lines.blank();
    if running.breaking_off {
        lines.line(Line::from("Ends before the next step …").style(QUIET));
    } else if let Some(decision) = &running.form.decision {
        lines.hanging(&decision.outcome().to_string(), 2, QUIET);
    }
    lines
}

/// One line a step.
pub(super) fn steps(progress: &Progress, ticks: usize, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    for (state, name) in STEPS {
        let standing = progress.standing(state);
        let (mark, style) = match standing {
            Standing::Done(_) => ("✓", theme.good()),
            Standing::Failed => ("✗", theme.bad()),
            Standing::Pending => ("·", QUIET),
            Standing::Running => (spinner(ticks), theme.focus()),
            Standing::Skipped => ("–", QUIET),
        };
        let mut words = match standing {
            Standing::Done(took) => format!("{:>4} ms", took.as_millis()),
            Standing::Skipped => "not needed".to_owned(),
            _ => String::new(),
        };
        let turns = progress.turns(state);
        if turns > 1 {
            words = format!("{words}, {turns} times");
        }
        let text = match standing {
            Standing::Running | Standing::Failed => STRONG,
            Standing::Done(_) => PLAIN,
            _ => QUIET,
        };
        lines.line(Line::from(vec![
            Span::styled(mark, style),
            Span::styled(format!(" {name:<18}"), text),
            Span::styled(words, QUIET),
        ]));
    }
    lines
}

pub(super) fn spinner(ticks: usize) -> &'static str {
    const TURNS: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"];
    TURNS[ticks % TURNS.len()]
}
