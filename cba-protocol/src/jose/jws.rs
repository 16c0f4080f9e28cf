//! Compact JWS: RFC 7515 section 7.1.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::SessionKey;
use crate::kdf::{self, KdfVersion, hmac_sha256};
use crate::wire::{SessionHeader, to_json};

/// The bytes that are signed: RFC 7515 section 5.1, step 8.
pub(crate) fn signing_input(header: &impl Serialize, claims: &impl Serialize) -> Zeroizing<String> {
    input(&to_json(header), &to_json(claims))
}

/// The compact JWS of a signing input and its signature.
pub(crate) fn join(signing_input: &str, signature: &[u8]) -> Zeroizing<String> {
    let signature = Base64UrlUnpadded::encode_string(signature);
    Zeroizing::new([signing_input, ".", &signature].concat())
}

/// A certificate in `x5c`: standard base64, RFC 7515 section 4.1.6.
pub(crate) fn x5c(certificate: &CertificateDer<'_>) -> String {
    Base64::encode_string(certificate)
}

/// Signs with a key derived from the session key: [MS-OAPXBC] 3.2.5.1.3.1. `ctx` is in the header, in standard base64.
pub(crate) fn hs256(
    key: &SessionKey,
    version: KdfVersion,
    ctx: &[u8],
    claims: &impl Serialize,
) -> Zeroizing<String> {
    let kdf_ver = (version == KdfVersion::Two).then_some(2);
    let header = SessionHeader {
        alg: "HS256",
        ctx: Base64::encode_string(ctx),
        kdf_ver,
    };
    let claims = to_json(claims);
    let derived = match version {
        KdfVersion::One => kdf::version_1(key, ctx),
        KdfVersion::Two => kdf::version_2(key, ctx, &claims),
    };
    let input = input(&to_json(&header), &claims);
    let signature = hmac_sha256(&derived, &[input.as_bytes()]);
    join(&input, &signature)
}

fn input(header: &[u8], claims: &[u8]) -> Zeroizing<String> {
    let header = Base64UrlUnpadded::encode_string(header);
    let claims = Zeroizing::new(Base64UrlUnpadded::encode_string(claims));
    // One allocation of the final length: a string that grows leaves copies behind.
    Zeroizing::new([header.as_str(), ".", &claims].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 2 of the key derivation binds the body. The value was computed with other software.
    #[test]
    fn signed_with_the_session_key() {
        #[derive(Serialize)]
        struct Body {
            a: u8,
        }
        let key = SessionKey::from(core::array::from_fn(|i| u8::try_from(i).unwrap()));
        let ctx: [u8; 24] = core::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let jws = hs256(&key, KdfVersion::Two, &ctx, &Body { a: 1 });
        let parts: Vec<&str> = jws.split('.').collect();
        let header = Base64UrlUnpadded::decode_vec(parts[0]).unwrap();
        assert_eq!(
            header,
            br#"{"alg":"HS256","ctx":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX","kdf_ver":2}"#
        );
        assert_eq!(parts[2], "onTe4261jtZO5ruvMaXQedouSKHnl7guAoD26f2JtFc");
    }
}
