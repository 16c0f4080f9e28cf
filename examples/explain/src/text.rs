//! Explanations as text.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;
use upn_resolver::windows::platform::WindowsBuild;
use upn_resolver::{Decision, Redacted};

use crate::{Explained, Join, Turn};

/// Form of the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Adds the text of each rule and its page.
    pub long: bool,
    /// Replaces user names and domains.
    pub redact: bool,
    /// Emphasises the outcome and the name that is sent, by the control sequences of a terminal.
    pub emphasis: bool,
}

/// Writes the certificates of a file, and whether the Windows build supports the sign-in.
///
/// # Errors
/// The output cannot be written.
pub fn write_text(
    out: &mut impl Write,
    explained: &[Explained],
    build: Option<WindowsBuild>,
    style: Style,
) -> io::Result<()> {
    for (index, one) in explained.iter().enumerate() {
        if let Some(place) = &one.place {
            let issuer = if place.is_issuer {
                " (the issuer of another one)"
            } else {
                ""
            };
            let gap = if index == 0 { "" } else { "\n" };
            writeln!(
                out,
                "{gap}certificate {} of {}{issuer}:",
                place.number, place.total
            )?;
        }
        write_certificate(out, one, style)?;
    }
    match build {
        Some(build) => writeln!(out, "Windows {build}: {}", build.smart_card_sign_in()),
        None => Ok(()),
    }
}

fn write_certificate(out: &mut impl Write, explained: &Explained, style: Style) -> io::Result<()> {
    for (index, row) in explained.rows.iter().enumerate() {
        if let Some((join, turn)) = row.place {
            let join = match join {
                Join::Entra => "Entra joined",
                Join::Hybrid => "Hybrid joined",
            };
            let turn = match turn {
                Turn::First => "first sign-in",
                Turn::Later => "later sign-ins",
            };
            writeln!(out, "{}{join}, {turn}:", if index == 0 { "" } else { "\n" })?;
        }
        let text = match &row.decision {
            Ok(decision) => Shown::of(decision, style.redact).text(style.long),
            Err(missing) => {
                let missing: Vec<_> = missing.iter().map(|missing| missing.text()).collect();
                format!("not decided: this row needs {}", missing.join(", and "))
            }
        };
        for (index, line) in text.lines().enumerate() {
            if style.emphasis && (index == 0 || line.starts_with("> ")) {
                writeln!(out, "\x1b[1m{line}\x1b[0m")?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
    }
    for note in &explained.notes {
        writeln!(out, "certificate note {}: {}", note.code, note.text)?;
    }
    if let Some(assessment) = &explained.assessment {
        for tile in assessment.tiles() {
            let label: &dyn Display = if style.redact { &"(label redacted)" } else { tile };
            writeln!(out, "offered: Windows shows a tile for this certificate, {label}")?;
        }
        for hidden in assessment.hidden() {
            writeln!(out, "not offered: {hidden}")?;
        }
    }
    Ok(())
}

/// The decision, redacted or not. Both print and serialise in the same way.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Shown<'a> {
    Full(&'a Decision),
    Redacted(Box<Redacted>),
}

impl<'a> Shown<'a> {
    pub(crate) fn of(decision: &'a Decision, redact: bool) -> Self {
        if redact {
            Self::Redacted(Box::new(decision.redacted()))
        } else {
            Self::Full(decision)
        }
    }

    fn text(&self, long: bool) -> String {
        match (self, long) {
            (Self::Full(decision), false) => decision.to_string(),
            (Self::Full(decision), true) => format!("{decision:#}"),
            (Self::Redacted(decision), false) => decision.to_string(),
            (Self::Redacted(decision), true) => format!("{decision:#}"),
        }
    }
}
