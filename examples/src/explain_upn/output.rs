//! The output of `explain-upn`, as text and as JSON, from the same values.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use upn_resolver::windows::eligibility::{Assessment, Hidden};
use upn_resolver::windows::platform::WindowsBuild;
use upn_resolver::{Decision, Redacted, Upn};

use super::arguments::{Join, Output};
use crate::certificate_note::CertificateNote;

/// A decision, with its row when the whole table is explained.
pub(super) struct Row {
    pub(super) place: Option<(Join, Turn)>,
    /// The missing inputs of a row that cannot be decided.
    pub(super) decision: Result<Decision, Vec<Missing>>,
}

impl Row {
    pub(super) fn decided(&self) -> Option<&Decision> {
        self.decision.as_ref().ok()
    }

    /// The user name to send.
    pub(super) fn upn(&self) -> Option<&Upn> {
        self.decided().and_then(Decision::upn)
    }
}

/// An input that a row of the table needs and the command line lacks.
#[derive(Clone, Copy)]
pub(super) enum Missing {
    AdUpn,
    Cached,
}

impl Missing {
    fn option(self) -> &'static str {
        match self {
            Self::AdUpn => "--ad-upn",
            Self::Cached => "--cached",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::AdUpn => "--ad-upn (what Active Directory returned) or --ad-failed",
            Self::Cached => "--cached (the cached Entra UPN of an earlier sign-in)",
        }
    }
}

/// The row of the table: how the device is joined, and which sign-in it is.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    First,
    Later,
}

/// Position of a certificate in a file with several.
pub(super) struct Place {
    /// From 1.
    pub(super) number: usize,
    pub(super) total: usize,
    /// Whether it is the issuer of another one in the file.
    pub(super) is_issuer: bool,
}

/// A certificate with its results.
pub(super) struct Explained {
    /// `None` in a file with one certificate.
    pub(super) place: Option<Place>,
    pub(super) rows: Vec<Row>,
    /// Present if it was requested.
    pub(super) assessment: Option<Assessment>,
    pub(super) notes: Vec<CertificateNote>,
}

pub(super) fn print(explained: &[Explained], build: Option<WindowsBuild>, output: &Output) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if output.json {
        return print_json(&mut out, explained, build, output.redact);
    }
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
        print_text(&mut out, one, output)?;
    }
    match build {
        Some(build) => writeln!(out, "Windows {build}: {}", build.smart_card_sign_in()),
        None => Ok(()),
    }
}

/// The decision, redacted or not. Both print and serialise in the same way.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Full(&'a Decision),
    Redacted(Box<Redacted>),
}

