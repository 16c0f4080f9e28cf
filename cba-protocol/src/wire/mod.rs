//! The messages as they stand on the wire: serde models and nothing else.

mod bounded;
mod claims;
pub(crate) mod lenient;
mod realm;
mod token;

pub(crate) use bounded::{deeper_than, json};
pub(crate) use claims::{
    AssertionClaims, CertificateHeader, ExchangeClaims, HelloHeader, RequestClaims, SessionHeader, SsoClaims,
    X5cValue,
};
pub(crate) use realm::{Metadata, Realm};
pub(crate) use token::{ErrorBody, NonceAnswer, RawJson, TokenAnswer};
