//! Refusals: an AADSTS code with its OAuth error, and the JSON that carries it.
//!
//! The meaning of the codes is from <https://learn.microsoft.com/entra/identity-platform/reference-error-codes> (also 16000, 501481,
//! 65002, 65004, 70016, 70018, 70019 and 90014) and the pages on certificate-based authentication; the sentences are not Microsoft's.
//! Microsoft says that codes and texts may change; clients should use `error_codes` and never the sentence.
//!
//! 165000 is no longer in that list. Earlier editions called it `InvalidRequestCanary`, and its message speaks of cookies and form
//! fields of another sign-in: <https://github.com/MicrosoftDocs/azure-docs/issues/112137>.
//!
//! Inferred, because no public source shows it: which of these codes answers which mistake in the form of a request (`Dialect`,
//! `Switches`), and 16000 behind a page that ends the sign-in (`pages.deadEnds`), whose real code depends on the page.

mod codes;

use openssl::error::ErrorStack;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use self::codes::Code;
use crate::clock::stamp;
use crate::random;

/// Reason why a request is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    /// Detail, appended to the sentence of the code.
    pub(crate) detail: String,
    pub(crate) suberror: Option<&'static str>,
    /// Claims that an interactive request should repeat.
    pub(crate) claims: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            suberror: None,
            claims: None,
        }
    }

    /// The JSON of an OAuth error answer.
    pub(crate) fn body(&self, ids: &Ids, now: i64) -> Value {
        let number = self.code.number();
        let detail = if self.detail.is_empty() {
            String::new()
        } else {
            format!(" {}", self.detail)
        };
        let description = format!(
            "AADSTS{number}: {}{detail} Trace ID: {} Correlation ID: {} Timestamp: {}",
            self.code.sentence(),
            ids.trace,
            ids.correlation,
            stamp(now)
        );
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(self.code.oauth_error()));
        body.insert("error_description".to_owned(), json!(description));
        body.insert("error_codes".to_owned(), json!([number]));
        body.insert("timestamp".to_owned(), json!(stamp(now)));
        body.insert("trace_id".to_owned(), json!(ids.trace));
        body.insert("correlation_id".to_owned(), json!(ids.correlation));
        body.insert(
            "error_uri".to_owned(),
            json!(format!("https://login.microsoftonline.com/error?code={number}")),
        );
        if let Some(suberror) = self.suberror {
            body.insert("suberror".to_owned(), json!(suberror));
        }
        if let Some(claims) = &self.claims {
            body.insert("claims".to_owned(), json!(claims));
        }
        Value::Object(body)
    }
}

impl From<ErrorStack> for Refusal {
    /// A failure of OpenSSL, not of the request.
    fn from(error: ErrorStack) -> Self {
        Self::new(Code::TRANSIENT, error.to_string())
    }
}

/// The identifiers of one request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ids {
    /// Identifier of this request.
    pub(crate) trace: String,
    /// The client's `client-request-id`, or a new one.
    pub(crate) correlation: String,
}

impl Ids {
    /// A new trace id beside the client's correlation id, if that is a GUID.
    pub(crate) fn new(client_request_id: Option<&str>) -> Self {
        let fresh = || random::guid().unwrap_or_else(|_| "00000000-0000-0000-0000-000000000000".to_owned());
        Self {
            trace: fresh(),
            correlation: client_request_id
                .filter(|id| is_guid(id))
                .map_or_else(fresh, str::to_ascii_lowercase),
        }
    }
}

/// Whether the text is a GUID in its usual form.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
