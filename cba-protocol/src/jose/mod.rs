//! Compact JWS and JWE, as far as this protocol uses them: RFC 7515, RFC 7516, RFC 7518.

pub(crate) mod jwe;
pub(crate) mod jws;

pub use jwe::Integrity;
