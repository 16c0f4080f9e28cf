//! Storage of a primary refresh token: encrypted with a key of the caller, never plain.

use core::time::Duration;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Encoding};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Serialize};
use upn_resolver::Upn;
use zeroize::Zeroizing;

use super::id_token::{Claims, ClientInfo, IdToken, Ids};
use super::{KerberosTickets, PrimaryRefreshToken};
use crate::config::Config;
use crate::device::Device;
use crate::discovery::IssuerMetadata;
use crate::kdf::hmac_sha256;
use crate::secret::{Secret, SessionKey};
use crate::seed::{Random, Seed};
use crate::wire::to_json;

/// `CBAPRT`, and the version of what follows: a salt of 32 bytes, then AES-256-GCM.
const HEADER: [u8; 7] = *b"CBAPRT\x01";
const SALT: usize = 32;

/// Key that seals tokens: 32 bytes from a TPM or a keyring. It is wiped when dropped, and has no `Debug`.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

/// Why a sealed token cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It was sealed for another authority or tenant than the configured one.
    #[error("the token was sealed for another authority or tenant than the configured one")]
    AnotherAuthority,
    /// The bytes are not a sealed token.
    #[error("the bytes are not a sealed token")]
    NotSealed,
    /// It was sealed with another key, or it was modified.
    #[error("the token was sealed with another key, or it was modified")]
    Unopened,
    /// It was sealed in a version that this release does not support.
    #[error("the token was sealed in version {0}, which this release does not support")]
    Version(u8),
}

/// What is stored. Kerberos tickets are not: each renewal brings new ones.
#[derive(Deserialize, Serialize)]
struct Stored {
    authority: String,
    tenant: String,
    device: String,
    upn: String,
    token: Zeroizing<String>,
    session_key: Zeroizing<String>,
    token_type: String,
    issued_at: u64,
    lifetime: Option<u64>,
    metadata: Option<StoredMetadata>,
    id_token: Option<Claims>,
    client_info: Option<Ids>,
}

#[derive(Deserialize, Serialize)]
struct StoredMetadata {
    issuer: String,
    kdf_ver2: bool,
}

impl From<[u8; 32]> for SealingKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl PrimaryRefreshToken {
    /// Bytes to store: the token, encrypted and authenticated with `key`.
    ///
    /// Use a fresh seed for every call. A seed that is used twice by mistake reveals only whether the same was stored twice.
    ///
    /// ```
    /// use cba_protocol::{Config, PrimaryRefreshToken, SealError, SealingKey, Seed};
    /// # fn example(prt: PrimaryRefreshToken, config: &Config, seed: Seed) -> Result<(), SealError> {
    /// let key = SealingKey::from([7; 32]); // from a TPM or a keyring
    /// let stored: Vec<u8> = prt.seal(&key, seed);
    /// let again = PrimaryRefreshToken::unseal(&stored, &key, config)?;
    /// assert_eq!(again.upn(), prt.upn());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn seal(&self, key: &SealingKey, seed: Seed) -> Vec<u8> {
        let stored = Stored {
            authority: self.config.cloud().authority().to_owned(),
            tenant: self.config.tenant().to_string(),
            device: Base64::encode_string(self.device.certificate()),
            upn: self.upn.as_str().to_owned(),
            token: Zeroizing::new(self.token.expose().to_owned()),
            session_key: Zeroizing::new(Base64::encode_string(self.session_key.bytes())),
            token_type: self.token_type.clone(),
            issued_at: self.issued_at.as_secs(),
            lifetime: self.lifetime.map(|lifetime| lifetime.as_secs()),
            metadata: self.metadata.as_ref().map(|metadata| StoredMetadata {
                issuer: metadata.issuer().to_owned(),
                kdf_ver2: metadata.kdf_ver2(),
            }),
            id_token: self.id_token.as_ref().map(|token| token.claims().clone()),
            client_info: self.client_info.as_ref().map(|info| info.ids().clone()),
        };
        let plain = to_json(&stored);
        let salt = salt(key, &Random::new(seed).draw(), &plain);
        let payload = Payload {
            msg: &plain,
            aad: &HEADER,
        };
        // AES-GCM encrypts anything shorter than 64 GiB.
        let sealed = cipher(key, &salt).encrypt(&nonce(), payload).unwrap_or_default();
        [&HEADER[..], &salt, &sealed].concat()
    }

    /// Opens a sealed token. The switches are those of `config`; authority and tenant must be those of the sign-in.
    ///
    /// # Errors
    /// A [`SealError`], which reveals nothing about the content before it is authenticated.
    pub fn unseal(sealed: &[u8], key: &SealingKey, config: &Config) -> Result<Self, SealError> {
        let (header, rest) = sealed.split_first_chunk::<7>().ok_or(SealError::NotSealed)?;
        match *header {
            HEADER => {}
            [b'C', b'B', b'A', b'P', b'R', b'T', version] => return Err(SealError::Version(version)),
            _ => return Err(SealError::NotSealed),
        }
        let (salt, sealed) = rest.split_first_chunk::<SALT>().ok_or(SealError::NotSealed)?;
        let payload = Payload {
            msg: sealed,
            aad: &HEADER,
        };
        let plain = cipher(key, salt)
            .decrypt(&nonce(), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Unopened)?;
        let stored: Stored = serde_json::from_slice(&plain).map_err(|_| SealError::NotSealed)?;
        if stored.authority != config.cloud().authority() || stored.tenant != config.tenant().as_str() {
            return Err(SealError::AnotherAuthority);
        }
        stored.restore(config).ok_or(SealError::NotSealed)
    }
}

impl Stored {
    fn restore(self, config: &Config) -> Option<PrimaryRefreshToken> {
        let certificate = CertificateDer::from(Base64::decode_vec(&self.device).ok()?);
        let session_key = Zeroizing::new(Base64::decode_vec(&self.session_key).ok()?);
        Some(PrimaryRefreshToken {
            config: config.clone(),
            device: Device::from_certificate(&certificate).ok()?,
            upn: Upn::parse(&self.upn).ok()?,
            token: Secret::new(self.token),
            session_key: SessionKey::try_from(session_key.as_slice()).ok()?,
            token_type: self.token_type,
            issued_at: UnixTime::since_unix_epoch(Duration::from_secs(self.issued_at)),
            lifetime: self.lifetime.map(Duration::from_secs),
            metadata: self
                .metadata
                .map(|stored| IssuerMetadata::new(stored.issuer).with_kdf_ver2(stored.kdf_ver2)),
            id_token: self.id_token.map(IdToken::from),
            client_info: self.client_info.map(ClientInfo::from),
            kerberos: KerberosTickets::default(),
        })
    }
}

/// Random, and bound to the content: a seed that repeats (a restored snapshot, a constant in a test) must not put two contents under
/// one key and nonce, which would break AES-GCM.
fn salt(key: &SealingKey, drawn: &[u8; 32], plain: &[u8]) -> [u8; SALT] {
    hmac_sha256(&key.0, &[b"cba-protocol salt of a sealed token", drawn, plain])
}

/// Each sealing has its own key, derived with a salt of 256 bits, so that a nonce is never used with the same key twice.
fn cipher(key: &SealingKey, salt: &[u8; SALT]) -> Aes256Gcm {
    let derived = Zeroizing::new(hmac_sha256(&key.0, &[b"cba-protocol sealed token", salt]));
    Aes256Gcm::new((&*derived).into())
}

fn nonce() -> Nonce<aes_gcm::aead::consts::U12> {
    Nonce::from([0; 12])
}
