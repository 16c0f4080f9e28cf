//! The keys that are derived from the session key: [MS-OAPXBC] 3.1.5.1.3.3, which is the counter mode of NIST SP 800-108 with
//! HMAC-SHA-256.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::SessionKey;
use crate::mac::hmac_sha256;

/// A key for one message.
pub(crate) type DerivedKey = Zeroizing<[u8; 32]>;

const LABEL: &[u8] = b"AzureAD-SecureConversation";

/// Version 1: the context is `ctx` itself. Answers always use this one.
pub(crate) fn version_1(key: &SessionKey, ctx: &[u8]) -> DerivedKey {
    // label, a zero octet, context, and the output's length in bits
    counter_mode(key.bytes(), &[LABEL, &[0], ctx, &256_u32.to_be_bytes()])
}

/// Version 2: the context binds the message too. `body` is the JSON of the JWT, before base64url.
pub(crate) fn version_2(key: &SessionKey, ctx: &[u8], body: &[u8]) -> DerivedKey {
    version_1(
        key,
        &Sha256::new().chain_update(ctx).chain_update(body).finalize(),
    )
}

/// One round with the 32-bit counter in front of the fixed data, which is all that 32 octets need.
fn counter_mode(key: &[u8; 32], fixed: &[&[u8]]) -> DerivedKey {
    let mut parts = vec![&[0, 0, 0, 1][..]];
    parts.extend_from_slice(fixed);
    Zeroizing::new(hmac_sha256(key, &parts))
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    fn key() -> SessionKey {
        SessionKey::from(core::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    const CTX: [u8; 24] = hex!("404142434445464748494a4b4c4d4e4f5051525354555657");

    /// Computed with Python's `cryptography` (KBKDFHMAC); `tests/it/outside.rs` computes them anew.
    #[test]
    fn version_1_and_2() {
        assert_eq!(
            *version_1(&key(), &CTX),
            hex!("261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375")
        );
        assert_eq!(
            *version_2(&key(), &CTX, br#"{"a":1}"#),
            hex!("5997fec8bd6b18de085b0eabd0d6323a4185dc5de9172980d103aa35dbba5790")
        );
    }

    /// NIST CAVP, `KDFCTR_gen`: HMAC-SHA-256, 32-bit counter before the fixed data, L = 128, count 0.
    #[test]
    fn the_counter_mode_of_sp_800_108() {
        let key = hex!("dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0");
        let fixed = hex!(
            "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b8"
            "64a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac"
        );
        assert_eq!(
            counter_mode(&key, &[&fixed])[..16],
            hex!("10621342bfb0fd40046c0e29f2cfdbf0")
        );
    }
}
