//! What was asked and answered, with the secrets taken out.

mod redact;

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response};
use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::flow::State;
use crate::guid::Guid;
use crate::{Algorithm, Config, Error, Outcome, Refusal, Step};

/// The record of a flow, fit for a bug report: every request, answer and signature, and how it ended.
///
/// A clone writes into the same record, so keep one and hand the other to [`SignIn::transcript`](crate::SignIn::transcript); it
/// outlives the flow, however that ends. Only names and values known to be harmless are written down: a user name keeps its
/// domain only, everything else is replaced by its length.
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Entry {
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

/// A name and its value, which is redacted already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Transcript {
    /// Adds a line of your own: what the card or the network did. It is written as it stands, so keep secrets out of it.
    pub fn note(&self, text: &str) {
        self.push(Entry::Noted {
            text: text.to_owned(),
        });
    }

    /// The record as a JSON array, one object an event.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&*self.entries()).unwrap_or_default()
    }

    pub(crate) fn began(&self, config: &Config, correlation: Guid) {
        self.push(Entry::Began {
            version: env!("CARGO_PKG_VERSION"),
            authority: config.cloud.authority().to_owned(),
            tenant: config.tenant.to_string(),
            correlation_id: correlation.to_string(),
        });
    }

    pub(crate) fn asked(&self, state: State, request: &Request<Vec<u8>>) {
        self.push(Entry::Asked {
            state: state.name(),
            method: request.method().to_string(),
            url: redact::url(request.uri()),
            headers: redact::headers(request.headers()),
            form: redact::form(request.body()),
        });
    }

    pub(crate) fn answered(&self, state: State, response: &Response<Vec<u8>>, at: UnixTime) {
        self.push(Entry::Answered {
            state: state.name(),
            at: at.as_secs(),
            status: response.status().as_u16(),
            headers: redact::headers(response.headers()),
            length: response.body().len(),
            body: redact::json(response.body()),
        });
    }

    pub(crate) fn signed(&self, state: State, algorithm: Algorithm, length: usize) {
        self.push(Entry::Signed {
            state: state.name(),
            algorithm: algorithm.name(),
            length,
        });
    }

    pub(crate) fn unwrapped(&self) {
        self.push(Entry::Unwrapped);
    }

    pub(crate) fn ended<T>(&self, step: &Result<Step<T>, Error>) {
        let (state, why) = match step {
            Ok(Step::Done(outcome)) => (outcome.state(), describe(outcome)),
            Ok(_) => return,
            Err(error) => (State::Failed, redact::text(&error.to_string())),
        };
        self.push(Entry::Ended {
            state: state.name(),
            why,
        });
    }

    fn push(&self, entry: Entry) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "cba_protocol", "{entry}");
        self.entries().push(entry);
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe<T>(outcome: &Outcome<T>) -> String {
    let told = |refusal: &Refusal| redact::text(&format!("{refusal:#}"));
    match outcome {
        Outcome::Granted(_) => String::new(),
        Outcome::Interaction(interaction) => told(&interaction.refusal),
        Outcome::NotManaged(elsewhere) => redact::text(&format!("{elsewhere:?}")),
        Outcome::Refused(refusal) => told(refusal),
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().iter().try_for_each(|entry| writeln!(f, "{entry}"))
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
