//! Compact JWE: RFC 7516 section 7.1, read only.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::SessionKey;

/// The five parts, decoded.
pub(crate) struct Jwe {
    pub(crate) header: Header,
    /// The protected header as it stood: the additional authenticated data.
    aad: Vec<u8>,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

/// The protected header. `ctx` and `kid` are of [MS-OAPXBC] 3.2.5.1.3.2.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) enc: String,
}

impl Jwe {
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.trim_ascii().split('.');
        let mut part = || parts.next().ok_or("a JWE has five parts");
        let (header, wrapped_key, iv, ciphertext, tag) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err("a JWE has five parts");
        }
        let decode =
            |part| Base64UrlUnpadded::decode_vec(part).map_err(|_| "a part of a JWE is not base64url");
        Ok(Self {
            header: serde_json::from_slice(&decode(header)?)
                .map_err(|_| "the header of a JWE is not as expected")?,
            aad: header.as_bytes().to_vec(),
            wrapped_key: decode(wrapped_key)?,
            iv: decode(iv)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?,
        })
    }

    /// Decrypts as `A256GCM`: RFC 7518 section 5.3. None when the tag does not fit.
    pub(crate) fn open_gcm(&self, key: &SessionKey) -> Option<Zeroizing<Vec<u8>>> {
        let iv: [u8; 12] = self.iv.as_slice().try_into().ok()?;
        let mut sealed = self.ciphertext.clone();
        sealed.extend_from_slice(&self.tag);
        if self.tag.len() != 16 {
            return None;
        }
        let cipher = Aes256Gcm::new(key.bytes().into());
        let plain = cipher
            .decrypt(
                &Nonce::from(iv),
                Payload {
                    msg: &sealed,
                    aad: &self.aad,
                },
            )
            .ok()?;
        Some(Zeroizing::new(plain))
    }
}
