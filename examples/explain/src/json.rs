//! Explanations as JSON.

use std::io::{self, Write};

use serde::Serialize;
use upn_resolver::windows::eligibility::{Assessment, Hidden};
use upn_resolver::windows::platform::WindowsBuild;

use crate::text::Shown;
use crate::{CertificateNote, Explained, Row};

/// Writes the certificates of a file as one JSON object and a line break; nothing if there is none.
///
/// # Errors
/// The output cannot be written.
pub fn write_json(
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
        Some(Self {
            join: join.code(),
            sign_in: turn.code(),
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
