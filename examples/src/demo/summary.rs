//! The table at the end, and the check of the results.

use std::fmt;

use serde_json::Value;

use super::Failure;

/// One line per sign-in.
#[derive(Default)]
pub(super) struct Summary {
    lines: Vec<Line>,
}

struct Line {
    title: String,
    outcome: String,
    sent: String,
    source: String,
    entra_upn: String,
    multifactor: bool,
    requests: u64,
    apdus: Option<u64>,
}

impl Summary {
    /// Adds the report of a sign-in.
    pub(super) fn add(&mut self, title: &str, report: &Value) -> Result<(), Failure> {
        let text = |pointer: &str| {
            report
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or("-")
                .to_owned()
        };
        self.lines.push(Line {
            title: title.to_owned(),
            outcome: text("/outcome"),
            sent: text("/decision/upn"),
            source: text("/decision/source"),
            entra_upn: text("/entra_upn"),
            multifactor: report
                .pointer("/multifactor")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            requests: report
                .pointer("/requests")
                .and_then(Value::as_u64)
                .ok_or("the report has no number of requests")?,
            apdus: report.pointer("/apdus").and_then(Value::as_u64),
        });
        Ok(())
    }

    /// Checks that every sign-in was granted, that its name came from the expected source, and that realm and metadata were
    /// cached.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let expected = [
            // The machine that joined has its own cache.
            ("principal-name", 4),
            ("principal-name", 4),
            ("principal-name", 2),
            // The realm of this name is not cached yet.
            ("active-directory", 3),
            ("cached-entra-upn", 2),
        ];
        let shown = self.lines.len() == expected.len()
            && self.lines.iter().zip(expected).all(|(line, (source, requests))| {
                line.outcome == "granted"
                    && line.multifactor
                    && line.source == source
                    && line.requests == requests
            });
        if shown {
            Ok(())
        } else {
            Err("a sign-in did not give the expected result".into())
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<38} {:<8} {:<22} {:<17} {:<22} {:<4} {:>8} {:>5}",
            "sign-in", "outcome", "name sent", "from", "Entra UPN", "mfa", "requests", "APDUs"
        )?;
        for line in &self.lines {
            writeln!(
                f,
                "{:<38} {:<8} {:<22} {:<17} {:<22} {:<4} {:>8} {:>5}",
                line.title,
                line.outcome,
                line.sent,
                line.source,
                line.entra_upn,
                if line.multifactor { "yes" } else { "no" },
                line.requests,
                line.apdus.map_or("-".to_owned(), |apdus| apdus.to_string()),
            )?;
        }
        Ok(())
    }
}
