//! Access tokens for applications.

use core::fmt;
use core::time::Duration;

use http::HeaderValue;
use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::NonceRetry;
use super::context::Context;
use super::exchange::{Exchanging, Purpose, Used};
use crate::error::Error;
use crate::jose::Integrity;
use crate::printable::{MAX_NAME, line};
use crate::prt::{IdToken, PrimaryRefreshToken, later};
use crate::recorder::Kind;
use crate::secret::Secret;
use crate::seed::Seed;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::transcript::Transcript;
use crate::wire::{ExchangeClaims, TokenAnswer};

/// Request for an access token: [MS-OAPXBC] 3.2.5.1.3.1. Made by [`PrimaryRefreshToken::token_request`].
#[must_use = "call start() to begin"]
pub struct TokenRequest {
    prt: PrimaryRefreshToken,
    wanted: Wanted,
    transcript: Option<Transcript>,
}

struct Wanted {
    client_id: String,
    scope: String,
    resource: Option<String>,
    redirect_uri: String,
    claims: Option<String>,
}

/// Access token, with the other values of the answer.
pub struct AccessToken {
    pub(super) token: Secret,
    pub(super) token_type: String,
    pub(super) scope: Option<String>,
    pub(super) received_at: UnixTime,
    pub(super) lifetime: Option<Duration>,
    pub(super) refresh_token: Option<Secret>,
    pub(super) id_token: Option<IdToken>,
    pub(super) id_token_jwt: Option<Secret>,
    pub(super) integrity: Integrity,
}

impl PrimaryRefreshToken {
    /// Creates a request for an access token of the application `client_id`. `scope` contains scopes separated by spaces; `openid`
    /// is added if it is missing, because the specification requires it.
    ///
    /// ```
    /// # use cba_protocol::{Error, PrimaryRefreshToken, Seed, Step, AccessToken, Transcript};
    /// # use rustls_pki_types::UnixTime;
    /// # fn example(prt: &PrimaryRefreshToken, seed: Seed, now: UnixTime, transcript: &Transcript)
    /// # -> Result<Step<AccessToken>, Error> {
    /// let step = prt
    ///     .token_request("1b730954-1685-4b74-9bfd-dac224a7b894", "openid")
    ///     .with_resource("https://graph.microsoft.com")
    ///     .with_redirect_uri("https://login.microsoftonline.com/common/oauth2/nativeclient")
    ///     .with_transcript(transcript)
    ///     .start(seed, now)?;
    /// # Ok(step) }
    /// ```
    pub fn token_request(&self, client_id: &str, scope: &str) -> TokenRequest {
        let openid = scope.split_ascii_whitespace().any(|scope| scope == "openid");
        let wanted = Wanted {
            client_id: client_id.to_owned(),
            scope: if openid {
                scope.to_owned()
            } else {
                format!("openid {scope}").trim_end().to_owned()
            },
            resource: None,
            redirect_uri: format!("ms-appx-web://Microsoft.AAD.BrokerPlugin/{client_id}"),
            claims: None,
        };
        TokenRequest {
            prt: self.clone(),
            wanted,
            transcript: None,
        }
    }
}

impl TokenRequest {
    /// Sets `resource`: the service that the token is for.
    pub fn with_resource(mut self, resource: &str) -> Self {
        self.wanted.resource = Some(resource.to_owned());
        self
    }

    /// Sets `redirect_uri`, if the application's is not the broker's.
    pub fn with_redirect_uri(mut self, uri: &str) -> Self {
        uri.clone_into(&mut self.wanted.redirect_uri);
        self
    }

    /// Sets `claims`: the JSON of an [`Interaction`](crate::Interaction) or of a claims challenge.
    pub fn with_claims(mut self, json: &str) -> Self {
        self.wanted.claims = Some(json.to_owned());
        self
    }

    /// Records the flow in `transcript`.
    pub fn with_transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = Some(transcript.clone());
        self
    }

    /// Returns the first step. No key operation follows, because the session key signs.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the request cannot be written.
    pub fn start(self, seed: Seed, now: UnixTime) -> Result<Step<AccessToken>, Error> {
        let context = Context::new(Kind::AccessToken, self.prt.config.clone(), seed, self.transcript);
        Exchanging {
            prt: self.prt,
            context,
            purpose: self.wanted,
            nonce_retry: NonceRetry::Available,
        }
        .start(now)
    }
}

impl Purpose for Wanted {
    type Granted = AccessToken;

    fn claims<'a>(&'a self, _prt: &'a PrimaryRefreshToken, common: ExchangeClaims<'a>) -> ExchangeClaims<'a> {
        ExchangeClaims {
            client_id: &self.client_id,
            scope: &self.scope,
            resource: self.resource.as_deref(),
            redirect_uri: Some(&self.redirect_uri),
            ..common
        }
    }

    fn form(&self) -> Vec<(&str, &str)> {
        self.claims
            .iter()
            .map(|claims| ("claims", claims.as_str()))
            .collect()
    }

    fn granted(self, used: Used, answer: TokenAnswer) -> Result<Step<AccessToken>, Error> {
        AccessToken::granted(answer, used.now, used.integrity)
    }
}

impl AccessToken {
    /// The end of a flow with the tokens of a successful answer (RFC 6749 section 5.1).
    pub(super) fn granted(
        answer: TokenAnswer,
        received_at: UnixTime,
        integrity: Integrity,
    ) -> Result<Step<Self>, Error> {
        let missing = Error::ProtocolChanged {
            state: State::Token,
            what: "the answer has no access_token",
        };
        let token = answer
            .access_token
            .filter(|token| !token.expose().is_empty())
            .ok_or(missing)?;
        Ok(Step::Done(Outcome::Granted(Box::new(Self {
            token,
            token_type: line(&answer.token_type.unwrap_or_default(), MAX_NAME),
            scope: answer.scope,
            received_at,
            lifetime: answer.expires_in.map(Duration::from_secs),
            refresh_token: answer.refresh_token,
            id_token: answer.id_token.as_deref().and_then(IdToken::read),
            id_token_jwt: answer.id_token.map(Secret::from),
            integrity,
        }))))
    }

    /// The token. [`authorization`](Self::authorization) is the header with it.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `token_type`: `bearer`.
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// Granted scopes, if the server names them.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Expiry time.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.lifetime.map(|lifetime| later(self.received_at, lifetime))
    }

    /// Refresh token of the application; a new primary one if the scopes contained `aza`. That of a web sign-in of the broker starts
    /// [`SignIn::with_refresh_token`](crate::SignIn::with_refresh_token).
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// Claims about the user. They are not signed.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// ID token as the server sent it, a compact JWT that may be unsigned, for an application that reads it itself.
    #[must_use]
    pub fn id_token_jwt(&self) -> Option<&Secret> {
        self.id_token_jwt.as_ref()
    }

    /// Protection of the answer in transit.
    #[must_use]
    pub fn integrity(&self) -> Integrity {
        self.integrity
    }

    /// Value of the header `Authorization`, marked sensitive; `None` if the token contains a character that a header must not have.
    #[must_use]
    pub fn authorization(&self) -> Option<HeaderValue> {
        let text = Zeroizing::new(format!("Bearer {}", self.token.expose()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("scope", &self.scope)
            .field("lifetime", &self.lifetime)
            .field("integrity", &self.integrity)
            .finish_non_exhaustive()
    }
}
