//! The result of a sign-in.

use ratatui::text::Line;

use super::text::Scrolled;
use super::theme::{QUIET, Theme};
use crate::greeter::progress::{Progress, StepStatus};
use crate::greeter::screens::Ending;
use crate::greeter::shown::shown;
use crate::greeter::shown_failure::ShownFailure;
use crate::greeter::state::Setting;
use crate::sign_in::report::{Outcome, Report};

pub(super) fn lines(ending: &Ending, setting: &Setting, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    lines.blank();
    lines.lines(super::heading(&ending.tile));
    if ending.has_joined {
        lines.line(Line::from("✓ This machine is joined.").style(theme.good()));
    }
    match &ending.result {
        Ok(report) => reported(report, setting, theme, &mut lines),
        Err(failure) => failed(failure, theme, &mut lines),
    }
    let steps = steps(&ending.progress);
    if !steps.is_empty() {
        lines.fact("steps", steps, QUIET);
    }
    for warning in &ending.warnings {
        lines.fact("warning", warning.clone(), QUIET);
    }
    if let Some(decision) = ending.decision() {
        lines.blank();
        lines.append(super::decision(&decision.to_string()));
    }
    lines
}

/// The duration of each step, up to the last one.
fn steps(progress: &Progress) -> String {
    let words = progress
        .steps()
        .filter_map(|(state, name)| match progress.status(state) {
            StepStatus::Done(took) => Some(format!("{name} {} ms", took.as_millis())),
            StepStatus::Failed | StepStatus::Running => Some(format!("{name} ✗")),
            StepStatus::Pending | StepStatus::Skipped => None,
        });
    words.collect::<Vec<_>>().join(", ")
}

fn reported(report: &Report, setting: &Setting, theme: Theme, lines: &mut Scrolled) {
    match report.outcome {
        Outcome::Granted => {
            lines.line(Line::from("✓ Signed in").style(theme.good()));
            if let Some(upn) = &report.entra_upn {
                lines.fact("user", shown(upn), QUIET);
            }
            lines.fact(
                "tenant",
                shown(setting.tenant.as_deref().unwrap_or_default()),
                QUIET,
            );
        }
        Outcome::Interaction => {
            lines.line(Line::from("✗ Not signed in: a browser is needed").style(theme.bad()));
        }
        Outcome::NotSent => {
            lines.line(Line::from("✗ Not signed in: nothing was sent").style(theme.bad()));
        }
        Outcome::Refused => {
            lines.line(Line::from("✗ Not signed in").style(theme.bad()));
        }
    }
    if let Some(prt) = &report.prt {
        let lifetime = prt
            .expires_in
            .map_or_else(String::new, |seconds| format!(", expires in {}", span(seconds)));
        lines.fact("granted", format!("primary refresh token{lifetime}"), QUIET);
    }
    if let Some(multifactor) = report.multifactor {
        lines.fact("multifactor", if multifactor { "yes" } else { "no" }, QUIET);
    }
    if let Some(refusal) = &report.refusal {
        lines.fact("why", shown(&refusal.message), QUIET);
        lines.fact("who must act", shown(&refusal.who), QUIET);
        if let Some(id) = &refusal.correlation_id {
            lines.fact("correlation", shown(id), QUIET);
        }
    }
    if report.broker.as_ref().is_some_and(|broker| broker.taken) {
        lines.fact("broker", "has the token", QUIET);
    }
    let cost = match report.apdus {
        Some(apdus) => format!("{} requests, {apdus} card commands", report.requests),
        None => format!("{} requests", report.requests),
    };
    lines.fact("cost", cost, QUIET);
}

fn failed(failure: &ShownFailure, theme: Theme, lines: &mut Scrolled) {
    lines.line(Line::from("✗ Not signed in").style(theme.bad()));
    lines.fact("why", failure.what.clone(), QUIET);
    for (label, value) in [
        ("try", failure.help),
        ("who must act", failure.who),
        ("code", failure.code),
    ] {
        if let Some(value) = value {
            lines.fact(label, value, QUIET);
        }
    }
}

/// A lifetime in a readable unit.
fn span(seconds: u64) -> String {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    match seconds {
        0..HOUR => format!("{} minutes", seconds / 60),
        HOUR..DAY => format!("{} hours", seconds / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}
