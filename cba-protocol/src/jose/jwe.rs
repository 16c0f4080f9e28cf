//! Compact JWE: RFC 7516 section 7.1, read only.

use aes::Aes256;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{SessionKey, kdf};

/// The five parts, decoded.
pub(crate) struct Jwe {
    pub(crate) header: Header,
    /// The protected header as received: the additional authenticated data.
    aad: Vec<u8>,
    pub(crate) wrapped_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

/// The protected header. `ctx` is defined in [MS-OAPXBC] 3.2.5.1.3.2.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) enc: String,
    #[serde(default)]
    ctx: Option<String>,
    /// Extensions that must be understood (RFC 7516 section 4.1.13). None is supported.
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

/// Protection of an answer of the token endpoint against changes in transit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Integrity {
    /// Encrypted and authenticated with the session key.
    SessionKey,
    /// TLS alone: the answer was plain JSON, or encrypted without authentication (AES-CBC under a header that says `A256GCM`, which
    /// [roadlib] reads too).
    ///
    /// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/auth.py
    TlsOnly,
}

impl Jwe {
    /// Reads the compact form. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.trim_ascii().split('.');
        let mut part = || parts.next().ok_or("a JWE has five parts");
        let (header, wrapped_key, iv, ciphertext, tag) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err("a JWE has five parts");
        }
        let decode =
            |part| Base64UrlUnpadded::decode_vec(part).map_err(|_| "a part of a JWE is not base64url");
        let parsed: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| "the header of a JWE is not as expected")?;
        if parsed.crit.is_some() {
            return Err("the header of a JWE requires an unknown extension");
        }
        Ok(Self {
            header: parsed,
            aad: header.as_bytes().to_vec(),
            wrapped_key: decode(wrapped_key)?,
            iv: decode(iv)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?,
        })
    }

    /// Decrypts an answer with a key derived from the session key: [MS-OAPXBC] 3.2.5.1.3.2. The error says what does not fit.
    pub(crate) fn open(&self, key: &SessionKey) -> Result<(Zeroizing<Vec<u8>>, Integrity), &'static str> {
        if self.header.alg != "dir" || self.header.enc != "A256GCM" || !self.wrapped_key.is_empty() {
            return Err("an encrypted answer does not use dir and A256GCM");
        }
        let ctx = self
            .header
            .ctx
            .as_deref()
            .ok_or("an encrypted answer has no ctx")?;
        let ctx = Base64::decode_vec(ctx).map_err(|_| "ctx of an encrypted answer is not base64")?;
        let key = kdf::version_1(key, &ctx);
        match self.iv.len() {
            16 => self.open_cbc(&key).map(|plain| (plain, Integrity::TlsOnly)),
            _ => self.open_gcm(&key).map(|plain| (plain, Integrity::SessionKey)),
        }
        .ok_or("an encrypted answer does not decrypt with the session key")
    }

    /// `A256GCM`: RFC 7518 section 5.3. None if the tag does not fit.
    pub(crate) fn open_gcm(&self, key: &[u8; 32]) -> Option<Zeroizing<Vec<u8>>> {
        let iv: [u8; 12] = self.iv.as_slice().try_into().ok()?;
        let tag: [u8; 16] = self.tag.as_slice().try_into().ok()?;
        let sealed = [self.ciphertext.as_slice(), &tag].concat();
        let plain = Aes256Gcm::new(key.into())
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

    /// AES-256-CBC with PKCS #7 padding. Its tag cannot be verified.
    fn open_cbc(&self, key: &[u8; 32]) -> Option<Zeroizing<Vec<u8>>> {
        let iv: [u8; 16] = self.iv.as_slice().try_into().ok()?;
        let mut buffer = Zeroizing::new(self.ciphertext.clone());
        let cipher = cbc::Decryptor::<Aes256>::new(key.into(), &iv.into());
        let plain = cipher.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
        buffer.truncate(plain);
        Some(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_critical_extension_is_refused() {
        let jwe = |header: &str| {
            format!(
                "{}..AAAA.AAAA.AAAA",
                Base64UrlUnpadded::encode_string(header.as_bytes())
            )
        };
        assert!(Jwe::parse(&jwe(r#"{"alg":"dir","enc":"A256GCM"}"#)).is_ok());
        assert!(
            Jwe::parse(&jwe(
                r#"{"alg":"dir","enc":"A256GCM","crit":["zip"],"zip":"DEF"}"#
            ))
            .is_err()
        );
    }
}
