//! Answers of the token endpoint.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::{integer, integers, secret, string};
use crate::Secret;

/// [MS-OAPXBC] 3.2.5.1.1: one member, with a capital letter.
#[derive(Deserialize)]
pub(crate) struct NonceAnswer {
    #[serde(default, rename = "Nonce")]
    pub(crate) nonce: Option<String>,
}

/// [MS-OAPXBC] 3.2.5.1.2.2 and 3.2.5.1.3.2, and what the service adds. Each leg requires only some of the fields.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    #[serde(default, deserialize_with = "secret")]
    pub(crate) access_token: Option<Secret>,
    #[serde(default, deserialize_with = "integer")]
    pub(crate) expires_in: Option<u64>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) scope: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(crate) refresh_token: Option<Secret>,
    #[serde(default)]
    pub(crate) session_key_jwe: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) token_type: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    pub(crate) refresh_token_expires_in: Option<u64>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) id_token: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) client_info: Option<String>,
    #[serde(default)]
    pub(crate) tgt_ad: Option<RawJson>,
    #[serde(default)]
    pub(crate) tgt_cloud: Option<RawJson>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) kerberos_top_level_names: Option<String>,
}

/// JSON of a member that may contain a key, read later. It is wiped when dropped.
#[derive(Deserialize)]
#[serde(from = "Box<RawValue>")]
pub(crate) struct RawJson(pub(crate) Secret);

impl From<Box<RawValue>> for RawJson {
    fn from(raw: Box<RawValue>) -> Self {
        Self(Secret::from(String::from(Box::<str>::from(raw))))
    }
}

/// RFC 6749 section 5.2, and what the service adds.
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
#[derive(Default, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default, deserialize_with = "string")]
    pub(crate) error: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) error_description: Option<String>,
    #[serde(default, deserialize_with = "integers")]
    pub(crate) error_codes: Vec<u32>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) timestamp: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) trace_id: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) correlation_id: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) error_uri: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) suberror: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) claims: Option<String>,
}

impl ErrorBody {
    /// Whether it contains an error.
    pub(crate) fn is_error(&self) -> bool {
        self.error.is_some() || !self.error_codes.is_empty()
    }
}
