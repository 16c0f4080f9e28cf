//! Storage of a primary refresh token: encrypted with a key of the caller, never plain.

use core::time::Duration;

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
use crate::sealing::{Content, SealError, SealingKey};
use crate::secret::{Secret, SessionKey};
use crate::seed::Seed;
use crate::wire::to_json;

const CONTENT: Content = Content {
    header: *b"CBAPRT\x01",
    salt: b"cba-protocol salt of a sealed token",
    key: b"cba-protocol sealed token",
};

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

impl PrimaryRefreshToken {
    /// Encrypts and authenticates the token with `key`, and returns the bytes to store.
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
        CONTENT.seal(key, seed, &to_json(&stored))
    }

    /// Opens a sealed token. The switches are those of `config`; authority and tenant must be those of the sign-in.
    ///
    /// # Errors
    /// A [`SealError`], which reveals nothing about the content before it is authenticated.
    pub fn unseal(sealed: &[u8], key: &SealingKey, config: &Config) -> Result<Self, SealError> {
        let plain = CONTENT.open(key, sealed)?;
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
