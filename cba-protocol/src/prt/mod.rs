//! The primary refresh token, and the other values of its answer.

mod id_token;
mod kerberos;
mod sealed;
mod sso;

use core::fmt;
use core::time::Duration;

use rustls_pki_types::UnixTime;
use upn_resolver::Upn;

use crate::config::{Config, PrtNonce};
use crate::device::Device;
use crate::discovery::IssuerMetadata;
use crate::error::Error;
use crate::kdf::KdfVersion;
use crate::percent::percent_encode;
use crate::printable::{MAX_NAME, line};
use crate::secret::{Secret, SessionKey};
use crate::state::State;
use crate::wire::TokenAnswer;

pub use id_token::{ClientInfo, IdToken};
pub use kerberos::{KerberosTicket, KerberosTickets};
pub(crate) use sso::claims as sso_claims;
pub use sso::{Freshness, SsoContext, SsoCredential};

/// Interval at which Windows renews a primary refresh token.
/// <https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token>
const RENEWAL: Duration = Duration::from_secs(4 * 60 * 60);

/// Primary refresh token (PRT) with its session key: the long-lived credential of one user on one device.
///
/// Both secrets are wiped when it is dropped, and never printed.
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

/// Who signed in where: what a token keeps of its sign-in.
pub(crate) struct Subject {
    pub(crate) config: Config,
    pub(crate) device: Device,
    pub(crate) upn: Upn,
    pub(crate) metadata: Option<IssuerMetadata>,
}

impl PrimaryRefreshToken {
    /// The token of a sign-in.
    pub(crate) fn issued(
        subject: Subject,
        answer: TokenAnswer,
        session_key: SessionKey,
        now: UnixTime,
    ) -> Result<Self, Error> {
        let kerberos = KerberosTickets::read(&answer, &session_key);
        let Subject {
            config,
            device,
            upn,
            metadata,
        } = subject;
        Ok(Self {
            token: refresh_token(answer.refresh_token)?,
            session_key,
            token_type: line(&answer.token_type.unwrap_or_default(), MAX_NAME),
            issued_at: now,
            lifetime: answer.refresh_token_expires_in.map(Duration::from_secs),
            metadata,
            id_token: answer.id_token.as_deref().and_then(IdToken::read),
            client_info: answer.client_info.as_deref().and_then(ClientInfo::read),
            kerberos,
            config,
            device,
            upn,
        })
    }

    /// The token that takes the place of this one.
    pub(crate) fn renewed(
        self,
        answer: TokenAnswer,
        session_key: SessionKey,
        now: UnixTime,
    ) -> Result<Self, Error> {
        let kerberos = KerberosTickets::read(&answer, &session_key);
        Ok(Self {
            token: refresh_token(answer.refresh_token)?,
            session_key,
            // [MS-OAPXBC] 3.2.5.1.3.2: `token_type` of this answer describes the access token, and is `bearer`.
            token_type: self.token_type,
            issued_at: now,
            lifetime: answer
                .refresh_token_expires_in
                .map(Duration::from_secs)
                .or(self.lifetime),
            kerberos,
            id_token: answer
                .id_token
                .as_deref()
                .and_then(IdToken::read)
                .or(self.id_token),
            ..self
        })
    }

    /// The token itself. It is useless without its session key.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `token_type`: `pop`, unless [`TokenTypeCheck::Skipped`](crate::config::TokenTypeCheck) allowed another value.
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// User name of the sign-in: `iss` of the assertion.
    #[must_use]
    pub fn upn(&self) -> &Upn {
        &self.upn
    }

    /// Device of the sign-in.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// OpenID metadata that the sign-in used, for a cache.
    #[must_use]
    pub fn metadata(&self) -> Option<&IssuerMetadata> {
        self.metadata.as_ref()
    }

    /// Claims about the user. They are not signed: trust them as far as the TLS connection.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// Object ids of user and tenant: `client_info`.
    #[must_use]
    pub fn client_info(&self) -> Option<&ClientInfo> {
        self.client_info.as_ref()
    }

    /// Kerberos tickets, if the [configuration](crate::Config::kerberos) requested them and the server had any.
    #[must_use]
    pub fn kerberos(&self) -> &KerberosTickets {
        &self.kerberos
    }

    /// Time of issue.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// Lifetime from the time of issue, in whole seconds. 14 days are [usual][prt].
    ///
    /// [prt]: https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.lifetime
    }

    /// Expiry time.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.lifetime.map(|lifetime| later(self.issued_at, lifetime))
    }

    /// Time of the next renewal, at the earliest `now`: four hours after the time of issue, as [Windows does][prt], or half of a
    /// shorter lifetime.
    ///
    /// [prt]: https://learn.microsoft.com/entra/identity/devices/concept-primary-refresh-token
    #[must_use]
    pub fn renew_at(&self, now: UnixTime) -> UnixTime {
        let interval = self
            .lifetime
            .map_or(RENEWAL, |lifetime| RENEWAL.min(lifetime / 2));
        later(self.issued_at, interval).max(now)
    }

    /// Sets [`Config::prt_nonce`](crate::Config::prt_nonce) of later requests. All other settings stay those of the sign-in.
    ///
    /// ```
    /// use cba_protocol::{PrimaryRefreshToken, config::PrtNonce};
    /// # fn example(prt: PrimaryRefreshToken) -> PrimaryRefreshToken {
    /// prt.with_prt_nonce(PrtNonce::Omitted)
    /// # }
    /// ```
    #[must_use]
    pub fn with_prt_nonce(mut self, prt_nonce: PrtNonce) -> Self {
        self.config = self.config.with_prt_nonce(prt_nonce);
        self
    }

    /// Wipes the token and its session key, and returns the URL that ends the user's sessions in a browser
    /// (<https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request>).
    ///
    /// No public source shows a message that revokes one primary refresh token. Delete every sealed copy, and have an administrator
    /// [revoke the user's sessions][revoke] if a device is lost.
    ///
    /// ```
    /// # fn example(prt: cba_protocol::PrimaryRefreshToken) {
    /// let url = prt.sign_out(Some("https://contoso.com/bye"));
    /// assert!(url.ends_with("/oauth2/v2.0/logout?post_logout_redirect_uri=https%3A%2F%2Fcontoso.com%2Fbye"));
    /// # }
    /// ```
    ///
    /// [revoke]: https://learn.microsoft.com/graph/api/user-revokesigninsessions
    #[must_use = "the browser's sessions continue until it opens the URL"]
    pub fn sign_out(self, post_logout_redirect_uri: Option<&str>) -> String {
        let (cloud, tenant) = (self.config.cloud().authority(), self.config.tenant());
        let mut url = format!("https://{cloud}/{tenant}/oauth2/v2.0/logout");
        if let Some(uri) = post_logout_redirect_uri {
            url.push_str("?post_logout_redirect_uri=");
            percent_encode(uri, &mut url);
        }
        url
    }

    /// Key derivation of this token's requests: the one that the sign-in offered.
    pub(crate) fn kdf_version(&self) -> KdfVersion {
        self.config.kdf().version(self.metadata.as_ref())
    }
}

fn refresh_token(token: Option<Secret>) -> Result<Secret, Error> {
    token
        .filter(|token| !token.expose().is_empty())
        .ok_or(Error::ProtocolChanged {
            state: State::Token,
            what: "the answer has no refresh_token",
        })
}

pub(crate) fn later(time: UnixTime, by: Duration) -> UnixTime {
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
