//! The report of `check-tenant`: the values that were accepted, and those that were refused, with the code. It contains no user names.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::check_switches::Stage;

/// The report.
#[derive(Default)]
pub(super) struct Report {
    pub(super) stages: Vec<Tried>,
    pub(super) requests: usize,
    pub(super) stopped: Option<&'static str>,
}

/// A stage with its attempts.
#[derive(Serialize)]
pub(super) struct Tried {
    pub(super) stage: &'static str,
    pub(super) accepted: bool,
    pub(super) attempts: Vec<Attempt>,
    /// Values that were not tried, as `switch=value`.
    pub(super) untried: Vec<String>,
}

/// One attempt: the documented values, or another value of one switch.
#[derive(Clone, Serialize)]
pub(super) struct Attempt {
    pub(super) value: String,
    pub(super) result: &'static str,
    /// `AADSTS…` or the name of an error.
    pub(super) code: Option<String>,
    pub(super) page: Option<String>,
}

impl Report {
    pub(super) fn accepted(&self) -> bool {
        self.stopped.is_none() && self.stages.iter().all(|tried| tried.accepted)
    }

    /// Stages that were not reached.
    fn unreached(&self) -> Vec<&'static str> {
        let reached = |stage: &&str| self.stages.iter().any(|tried| tried.stage == *stage);
        Stage::ALL
            .map(Stage::name)
            .into_iter()
            .filter(|stage| !reached(stage))
            .collect()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "system": std::env::consts::OS,
            "accepted": self.accepted(),
            "stopped": self.stopped,
            "requests": self.requests,
            "stages": self.stages,
            "unreached": self.unreached(),
        })
    }

    pub(super) fn markdown(&self) -> String {
        let mut text = format!(
            "# check-tenant {} on {}\n\n{} requests. {}\n\n| stage | values | result | code |\n|---|---|---|---|\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            self.requests,
            self.stopped
                .map_or_else(|| "Ran to its end.".to_owned(), |why| format!("Stopped: {why}.")),
        );
        for tried in &self.stages {
            for Attempt {
                value,
                result,
                code,
                page,
            } in &tried.attempts
            {
                let code = [code.as_deref(), page.as_deref()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(", ");
                // Writing into a String does not fail.
                let _ = writeln!(text, "| {} | {value} | {result} | {code} |", tried.stage);
            }
        }
        let untried: Vec<_> = self
            .stages
            .iter()
            .flat_map(|tried| &tried.untried)
            .cloned()
            .collect();
        let _ = writeln!(text, "\nNot tried: {}.", list(&untried));
        let unreached: Vec<_> = self.unreached().into_iter().map(str::to_owned).collect();
        let _ = writeln!(text, "Not reached: {}.", list(&unreached));
        text
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        "nothing".to_owned()
    } else {
        items.join(", ")
    }
}

/// A name of the server that can be a code and nothing else: letters, and digits behind `AADSTS` only. An identifier of a tenant, a
/// user or a device has digits or is longer.
pub(super) fn code(text: &str) -> String {
    let plain =
        |text: &str| text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphabetic() || "_-/".contains(c));
    let number = text.strip_prefix("AADSTS");
    let is_number = number.is_some_and(|n| n.len() <= 10 && n.chars().all(|c| c.is_ascii_digit()));
    if is_number || plain(text) {
        text.to_owned()
    } else {
        "unusual".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_code_identifies_nobody() {
        for known in [
            "AADSTS50034",
            "invalid_grant",
            "realm/unknown",
            "DirectoryError",
            "ConvergedTFA",
        ] {
            assert_eq!(code(known), known);
        }
        for other in [
            "alice@contoso.com",
            "33221100-5544-7766-8899-aabbccddeeff",
            "AADSTS50034x",
            "contoso.com",
            "a b",
        ] {
            assert_eq!(code(other), "unusual");
        }
    }
}
