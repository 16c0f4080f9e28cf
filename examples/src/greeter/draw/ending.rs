//! What came of a sign-in.

use ratatui::text::Line;

use super::text::Scrolled;
use super::theme::Theme;
use crate::greeter::shown::shown;
use crate::greeter::state::{Ending, Setting};
use crate::greeter::trouble::Trouble;
use crate::sign_in::report::{Outcome, Report};

pub(super) fn lines(ending: &Ending, setting: &Setting, theme: Theme) -> Scrolled {
    let mut lines = Scrolled::default();
    lines.blank();
    match &ending.result {
        Ok(report) => reported(report, setting, theme, &mut lines),
        Err(trouble) => troubled(trouble, theme, &mut lines),
    }
    for remark in &ending.remarks {
        lines.fact("remark", remark.clone(), theme.quiet());
    }
    if let Some(decision) = ending.decision() {
        lines.blank();
        lines.append(super::decision(decision, theme));
    }
    if ending.progress.turns(cba_protocol::flow::State::Realm) > 0 {
        lines.blank();
        lines.append(super::running::steps(&ending.progress, 0, theme));
    }
    lines
}

fn reported(report: &Report, setting: &Setting, theme: Theme, lines: &mut Scrolled) {
    let quiet = theme.quiet();
    match report.outcome {
        Outcome::Granted => {
            lines.line(Line::from("✓ Signed in").style(theme.good()));
            lines.blank();
            if let Some(upn) = &report.entra_upn {
                lines.fact("user", shown(upn), quiet);
            }
            lines.fact("tenant", shown(&setting.tenant), quiet);
        }
        Outcome::Interaction => {
            lines.line(Line::from("✗ Not signed in: a browser is needed").style(theme.bad()));
            lines.blank();
        }
        Outcome::NotSent => {
            lines.line(Line::from("✗ Not signed in: nothing was sent").style(theme.bad()));
            lines.blank();
        }
        Outcome::Refused => {
            lines.line(Line::from("✗ Not signed in").style(theme.bad()));
            lines.blank();
        }
    }
    if let Some(prt) = &report.prt {
        let lifetime = prt
            .expires_in
            .map_or_else(String::new, |seconds| format!(", expires in {}", span(seconds)));
        lines.fact("granted", format!("primary refresh token{lifetime}"), quiet);
    }
    if let Some(multifactor) = report.multifactor {
        lines.fact("multifactor", if multifactor { "yes" } else { "no" }, quiet);
    }
    if let Some(refusal) = &report.refusal {
        lines.fact("why", shown(&refusal.message), quiet);
        lines.fact("who can act", shown(&refusal.who), quiet);
        if let Some(id) = &refusal.correlation_id {
            lines.fact("correlation", shown(id), quiet);
        }
    }
    let cost = match report.apdus {
        Some(apdus) => format!("{} requests, {apdus} card commands", report.requests),
        None => format!("{} requests", report.requests),
    };
    lines.fact("cost", cost, quiet);
}

fn troubled(trouble: &Trouble, theme: Theme, lines: &mut Scrolled) {
    lines.line(Line::from("✗ Not signed in").style(theme.bad()));
    lines.blank();
    lines.fact("why", trouble.what.clone(), theme.quiet());
    for (label, value) in [
        ("try", trouble.help),
        ("who can act", trouble.who),
        ("code", trouble.code),
    ] {
        if let Some(value) = value {
            lines.fact(label, value, theme.quiet());
        }
    }
}

/// A lifetime in the unit that people would use.
fn span(seconds: u64) -> String {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    match seconds {
        0..HOUR => format!("{} minutes", seconds / 60),
        HOUR..DAY => format!("{} hours", seconds / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}
