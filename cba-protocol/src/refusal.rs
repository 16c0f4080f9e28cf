//! Refusals of the server.

use core::fmt;
use core::time::Duration;

use http::StatusCode;

use crate::aadsts::{self, Advice, Entry};
use crate::printable::{MAX_MESSAGE, MAX_NAME, line};
use crate::registration_error;
use crate::responsible::Responsible;
use crate::state::State;
use crate::wire::ErrorBody;

/// Refusal of the server with its reason.
///
/// Microsoft asks clients not to depend on codes and messages, which may change
/// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>). An unknown code is kept, and the advice falls back
/// to the OAuth error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Refusal {
    /// The refused request.
    pub state: State,
    /// HTTP status.
    #[cfg_attr(feature = "serde", serde(serialize_with = "status"))]
    pub status: StatusCode,
    /// OAuth error: `error` (RFC 6749 section 5.2).
    pub error: String,
    /// AADSTS codes. The one that the description begins with comes first.
    pub codes: Vec<u32>,
    /// `suberror`.
    pub suberror: Option<String>,
    /// Message of the server: the first line of `error_description`, without the ids, in at most 1,000 characters.
    pub message: String,
    /// `claims`: JSON for the interactive request, byte for byte as received. Not safe to print on a terminal.
    pub claims: Option<String>,
    /// Correlation id, for the support of the service.
    pub correlation_id: Option<String>,
    /// Trace id, for the support of the service.
    pub trace_id: Option<String>,
    /// Time of the server, in its own form.
    pub timestamp: Option<String>,
    /// `error_uri`.
    pub error_uri: Option<String>,
    /// Delay that the header `Retry-After` asks for (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
}

/// The server requires the user to sign in with a browser: for another factor, for consent, or for Conditional Access.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Interaction {
    /// The reason, and `claims` for the interactive request.
    pub refusal: Refusal,
    /// Page that a [`WebSignIn`](crate::WebSignIn) ended at: its `pgid`, such as `ConvergedTFA`.
    pub page: Option<String>,
}

impl Refusal {
    pub(crate) fn new(
        state: State,
        status: StatusCode,
        retry_after: Option<Duration>,
        body: ErrorBody,
    ) -> Self {
        let description = body.error_description.unwrap_or_default();
        let mut codes = body.error_codes;
        if let Some(first) = leading_code(&description) {
            codes.retain(|&code| code != first);
            codes.insert(0, first);
        }
        codes.truncate(MAX_CODES);
        // Safe for a log and a terminal, whoever answered.
        let name = |text: String| line(&text, MAX_NAME);
        Self {
            state,
            status,
            error: name(body.error.unwrap_or_default()),
            codes,
            suberror: body.suberror.map(name),
            message: line(description.lines().next().unwrap_or_default().trim(), MAX_MESSAGE),
            claims: body.claims,
            correlation_id: body.correlation_id.map(name),
            trace_id: body.trace_id.map(name),
            timestamp: body.timestamp.map(name),
            error_uri: body.error_uri.map(|uri| line(&uri, MAX_MESSAGE)),
            retry_after,
        }
    }

    /// Entry in [`aadsts`] of the first known code.
    #[must_use]
    pub fn known(&self) -> Option<&'static Entry> {
        self.codes.iter().find_map(|&code| aadsts::entry(code))
    }

    /// First step to try.
    #[must_use]
    pub fn advice(&self) -> Advice {
        if let Some(entry) = self.known() {
            return entry.first();
        }
        if matches!(
            self.state,
            State::Discovery | State::Registration | State::Removal
        ) {
            return registration_error::advice(&self.error, &self.message, self.status);
        }
        match self.error.as_str() {
            "interaction_required" | "login_required" | "consent_required" => Advice::Interact,
            "temporarily_unavailable" | "server_error" => Advice::RetryLater,
            _ if self.status == StatusCode::TOO_MANY_REQUESTS || self.status.is_server_error() => {
                Advice::RetryLater
            }
            _ => Advice::Stop,
        }
    }

    /// Who has to act.
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        self.known()
            .map_or_else(|| self.advice().responsible(), |entry| entry.responsible)
    }

    /// Stable name for programs: the first AADSTS code, such as `AADSTS50034`, or else the OAuth error.
    #[must_use]
    pub fn code(&self) -> String {
        match self.codes.first() {
            Some(code) => format!("AADSTS{code}"),
            None => self.error.clone(),
        }
    }

    /// Whether the server does not know the user name.
    #[must_use]
    pub fn is_user_unknown(&self) -> bool {
        self.codes.iter().any(|code| [50034, 51004].contains(code))
    }
}

/// Most AADSTS codes that are kept. The service gives one, rarely two.
const MAX_CODES: usize = 16;

/// The number in `AADSTS50034: …`.
fn leading_code(description: &str) -> Option<u32> {
    let digits = description.trim_start().strip_prefix("AADSTS")?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

impl fmt::Display for Refusal {
    /// Code, meaning and advice; with `{:#}` also the message of the server and the ids for its support.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.codes.first(), self.known()) {
            (_, Some(entry)) => write!(f, "AADSTS{}: {}", entry.code, entry.meaning)?,
            (Some(code), None) => write!(f, "AADSTS{code}: {}", self.message)?,
            (None, None) => write!(f, "{}: {}", self.error, self.message)?,
        }
        write!(f, " ({}: {})", self.responsible(), self.advice())?;
        if f.alternate() {
            write!(f, "\n  message of the server: {}", self.message)?;
            for (name, value) in [
                ("correlation id", &self.correlation_id),
                ("trace id", &self.trace_id),
                ("time", &self.timestamp),
            ] {
                if let Some(value) = value {
                    write!(f, "\n  {name}: {value}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn status<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
