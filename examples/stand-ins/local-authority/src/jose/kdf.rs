//! The key derivation of [MS-OAPXBC] 3.1.5.1.3.3: NIST SP 800-108 in counter mode with HMAC-SHA-256, one round.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;

const LABEL: &[u8] = b"AzureAD-SecureConversation";

/// Context of the derivation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KdfVersion {
    /// The bytes of `ctx`.
    One,
    /// SHA-256 over the bytes of `ctx` and the payload of the JWT.
    Two,
}

/// The key for one message. The payload counts in version 2 only.
pub(crate) fn derive(
    version: KdfVersion,
    session_key: &[u8; 32],
    ctx: &[u8],
    payload: &[u8],
) -> Result<[u8; 32], ErrorStack> {
    let context = match version {
        KdfVersion::One => ctx.to_vec(),
        KdfVersion::Two => sha256(&[ctx, payload].concat()).to_vec(),
    };
    // [counter] label 00 context [length in bits]: SP 800-108r1, section 4.1.
    let input = [
        &1_u32.to_be_bytes()[..],
        LABEL,
        &[0],
        &context,
        &256_u32.to_be_bytes(),
    ]
    .concat();
    hmac_sha256(session_key, &input)
}

/// HMAC-SHA-256.
pub(crate) fn hmac_sha256(key: &[u8], input: &[u8]) -> Result<[u8; 32], ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut mac = [0; 32];
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot(&mut mac, input)?;
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::base64url;
    use crate::random::hex;

    fn session_key() -> [u8; 32] {
        std::array::from_fn(|at| u8::try_from(at).unwrap())
    }

    fn ctx() -> Vec<u8> {
        (0x40..0x58).collect()
    }

    /// The expected values were computed with Python's `cryptography` (KBKDFHMAC).
    #[test]
    fn agrees_with_another_implementation() {
        let one = derive(KdfVersion::One, &session_key(), &ctx(), b"ignored").unwrap();
        assert_eq!(
            hex(&one),
            "261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375"
        );
        let two = derive(KdfVersion::Two, &session_key(), &ctx(), br#"{"a":1}"#).unwrap();
        assert_eq!(
            hex(&two),
            "5997fec8bd6b18de085b0eabd0d6323a4185dc5de9172980d103aa35dbba5790"
        );
        let header = base64url(br#"{"alg":"HS256","ctx":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX","kdf_ver":2}"#);
        let input = format!("{header}.{}", base64url(br#"{"a":1}"#));
        assert_eq!(
            base64url(&hmac_sha256(&two, input.as_bytes()).unwrap()),
            "onTe4261jtZO5ruvMaXQedouSKHnl7guAoD26f2JtFc"
        );
    }
}
