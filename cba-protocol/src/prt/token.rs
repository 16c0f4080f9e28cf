//! Access tokens for applications.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;

use rustls_pki_types::UnixTime;

use super::exchange::{Exchanging, Purpose, Used};
use super::{IdToken, PrimaryRefreshToken, later};
use crate::flow::context::Context;
use crate::flow::{Replacement, State};
use crate::jose::Integrity;
use crate::printable::{MAX_NAME, line};
use crate::wire::{ExchangeClaims, TokenAnswer};
use crate::{Error, Outcome, Secret, Seed, Step, Transcript};

/// A request for an access token: [MS-OAPXBC] 3.2.5.1.3.1. Begin with [`PrimaryRefreshToken::token_request`].
#[must_use = "call start() to begin"]
pub struct TokenRequest {
    prt: PrimaryRefreshToken,
    wanted: Wanted,
    transcript: Transcript,
}

struct Wanted {
    client_id: String,
    scope: String,
    resource: Option<String>,
    redirect_uri: String,
    claims: Option<String>,
}

/// An access token, and what came with it.
pub struct AccessToken {
    token: Secret,
    token_type: String,
    scope: Option<String>,
    received_at: UnixTime,
    lifetime: Option<Duration>,
    refresh_token: Option<Secret>,
    id_token: Option<IdToken>,
    integrity: Integrity,
}

impl PrimaryRefreshToken {
    /// Asks for an access token of an application, by its client id, for the scopes in `scope`, separated by blanks. `openid`
    /// is added where it is missing, since the specification requires it.
    ///
    /// ```
    /// # use cba_protocol::{Error, PrimaryRefreshToken, Seed, Step, AccessToken, Transcript};
    /// # use rustls_pki_types::UnixTime;
    /// # fn example(prt: &PrimaryRefreshToken, seed: Seed, now: UnixTime, transcript: &Transcript)
    /// # -> Result<Step<AccessToken>, Error> {
    /// let step = prt
    ///     .token_request("1b730954-1685-4b74-9bfd-dac224a7b894", "openid")
    ///     .resource("https://graph.microsoft.com")
    ///     .redirect_uri("https://login.microsoftonline.com/common/oauth2/nativeclient")
    ///     .transcript(transcript)
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
            transcript: Transcript::default(),
        }
    }
}

impl TokenRequest {
    /// `resource`: for whom the token is.
    pub fn resource(mut self, resource: &str) -> Self {
        self.wanted.resource = Some(resource.to_owned());
        self
    }

    /// `redirect_uri`, where the application has another one than the broker's.
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        uri.clone_into(&mut self.wanted.redirect_uri);
        self
    }

    /// `claims`: the JSON of an [`Interaction`](crate::Interaction) or of a claims challenge.
    pub fn claims(mut self, json: &str) -> Self {
        self.wanted.claims = Some(json.to_owned());
        self
    }

    /// Writes along in this transcript.
    pub fn transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = transcript.clone();
        self
    }

    /// The first step. No key is asked for: the session key signs.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] when the request cannot be written.
    pub fn start(self, seed: Seed, now: UnixTime) -> Result<Step<AccessToken>, Error> {
        let context = Context::new(self.prt.config.clone(), seed, self.transcript);
        Exchanging {
            prt: self.prt,
            context,
            purpose: self.wanted,
            replacement: Replacement::Left,
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
        let missing = Error::ProtocolChanged {
            state: State::Token,
            what: "the answer has no access_token",
        };
        let token = answer
            .access_token
            .filter(|token| !token.expose().is_empty())
            .ok_or(missing)?;
        Ok(Step::Done(Outcome::Granted(Box::new(AccessToken {
            token,
            token_type: line(&answer.token_type.unwrap_or_default(), MAX_NAME),
            scope: answer.scope,
            received_at: used.now,
            lifetime: answer.expires_in.map(Duration::from_secs),
            refresh_token: answer.refresh_token,
            id_token: answer.id_token.as_deref().and_then(IdToken::read),
            integrity: used.integrity,
        }))))
    }
}

impl AccessToken {
    /// The token, for the header `Authorization`.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// `token_type`: `bearer`.
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// What it is good for, when the server says so.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.lifetime.map(|lifetime| later(self.received_at, lifetime))
    }

    /// A refresh token of the application; a new primary one when the scope held `aza`.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// Who the token is about. Not signed.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// What protected the answer on its way.
    #[must_use]
    pub fn integrity(&self) -> Integrity {
        self.integrity
    }

    /// The value of the header `Authorization`.
    #[must_use]
    pub fn authorization(&self) -> Option<http::HeaderValue> {
        let text = zeroize::Zeroizing::new(format!("Bearer {}", self.token.expose()));
        let mut value = http::HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("scope", &self.scope.as_deref().map(Cow::Borrowed))
            .field("lifetime", &self.lifetime)
            .field("integrity", &self.integrity)
            .finish_non_exhaustive()
    }
}
