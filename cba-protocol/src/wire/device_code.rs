//! Device code: RFC 8628 section 3.2, and the form of version 1.

use serde::Deserialize;

use super::lenient::{integer, secret_text, string};
use crate::Secret;

/// Version 1 calls the address `verification_url` and writes numbers as texts.
#[derive(Deserialize)]
pub(crate) struct DeviceCodeAnswer {
    #[serde(default, deserialize_with = "secret_text")]
    pub(crate) device_code: Option<Secret>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) user_code: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) verification_uri: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) verification_url: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    pub(crate) expires_in: Option<u64>,
    #[serde(default, deserialize_with = "integer")]
    pub(crate) interval: Option<u64>,
}
