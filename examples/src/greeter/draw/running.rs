//! The steps of a running sign-in.

use ratatui::text::{Line, Span};

use super::text::Scrolled;
use super::theme::{PLAIN, QUIET, STRONG, Theme};
use crate::greeter::progress::{Progress, StepStatus};
use crate::greeter::screens::Running;

pub(super) fn lines(running: &Running, ticks: usize, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    lines.blank();
    lines.lines(super::heading(&running.form.tile));
    if running.has_joined {
        lines.line(Line::from("✓ This machine is joined.").style(theme.good()));
    }
    lines.append(steps(&running.progress, ticks, theme));
    lines.blank();
    if running.is_leaving {
        lines.line(Line::from("Ends when this machine is registered …").style(QUIET));
    } else if running.breaking_off {
        lines.line(Line::from("Cancelled; ends before the next step …").style(QUIET));
    } else if let Some(decision) = &running.form.decision {
        lines.hanging(&decision.outcome().to_string(), 2, QUIET);
    }
    lines
}

/// One line per step.
pub(super) fn steps(progress: &Progress, ticks: usize, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    for (state, name) in progress.steps() {
        let status = progress.status(state);
        let (mark, style) = match status {
            StepStatus::Done(_) => ("✓", theme.good()),
            StepStatus::Failed => ("✗", theme.bad()),
            StepStatus::Pending => ("·", QUIET),
            StepStatus::Running => (spinner(ticks), theme.focus()),
            StepStatus::Skipped => ("–", QUIET),
        };
        let mut words = match status {
            StepStatus::Done(took) => format!("{:>4} ms", took.as_millis()),
            StepStatus::Skipped => "not needed".to_owned(),
            _ => String::new(),
        };
        let runs = progress.runs(state);
        if runs > 1 {
            words = format!("{words}, {runs} times");
        }
        let text = match status {
            StepStatus::Running | StepStatus::Failed => STRONG,
            StepStatus::Done(_) => PLAIN,
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
