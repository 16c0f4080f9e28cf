//! Compact JWS: RFC 7515 section 7.1.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use rustls_pki_types::CertificateDer;
use serde::Serialize;

use crate::config::X5cForm;
use crate::wire::X5cValue;

/// The octets that are signed: RFC 7515 section 5.1, step 8.
pub(crate) fn signing_input(header: &impl Serialize, claims: &impl Serialize) -> String {
    let mut input = encode(header);
    input.push('.');
    input.push_str(&encode(claims));
    input
}

/// The signature goes behind what was signed.
pub(crate) fn join(signing_input: &str, signature: &[u8]) -> String {
    let mut jws = String::with_capacity(signing_input.len() + 1 + signature.len().div_ceil(3) * 4);
    jws.push_str(signing_input);
    jws.push('.');
    jws.push_str(&Base64UrlUnpadded::encode_string(signature));
    jws
}

/// `x5c`: each certificate in standard base64, RFC 7515 section 4.1.6.
pub(crate) fn x5c(leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>], form: X5cForm) -> X5cValue {
    match form {
        X5cForm::Array => X5cValue::Array(
            core::iter::once(leaf)
                .chain(chain)
                .map(|der| Base64::encode_string(der))
                .collect(),
        ),
        X5cForm::Text => X5cValue::Text(Base64::encode_string(leaf)),
    }
}

fn encode(part: &impl Serialize) -> String {
    Base64UrlUnpadded::encode_string(&json(part))
}

/// The models are structs of texts and numbers, which always have a JSON form.
fn json(part: &impl Serialize) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(serde_json::to_vec(part).unwrap_or_default())
}
