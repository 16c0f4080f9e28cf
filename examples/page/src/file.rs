//! A file with certificates.

use std::collections::BTreeSet;

use explain::{
    Case, CertificateNote, Explained, Explanation, Found, FoundError, Join, Message, Missing, Row, Turn,
    UserIds, Verdict, Warning, printable_line, write_json,
};
use serde::Serialize;
use upn_resolver::entra::{ValueInterpretation, WindowsName};
use upn_resolver::windows::join_state::PrtAttempt;
use upn_resolver::windows::platform::WindowsBuild;
use upn_resolver::{Candidate, Certificate, Decision, NameOutcome};

/// The explanation of a file.
#[derive(Serialize)]
pub(crate) struct File {
    name: String,
    /// Whether a name is sent for each certificate.
    is_sent: bool,
    /// What `explain-upn --json` prints.
    json: String,
    errors: Vec<String>,
    remarks: Vec<String>,
    certificates: Vec<CertificateReport>,
}

impl File {
    /// Explains a file; also returns the explanation for the ticket.
    pub(crate) fn of(
        name: &str,
        case: &Case<'_>,
        found: Vec<Result<Found, FoundError>>,
        failure: Option<&PrtAttempt<'_>>,
        build: Option<WindowsBuild>,
    ) -> (Self, Explanation) {
        let facts: Vec<_> = found
            .iter()
            .flatten()
            .filter_map(|found| Some(Facts::of(&found.certificate().ok()?, case)))
            .collect();
        let explanation = Explanation::of(case, found, failure);
        let mut json = Vec::new();
        // Writing to memory does not fail.
        let _ = write_json(&mut json, &explanation.certificates, build, false);
        let (mut errors, mut remarks) = (Vec::new(), Vec::new());
        for message in &explanation.messages {
            match message {
                Message::Comparison(comparison) => remarks.push(printable_line(&comparison.text(false))),
                Message::Problem(problem) => errors.push(printable_line(&problem.to_string())),
                Message::Warning(warning) => remarks.push(warning_text(*warning)),
            }
        }
        let certificates = explanation.certificates.iter().zip(facts);
        let file = Self {
            name: name.to_owned(),
            is_sent: explanation.verdict == Verdict::Sent,
            json: String::from_utf8(json).unwrap_or_default(),
            errors,
            remarks,
            certificates: certificates
                .map(|(explained, facts)| CertificateReport::of(explained, facts, case))
                .collect(),
        };
        (file, explanation)
    }
}

/// The text for the page, which has no options of a command line.
fn warning_text(warning: Warning) -> String {
    match warning {
        Warning::NamesWithoutEffect => {
            "The AD UPN and the cached Entra UPN have no effect: an Entra joined device reads the certificate.".into()
        }
        other => printable_line(&other.to_string()),
    }
}

#[derive(Serialize)]
struct CertificateReport {
    /// In a file with several certificates.
    number: Option<usize>,
    is_issuer: bool,
    #[serde(flatten)]
    facts: Facts,
    /// The cells of the table that apply to the device.
    applies: Vec<&'static str>,
    /// The decision for the device, or every row of the table.
    rows: Vec<RowReport>,
    notes: Vec<CertificateNote>,
}

impl CertificateReport {
    fn of(explained: &Explained, facts: Facts, case: &Case<'_>) -> Self {
        let applies = match (case.join, explained.rows.as_slice()) {
            (Some(join), [row]) => row
                .decided()
                .map(|decision| cells(join, decision, case.cached.is_some()))
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        Self {
            number: explained.place.map(|place| place.number),
            is_issuer: explained.place.is_some_and(|place| place.is_issuer),
            facts,
            applies,
            rows: explained.rows.iter().map(RowReport::of).collect(),
            notes: explained.notes.clone(),
        }
    }
}

/// The cells of the published table that the decision follows.
fn cells(join: Join, decision: &Decision, is_cached: bool) -> Vec<&'static str> {
    let is_hint = decision.source() == Some(Candidate::Hint)
        || matches!(decision.outcome(), NameOutcome::RejectHint(_));
    match join {
        Join::Entra if is_hint => vec!["entra_hint"],
        Join::Entra => vec!["entra_first", "entra_later"],
        Join::Hybrid if is_hint => vec!["hybrid_hint"],
        Join::Hybrid if is_cached => vec!["hybrid_later"],
        Join::Hybrid => vec!["hybrid_first"],
    }
}

/// What is read from a certificate besides the decision.
#[derive(Serialize)]
struct Facts {
    subject: String,
    issuer: String,
    not_before: String,
    not_after: String,
    is_valid_now: bool,
    /// Every cell of the table.
    table: Vec<RowReport>,
    user_ids: UserIds,
}

impl Facts {
    fn of(certificate: &Certificate<'_>, case: &Case<'_>) -> Self {
        let every_case = Case { join: None, ..*case };
        let table = every_case.decide(certificate, &mut BTreeSet::new());
        let display = |name| printable_line(&WindowsName::for_display(name).to_string());
        let validity = certificate.validity();
        Self {
            subject: display(certificate.subject()),
            issuer: display(certificate.issuer()),
            not_before: validity.not_before().to_string(),
            not_after: validity.not_after().to_string(),
            is_valid_now: validity.contains(case.now),
            table: table.iter().map(RowReport::of).collect(),
            user_ids: UserIds::of(certificate, ValueInterpretation::default()),
        }
    }
}

#[derive(Serialize)]
struct RowReport {
    /// The cell of the table; `null` if only one case is explained.
    cell: Option<&'static str>,
    decision: Option<DecisionReport>,
    /// The inputs that the row needs.
    needs: Vec<&'static str>,
}

impl RowReport {
    fn of(row: &Row) -> Self {
        let cell = row.place.map(|place| match place {
            (Join::Entra, Turn::First) => "entra_first",
            (Join::Entra, Turn::Later) => "entra_later",
            (Join::Hybrid, Turn::First) => "hybrid_first",
            (Join::Hybrid, Turn::Later) => "hybrid_later",
        });
        let needs = row.decision.as_ref().err().map_or(&[][..], Vec::as_slice);
        Self {
            cell,
            decision: row.decided().map(DecisionReport::of),
            needs: needs
                .iter()
                .map(|missing| match missing {
                    Missing::AdUpn => "the AD UPN",
                    Missing::Cached => "the cached Entra UPN",
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct DecisionReport {
    outcome: &'static str,
    text: String,
    upn: Option<String>,
    source: Option<String>,
    trace: Vec<Entry>,
    notes: Vec<Note>,
}

#[derive(Serialize)]
struct Entry {
    candidate: String,
    value: Option<String>,
    verdict: &'static str,
    verdict_text: String,
    reason: String,
    rule: &'static str,
}

#[derive(Serialize)]
struct Note {
    rule: &'static str,
    text: String,
}

impl DecisionReport {
    fn of(decision: &Decision) -> Self {
        let entries = decision.trace().map(|entry| Entry {
            candidate: entry.candidate().to_string(),
            value: entry.value().map(printable_line),
            verdict: entry.verdict().code(),
            verdict_text: entry.verdict().to_string(),
            reason: printable_line(&entry.reason()),
            rule: entry.rule().code(),
        });
        let notes = decision.notes().iter().map(|note| Note {
            rule: note.rule().code(),
            text: printable_line(&note.text()),
        });
        Self {
            outcome: decision.outcome().code(),
            text: printable_line(&decision.outcome().to_string()),
            upn: decision.upn().map(|upn| printable_line(upn.as_str())),
            source: decision.source().map(|source| source.to_string()),
            trace: entries.collect(),
            notes: notes.collect(),
        }
    }
}
