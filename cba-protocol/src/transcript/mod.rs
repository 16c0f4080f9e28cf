//! Record of a flow, with the secrets removed.

mod redact;

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response};
use rustls_pki_types::UnixTime;
use serde::Serialize;
use uuid::Uuid;

use crate::algorithm::Algorithm;
use crate::config::Config;
use crate::state::State;

/// Record of a flow for a bug report: every request, answer and signature, and how the flow ended.
///
/// A flow writes into the transcript that [`SignIn::with_transcript`](crate::SignIn::with_transcript) or its siblings gave it.
/// Without one nothing is recorded. A clone shares the record: keep one to read after the flow has ended in any way.
///
/// Only names and values that are known to be harmless are recorded. Of a user name the domain is kept; every other value is
/// replaced by its length.
///
/// ```
/// use cba_protocol::Transcript;
///
/// let transcript = Transcript::default();
/// transcript.note("the card was removed");
/// assert!(transcript.to_string().contains("removed"));
/// assert!(transcript.to_json().starts_with('['));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Transcript(Arc<Mutex<Vec<Entry>>>);

impl Transcript {
    /// Adds a line, such as what the card or the network did. It is recorded unchanged: keep secrets out of it.
    pub fn note(&self, text: &str) {
        self.push(Entry::Noted {
            text: text.to_owned(),
        });
    }

    /// The record as a JSON array with one object for each event.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&*self.entries()).unwrap_or_default()
    }

    pub(crate) fn push(&self, entry: Entry) {
        self.entries().push(entry);
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

/// An event, redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Entry {
    Answered {
        state: &'static str,
        at: u64,
        status: u16,
        headers: Vec<Field>,
        length: usize,
        body: Vec<Field>,
    },
    Asked {
        state: &'static str,
        method: String,
        url: String,
        headers: Vec<Field>,
        form: Vec<Field>,
    },
    Began {
        version: &'static str,
        authority: String,
        tenant: String,
        correlation_id: String,
    },
    Ended {
        state: &'static str,
        why: String,
    },
    KeysMade,
    Noted {
        text: String,
    },
    Signed {
        state: &'static str,
        algorithm: &'static str,
        length: usize,
    },
    Unwrapped,
}

/// A name and its redacted value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Entry {
    pub(crate) fn began(config: &Config, correlation: &Uuid) -> Self {
        Self::Began {
            version: env!("CARGO_PKG_VERSION"),
            authority: config.cloud().authority().to_owned(),
            tenant: config.tenant().to_string(),
            correlation_id: correlation.to_string(),
        }
    }

    pub(crate) fn asked(state: State, request: &Request<Vec<u8>>) -> Self {
        Self::Asked {
            state: state.code(),
            method: request.method().to_string(),
            url: redact::url(request.uri()),
            headers: redact::headers(request.headers()),
            form: redact::request(request),
        }
    }

    pub(crate) fn answered(state: State, response: &Response<Vec<u8>>, at: UnixTime) -> Self {
        Self::Answered {
            state: state.code(),
            at: at.as_secs(),
            status: response.status().as_u16(),
            headers: redact::headers(response.headers()),
            length: response.body().len(),
            body: redact::answer(response.body()),
        }
    }

    pub(crate) fn signed(state: State, algorithm: Algorithm, length: usize) -> Self {
        Self::Signed {
            state: state.code(),
            algorithm: algorithm.code(),
            length,
        }
    }

    pub(crate) fn ended(state: State, why: &str) -> Self {
        Self::Ended {
            state: state.code(),
            why: redact::text(why),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered {
                state,
                at,
                status,
                headers,
                length,
                body,
            } => {
                write!(f, "{state}: answer {status} at {at}, {length} bytes")?;
                fields(f, headers)?;
                fields(f, body)
            }
            Self::Asked {
                state,
                method,
                url,
                headers,
                form,
            } => {
                write!(f, "{state}: {method} {url}")?;
                fields(f, headers)?;
                fields(f, form)
            }
            Self::Began {
                version,
                authority,
                tenant,
                correlation_id,
            } => {
                write!(
                    f,
                    "cba-protocol {version}, {authority}, tenant {tenant}, correlation id {correlation_id}"
                )
            }
            Self::Ended { state, why } if why.is_empty() => write!(f, "ended: {state}"),
            Self::Ended { state, why } => write!(f, "ended: {state}: {why}"),
            Self::KeysMade => write!(f, "keys: made"),
            Self::Noted { text } => write!(f, "note: {text}"),
            Self::Signed {
                state,
                algorithm,
                length,
            } => write!(f, "{state}: signed {algorithm}, {length} bytes"),
            Self::Unwrapped => write!(f, "session-key: unwrapped"),
        }
    }
}

fn fields(f: &mut fmt::Formatter<'_>, fields: &[Field]) -> fmt::Result {
    let indented = |value: &str| value.replace('\n', "\n        ");
    fields
        .iter()
        .try_for_each(|Field { name, value }| write!(f, "\n    {name}: {}", indented(value)))
}
