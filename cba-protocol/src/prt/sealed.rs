//! Storing a primary refresh token: sealed with a key that the caller brings, never plain.

use core::time::Duration;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Encoding};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Serialize};
use upn_resolver::Upn;
use zeroize::Zeroizing;

use super::{ClientInfo, IdToken, KerberosTickets, PrimaryRefreshToken};
use crate::flow::IssuerMetadata;
use crate::mac::hmac_sha256;
use crate::seed::Random;
use crate::{Config, Device, Secret, Seed, SessionKey};

/// `CBAPRT`, and the version of what follows: a salt of 32 octets, then AES-256-GCM.
const HEADER: [u8; 7] = *b"CBAPRT\x01";
const SALT: usize = 32;

/// A key that seals: 32 octets that a TPM or a keyring keeps. Wiped when dropped, without `Debug`.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

/// A sealed token cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It was sealed for another authority or tenant than the configuration names.
    #[error("the token was sealed for another authority or tenant than the configuration names")]
    AnotherAuthority,
    /// These octets are no sealed token.
    #[error("these bytes are no sealed token")]
    NotSealed,
    /// Another key, or changed octets.
    #[error("the token does not open: it was sealed with another key, or changed since")]
    Unopened,
    /// A version that this release does not know.
    #[error("the token was sealed in version {0}, which this release does not know")]
    Version(u8),
}

/// What is stored. Kerberos tickets are not: they come anew with each renewal.
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
    metadata: Option<IssuerMetadata>,
    id_token: Option<IdToken>,
    client_info: Option<ClientInfo>,
}

impl From<[u8; 32]> for SealingKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl PrimaryRefreshToken {
    /// The token as octets to store, encrypted and authenticated with `key`. The seed should be fresh for every call; one that is
    /// used twice by mistake shows no more than whether the same was stored twice.
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
            authority: self.config.cloud.authority().to_owned(),
            tenant: self.config.tenant.to_string(),
            device: Base64::encode_string(self.device.certificate()),
            upn: self.upn.as_str().to_owned(),
            token: Zeroizing::new(self.token.expose().to_owned()),
            session_key: Zeroizing::new(Base64::encode_string(self.session_key.bytes())),
            token_type: self.token_type.clone(),
            issued_at: self.issued_at.as_secs(),
            lifetime: self.lifetime.map(|lifetime| lifetime.as_secs()),
            metadata: self.metadata.clone(),
            id_token: self.id_token.clone(),
            client_info: self.client_info.clone(),
        };
        // A struct of texts and numbers always has a JSON form.
        let plain = Zeroizing::new(serde_json::to_vec(&stored).unwrap_or_default());
        let salt = salt(key, &Random::new(seed).draw(), &plain);
        let payload = Payload {
            msg: &plain,
            aad: &HEADER,
        };
        // AES-GCM encrypts anything shorter than 64 GiB.
        let sealed = cipher(key, &salt).encrypt(&nonce(), payload).unwrap_or_default();
        [&HEADER[..], &salt, &sealed].concat()
    }

    /// Opens what [`seal`](Self::seal) made. The switches are those of `config`; authority and tenant must be those of the
    /// sign-in.
    ///
    /// # Errors
    /// A [`SealError`]. Nothing is told about the content before it is authenticated.
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
        if stored.authority != config.cloud.authority() || stored.tenant != config.tenant.as_str() {
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
            token: Secret::from(self.token.as_str().to_owned()),
            session_key: SessionKey::try_from(session_key.as_slice()).ok()?,
            token_type: self.token_type,
            issued_at: UnixTime::since_unix_epoch(Duration::from_secs(self.issued_at)),
            lifetime: self.lifetime.map(Duration::from_secs),
            metadata: self.metadata,
            id_token: self.id_token,
            client_info: self.client_info,
            kerberos: KerberosTickets::default(),
        })
    }
}

/// Drawn, and bound to what is sealed: a caller's seed that repeats (a snapshot that was restored, a test's constant) must not
/// bring two contents under one key and nonce, which would undo AES-GCM.
fn salt(key: &SealingKey, drawn: &[u8; 32], plain: &[u8]) -> [u8; SALT] {
    hmac_sha256(&key.0, &[b"cba-protocol salt of a sealed token", drawn, plain])
}

/// Each sealing has its own key, derived with a salt of 256 bits, so that a nonce never meets the same key twice.
fn cipher(key: &SealingKey, salt: &[u8; SALT]) -> Aes256Gcm {
    let derived = Zeroizing::new(hmac_sha256(&key.0, &[b"cba-protocol sealed token", salt]));
    Aes256Gcm::new((&*derived).into())
}

fn nonce() -> Nonce<aes_gcm::aead::consts::U12> {
    Nonce::from([0; 12])
}
