//! The report of `check-tenant`: the values that were accepted, and those that were refused, with the code. It contains no user names.

use std::fmt::Write as _;

use cba_protocol::State;
use serde::Serialize;
use serde_json::{Value, json};

use super::switches::Stage;

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

impl Tried {
    pub(super) fn new(stage: Stage) -> Self {
        Self {
            stage: stage.name(),
            accepted: false,
            attempts: Vec::new(),
            untried: Vec::new(),
        }
    }

    /// Adds an attempt with these values, or with the accepted values so far if there are none.
    pub(super) fn add(&mut self, values: &[String], attempt: Attempt) {
        let value = if values.is_empty() {
            "default".to_owned()
        } else {
            values.join(" ")
        };
        self.attempts.push(Attempt { value, ..attempt });
    }
}

/// One attempt: the documented values, or another value of one switch.
#[derive(Clone, Serialize)]
pub(super) struct Attempt {
    pub(super) value: String,
    pub(super) result: &'static str,
    /// The request that was refused.
    pub(super) at: Option<&'static str>,
    /// `AADSTS…` or the name of an error.
    pub(super) code: Option<String>,
    pub(super) page: Option<String>,
}

impl Attempt {
    pub(super) fn new(result: &'static str) -> Self {
        Self {
            value: String::new(),
            result,
            at: None,
            code: None,
            page: None,
        }
    }

    pub(super) fn with_code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    pub(super) fn at(mut self, state: State) -> Self {
        self.at = Some(state.code());
        self
    }
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
            "# check-tenant {} on {}\n\n{} requests. {}\n\n| stage | values | result | request | code |\n|---|---|---|---|---|\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            self.requests,
            self.stopped
                .map_or_else(|| "Ran to its end.".to_owned(), |why| format!("Stopped: {why}.")),
        );
        for tried in &self.stages {
            for attempt in &tried.attempts {
                let code: Vec<_> = [&attempt.code, &attempt.page]
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect();
                // Writing into a String does not fail.
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} |",
                    tried.stage,
                    attempt.value,
                    attempt.result,
                    attempt.at.unwrap_or_default(),
                    code.join(", ")
                );
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

/// Names of errors that the services are known to send: RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, OpenID Connect Core
/// section 3.1.2.6, [MS-DVRJ] 2.2.3.1 and [MS-DVRE] 2.2.4, and those of `cba-protocol`.
const ERRORS: &[&str] = &[
    "AuthenticationError",
    "AuthorizationError",
    "CertificateAuthorityError",
    "DirectoryAccountError",
    "DirectoryError",
    "InvalidParameter",
    "SqlError",
    "UnknownError",
    "access_denied",
    "authorization_declined",
    "authorization_pending",
    "bad_verification_code",
    "certificate_not_offered",
    "consent_required",
    "directory_error",
    "expired_token",
    "interaction_required",
    "internal_server_error",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_resource",
    "invalid_scope",
    "login_required",
    "server_error",
    "sign_in_refused",
    "slow_down",
    "temporarily_unavailable",
    "unauthorized",
    "unauthorized_client",
    "unknown",
    "unsupported_grant_type",
    "unsupported_response_type",
];

/// A code of the server, if it is an AADSTS number or a known name. Any other text could identify a tenant, a user or a device.
pub(super) fn known_error(code: &str) -> String {
    let number = code.strip_prefix("AADSTS");
    let is_number =
        number.is_some_and(|n| (1..=10).contains(&n.len()) && n.bytes().all(|c| c.is_ascii_digit()));
    unless_unusual(code, is_number || ERRORS.contains(&code))
}

/// The id of a page, if it looks like those that are known: `ConvergedTFA`, `KmsiInterrupt`.
pub(super) fn known_page(id: &str) -> String {
    let plain = id.len() <= 40 && id.bytes().all(|c| c.is_ascii_alphabetic());
    let known = id.starts_with("Converged") || id.ends_with("Interrupt");
    unless_unusual(id, plain && known)
}

fn unless_unusual(text: &str, known: bool) -> String {
    if known { text } else { "unusual" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{known_error, known_page};

    const IDENTIFYING: &[&str] = &[
        "",
        "alice",
        "alice@contoso.com",
        "33221100-5544-7766-8899-aabbccddeeff",
        "AADSTS50034x",
        "AADSTS",
        "AADSTS12345678901",
        "contoso.com",
        "Contoso",
        "a b",
    ];

    #[test]
    fn a_code_identifies_nobody() {
        for known in ["AADSTS50034", "invalid_grant", "DirectoryError"] {
            assert_eq!(known_error(known), known);
        }
        for other in IDENTIFYING {
            assert_eq!(known_error(other), "unusual");
        }
    }

    #[test]
    fn a_page_identifies_nobody() {
        for known in ["ConvergedTFA", "KmsiInterrupt", "ConvergedProofUpRedirect"] {
            assert_eq!(known_page(known), known);
        }
        for other in IDENTIFYING
            .iter()
            .chain(&["Converged alice", "Converged-1", "WelcomeToContoso"])
        {
            assert_eq!(known_page(other), "unusual");
        }
    }
}
