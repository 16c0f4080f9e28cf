//! Messages on the wire: serde models and nothing else.

mod claims;
mod device_code;
pub(crate) mod lenient;
mod page;
mod realm;
mod registration;
mod token;

use std::io::{self, Write};

use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::limits::{Limits, deeper_than};
use crate::state::State;

pub(crate) use self::claims::{
    AssertionClaims, CertificateHeader, ExchangeClaims, HelloHeader, RequestClaims, SessionHeader, SsoClaims,
    X5c,
};
pub(crate) use self::device_code::DeviceCodeAnswer;
pub(crate) use self::page::{CredentialType, CredentialTypeRequest, Page};
pub(crate) use self::realm::{Metadata, Realm};
pub(crate) use self::registration::{
    CertificateRequest, DiscoveryDocument, JoinAnswer, JoinAttributes, JoinRequest, RegistrationError,
};
pub(crate) use self::token::{ErrorBody, NonceAnswer, RawJson, TokenAnswer};

/// Reads one JSON object within the limits, and nothing after it.
pub(crate) fn json<T: DeserializeOwned>(
    state: State,
    status: StatusCode,
    body: &[u8],
    limits: Limits,
) -> Result<T, Error> {
    let not_json = |line, column| Error::NotJson {
        state,
        status,
        line,
        column,
    };
    let limit = limits.max_depth();
    if deeper_than(body, limit) {
        return Err(Error::AnswerTooDeep { state, limit });
    }
    // serde would read an array as a struct whose fields come in order
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(not_json(1, 1));
    }
    serde_json::from_slice(body).map_err(|error| not_json(error.line(), error.column()))
}

/// Writes a model as JSON into one allocation of the final length: a vector that grows leaves copies of a token behind.
pub(crate) fn to_json(model: &impl Serialize) -> Zeroizing<Vec<u8>> {
    // The models are structs of strings and numbers, which always have a JSON form.
    let mut length = Length(0);
    serde_json::to_writer(&mut length, model).unwrap_or_default();
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *json, model).unwrap_or_default();
    json
}

/// Counts bytes.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn json_is_allocated_once() {
        let model = ["a long token ".repeat(1_000), "\"".to_owned()];
        let json = to_json(&model);
        assert_eq!(json.capacity(), json.len());
        assert_eq!(*json, serde_json::to_vec(&model).unwrap());
    }
}