impl<'a> Shown<'a> {
    fn of(decision: &'a Decision, redact: bool) -> Self {
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

fn print_text(out: &mut (impl Write + IsTerminal), explained: &Explained, output: &Output) -> io::Result<()> {
    let plain = !out.is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
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
            Ok(decision) => Shown::of(decision, output.redact).text(output.long),
            Err(missing) => {
                let missing: Vec<_> = missing.iter().map(|missing| missing.text()).collect();
                format!("not decided: this row needs {}", missing.join(", and "))
            }
        };
        for (index, line) in text.lines().enumerate() {
            // The outcome and the line of the taken candidate are emphasised on a terminal.
            if !plain && (index == 0 || line.starts_with("> ")) {
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
            let label: &dyn Display = if output.redact { &"(label redacted)" } else { tile };
            writeln!(out, "offered: Windows shows a tile for this certificate, {label}")?;
        }
        for hidden in assessment.hidden() {
            writeln!(out, "not offered: {hidden}")?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct JsonRow<'a> {
    join: &'a str,
    sign_in: &'a str,
    /// `null` if the row cannot be decided.
    decision: Option<Shown<'a>>,
    /// The options that the row needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<&'static str>,
}

impl<'a> JsonRow<'a> {
    fn of(row: &'a Row, redact: bool) -> Option<Self> {
        let (join, turn) = row.place?;
        let sign_in = match turn {
            Turn::First => "first",
            Turn::Later => "later",
        };
        Some(Self {
            join: join.as_str(),
            sign_in,
            decision: row.decided().map(|decision| Shown::of(decision, redact)),
            needs: row
                .decision
                .as_ref()
                .err()
                .map(|missing| missing.iter().map(|missing| missing.option()).collect())
                .unwrap_or_default(),
        })
    }
}

/// Optional members are present only if their option was used, or if the certificate has notes. Without options, the object is
/// the decision and nothing else.
#[derive(Serialize)]
struct JsonDocument<'a> {
    #[serde(flatten)]
    first: JsonCertificate<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// All certificates of a file with several, including the first one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<JsonPlaced<'a>>,
}

#[derive(Serialize)]
struct JsonPlaced<'a> {
    number: usize,
    /// Whether it is the issuer of another one in the file.
    issuer: bool,
    #[serde(flatten)]
    certificate: JsonCertificate<'a>,
}

impl<'a> JsonPlaced<'a> {
    fn of(explained: &'a Explained, redact: bool) -> Option<Self> {
        let place = explained.place.as_ref()?;
        Some(Self {
            number: place.number,
            issuer: place.is_issuer,
            certificate: JsonCertificate::of(explained, redact),
        })
    }
}

#[derive(Serialize)]
struct JsonCertificate<'a> {
    #[serde(flatten)]
    decision: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<Vec<JsonRow<'a>>>,
    #[serde(skip_serializing_if = "<[CertificateNote]>::is_empty")]
    certificate_notes: &'a [CertificateNote],
    #[serde(skip_serializing_if = "Option::is_none")]
    eligibility: Option<JsonEligibility>,
}

impl<'a> JsonCertificate<'a> {
    fn of(explained: &'a Explained, redact: bool) -> Self {
        let rows = &explained.rows;
        let table: Vec<JsonRow<'_>> = rows.iter().filter_map(|row| JsonRow::of(row, redact)).collect();
        let table = (!table.is_empty()).then_some(table);
        let decision = match (&table, rows.as_slice()) {
            (None, [row, ..]) => row.decided().map(|decision| Shown::of(decision, redact)),
            _ => None,
        };
        let eligibility = explained
            .assessment
            .as_ref()
            .map(|assessment| eligibility(assessment, redact));
        Self {
            decision,
            table,
            certificate_notes: &explained.notes,
            eligibility,
        }
    }
}

/// Whether Windows shows a tile; if not, the rule that hides it, the reason, and the policies that would show it.
#[derive(Serialize)]
struct JsonEligibility {
    offered: bool,
    tile: Option<String>,
    gate: Option<String>,
    reason: Option<String>,
    shown_with: Option<Vec<String>>,
}

fn print_json(
    out: &mut impl Write,
    explained: &[Explained],
    build: Option<WindowsBuild>,
    redact: bool,
) -> io::Result<()> {
    let is_user = |one: &&Explained| !one.place.as_ref().is_some_and(|place| place.is_issuer);
    let Some(first) = explained.iter().find(is_user).or(explained.first()) else {
        return Ok(());
    };
    let document = JsonDocument {
        first: JsonCertificate::of(first, redact),
        platform: build.map(|build| build.smart_card_sign_in().to_string()),
        certificates: explained
            .iter()
            .filter_map(|one| JsonPlaced::of(one, redact))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn eligibility(assessment: &Assessment, redact: bool) -> JsonEligibility {
    let hidden = assessment.hidden().first();
    JsonEligibility {
        offered: hidden.is_none(),
        tile: assessment
            .tiles()
            .first()
            .filter(|_| !redact)
            .map(ToString::to_string),
        gate: hidden.map(|hidden| hidden.gate().to_string()),
        reason: hidden.map(|hidden| hidden.reason().to_string()),
        shown_with: hidden
            .and_then(Hidden::shown_with)
            .map(|changes| changes.iter().map(ToString::to_string).collect()),
    }
}
