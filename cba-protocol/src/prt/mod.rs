//! The primary refresh token.

mod exchange;
mod id_token;
mod kerberos;
mod renewal;
mod sealed;
mod sign_out;
mod sso;
mod token;

use core::fmt;
use core::time::Duration;

use rustls_pki_types::UnixTime;
use upn_resolver::Upn;

use crate::flow::{Flow, IssuerMetadata};
use crate::jose::KdfVersion;
use crate::printable::{MAX_NAME, line};
use crate::wire::TokenAnswer;
use crate::{Config, Device, Error, Secret, SessionKey};

pub use id_token::{ClientInfo, IdToken};
pub use kerberos::{KerberosTicket, KerberosTickets};
pub use renewal::Renewal;
pub use sealed::{SealError, SealingKey};
pub use sso::{Freshness, SsoContext, SsoCredential, device_credential};
pub use token::{AccessToken, TokenRequest};

/// How often Windows renews a primary refresh token, and how long one lives that is not renewed.
/// <https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token>
const RENEWAL: Duration = Duration::from_secs(4 * 60 * 60);

/// A primary refresh token with its session key: the long-lived proof that this user signed in on this device.
///
/// Both secrets are wiped when it is dropped and never printed.
#[derive(Clone)]
pub struct PrimaryRefreshToken {
    pub(crate) config: Config,
    pub(crate) device: Device,
    pub(crate) upn: Upn,
    pub(crate) token: Secret,
    pub(crate) session_key: SessionKey,
    pub(crate) token_type: String,
    pub(crate) issued_at: UnixTime,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) metadata: Option<IssuerMetadata>,
    pub(crate) id_token: Option<IdToken>,
    pub(crate) client_info: Option<ClientInfo>,
    pub(crate) kerberos: KerberosTickets,
}

impl PrimaryRefreshToken {
    pub(crate) fn issued(
        flow: Flow,
        answer: TokenAnswer,
        session_key: SessionKey,
        now: UnixTime,
    ) -> Result<Self, Error> {
        let missing = Error::ProtocolChanged {
            state: crate::flow::State::Token,
            what: "the answer has no refresh_token",
        };
        let kerberos = KerberosTickets::read(&answer, &session_key);
        Ok(Self {
            kerberos,
            token: answer.refresh_token.ok_or(missing)?,
            session_key,
            token_type: line(&answer.token_type.unwrap_or_default(), MAX_NAME),
            issued_at: now,
            lifetime: answer.refresh_token_expires_in.map(Duration::from_secs),
            metadata: flow.metadata,
            id_token: answer.id_token.as_deref().and_then(IdToken::read),
            client_info: answer.client_info.as_deref().and_then(ClientInfo::read),
            config: flow.context.config,
            device: flow.device,
            upn: flow.upn,
        })
    }

    /// The token itself. It is of no use without its session key.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `token_type`: `pop`, unless [`TokenTypeCheck::Skipped`](crate::config::TokenTypeCheck) let another value pass.
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// The name that was signed in: `iss` of the assertion.
    #[must_use]
    pub fn upn(&self) -> &Upn {
        &self.upn
    }

    /// The device it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The metadata that the sign-in read, for a cache.
    #[must_use]
    pub fn metadata(&self) -> Option<&IssuerMetadata> {
        self.metadata.as_ref()
    }

    /// What the id token says about the user. It is not signed: trust it as far as the TLS connection that it came through.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// `client_info`: user and tenant as object ids.
    #[must_use]
    pub fn client_info(&self) -> Option<&ClientInfo> {
        self.client_info.as_ref()
    }

    /// Kerberos tickets, when they were asked for ([`Config::kerberos`](crate::Config::kerberos)) and the server had some.
    #[must_use]
    pub fn kerberos(&self) -> &KerberosTickets {
        &self.kerberos
    }

    /// When the server gave it.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// How long the server lets it live, to the second: 14 days are [usual][prt].
    ///
    /// [prt]: https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.lifetime
    }

    /// When it ends unless renewed.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.lifetime.map(|lifetime| later(self.issued_at, lifetime))
    }

    /// When to renew it, seen from `now`: four hours after it was issued, as [Windows does][prt], earlier when it ends earlier,
    /// and at once when that has passed.
    ///
    /// [prt]: https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token
    #[must_use]
    pub fn renew_at(&self, now: UnixTime) -> UnixTime {
        let due = later(
            self.issued_at,
            self.lifetime
                .map_or(RENEWAL, |lifetime| RENEWAL.min(lifetime / 2)),
        );
        due.max(now)
    }

    /// How to derive the keys of this token's requests: as the sign-in offered.
    fn kdf_version(&self) -> KdfVersion {
        self.config.kdf.version(self.metadata.as_ref())
    }
}

fn later(time: UnixTime, by: Duration) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(time.as_secs()).saturating_add(by))
}

impl fmt::Debug for PrimaryRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrimaryRefreshToken")
            .field("upn", &self.upn)
            .field("issued_at", &self.issued_at)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
