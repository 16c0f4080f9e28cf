//! A decision as text: short with `{}`, with rules and references with `{:#}`.

use core::fmt;

use super::{Decision, DecisionNote, NameOutcome, TraceEntry, Verdict};

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.outcome())?;
        for entry in self.trace() {
            // The short form omits candidates that are absent and would not have been considered.
            if f.alternate() || entry.verdict() != Verdict::NotConsulted || entry.value().is_some() {
                render_entry(entry, f)?;
            }
        }
        self.notes().iter().try_for_each(|note| render_note(note, f))
    }
}

impl fmt::Display for NameOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskForHint => f.write_str("ask for a user name hint: no other name is available"),
            Self::RejectHint(problem) => write!(f, "reject the hint: {problem}"),
            Self::RequireAdLogon => f.write_str("sign in to Active Directory first"),
            Self::Send { upn, source } => write!(f, "send {upn} (source: {source})"),
        }
    }
}

fn render_entry(entry: TraceEntry<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mark = if entry.verdict() == Verdict::Taken {
        '>'
    } else {
        ' '
    };
    let (candidate, verdict, reason) = (entry.candidate(), entry.verdict(), entry.reason());
    write!(f, "\n{mark} {candidate:<16} {verdict:<13} ")?;
    match entry.value() {
        Some(value) => write!(f, "{value}: {reason}")?,
        None => f.write_str(&reason)?,
    }
    if f.alternate() {
        let rule = entry.rule();
        write!(
            f,
            "\n      rule {rule}: {}\n      {}",
            rule.statement(),
            rule.reference()
        )?;
    }
    Ok(())
}

fn render_note(note: &DecisionNote, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let rule = note.rule();
    write!(f, "\nnote {rule}: {}", note.text())?;
    if f.alternate() {
        write!(f, "\n      {}\n      {}", rule.statement(), rule.reference())?;
    }
    Ok(())
}
