//! Sealing: encrypted and authenticated with a key of the caller.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use crate::kdf::hmac_sha256;
use crate::seed::{Random, Seed};

const SALT: usize = 32;

/// Key that seals tokens and devices: 32 bytes from a TPM or a keyring. It is wiped when dropped, and has no `Debug`.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl From<[u8; 32]> for SealingKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// Reason why sealed bytes cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The token was sealed for another authority or tenant than the configured one.
    #[error("the token was sealed for another authority or tenant than the configured one")]
    AnotherAuthority,
    /// The bytes are not sealed, or something else is sealed in them.
    #[error("the bytes are not sealed, or something else is sealed in them")]
    NotSealed,
    /// They were sealed with another key, or modified.
    #[error("the bytes were sealed with another key, or they were modified")]
    Unopened,
    /// They were sealed in a version that this release does not support.
    #[error("the bytes were sealed in version {0}, which this release does not support")]
    Version(u8),
}

/// A kind of content. Its bytes begin with its name and version; then come a salt of 32 bytes and AES-256-GCM.
pub(crate) struct Content {
    /// Name, and version of what follows.
    pub(crate) header: [u8; 7],
    /// Labels for the derivation of the salt and of the key.
    pub(crate) salt: &'static [u8],
    pub(crate) key: &'static [u8],
}

impl Content {
    pub(crate) fn seal(&self, key: &SealingKey, seed: Seed, plain: &[u8]) -> Vec<u8> {
        let salt = self.new_salt(key, &Random::new(seed).draw(), plain);
        let payload = Payload {
            msg: plain,
            aad: &self.header,
        };
        // AES-GCM encrypts anything shorter than 64 GiB.
        let sealed = self
            .cipher(key, &salt)
            .encrypt(&nonce(), payload)
            .unwrap_or_default();
        [&self.header[..], &salt, &sealed].concat()
    }

    pub(crate) fn open(&self, key: &SealingKey, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (header, rest) = sealed.split_first_chunk::<7>().ok_or(SealError::NotSealed)?;
        let [name @ .., version] = header;
        let [own_name @ .., own_version] = &self.header;
        if name != own_name {
            return Err(SealError::NotSealed);
        }
        if version != own_version {
            return Err(SealError::Version(*version));
        }
        let (salt, sealed) = rest.split_first_chunk::<SALT>().ok_or(SealError::NotSealed)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.header,
        };
        self.cipher(key, salt)
            .decrypt(&nonce(), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Unopened)
    }

    /// Random, and bound to the content: a seed that repeats (a restored snapshot, a constant in a test) must not put two contents
    /// under one key and nonce, which would break AES-GCM.
    fn new_salt(&self, key: &SealingKey, drawn: &[u8; 32], plain: &[u8]) -> [u8; SALT] {
        hmac_sha256(&key.0, &[self.salt, drawn, plain])
    }

    /// Each sealing has its own key, derived with a salt of 256 bits, so that a nonce is never used with the same key twice.
    fn cipher(&self, key: &SealingKey, salt: &[u8; SALT]) -> Aes256Gcm {
        let derived = Zeroizing::new(hmac_sha256(&key.0, &[self.key, salt]));
        Aes256Gcm::new((&*derived).into())
    }
}

fn nonce() -> Nonce<aes_gcm::aead::consts::U12> {
    Nonce::from([0; 12])
}
