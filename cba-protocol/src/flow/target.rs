//! The service that a token is for, and the answer with the token.

use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::access_token::AccessToken;
use super::context::Context;
use crate::answer::Answer;
use crate::config::Endpoint;
use crate::error::Error;
use crate::jose::Integrity;
use crate::printable::{MAX_NAME, line};
use crate::prt::IdToken;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::TokenAnswer;

/// Application id of the registration service, as public clients ask for it.
const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";

/// The service that a token is for: `resource` in version 1, `scope` in version 2.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) resource: Option<String>,
    pub(super) scope: Option<String>,
}

impl Target {
    /// The registration service of the configured cloud.
    pub(super) fn registration() -> Self {
        Self {
            resource: None,
            scope: None,
        }
    }

    /// The fields of a request.
    pub(super) fn fields(&self, context: &Context) -> Vec<(&'static str, String)> {
        let config = &context.config;
        match config.web().endpoint() {
            Endpoint::V1 => {
                let resource = self
                    .resource
                    .clone()
                    .unwrap_or_else(|| config.cloud().registration_resource().to_owned());
                let scope = self.scope.clone().unwrap_or_else(|| "openid profile".to_owned());
                vec![("resource", resource), ("scope", scope)]
            }
            Endpoint::V2 => {
                let scope = self
                    .scope
                    .clone()
                    .unwrap_or_else(|| format!("openid profile offline_access {REGISTRATION}/.default"));
                vec![("scope", scope)]
            }
        }
    }
}

/// URL of an OAuth endpoint of the configured version.
pub(super) fn endpoint(context: &Context, name: &str) -> String {
    let tenant = context.config.tenant();
    let version = match context.config.web().endpoint() {
        Endpoint::V1 => "",
        Endpoint::V2 => "v2.0/",
    };
    context.url(&format!("/{tenant}/oauth2/{version}{name}"))
}

/// The tokens of a successful answer (RFC 6749 section 5.1).
pub(super) fn granted(context: &Context, answer: &Answer, now: UnixTime) -> Result<Step<AccessToken>, Error> {
    let answer: TokenAnswer = answer.json(context.config.limits())?;
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
        received_at: now,
        lifetime: answer.expires_in.map(Duration::from_secs),
        refresh_token: answer.refresh_token,
        id_token: answer.id_token.as_deref().and_then(IdToken::read),
        integrity: Integrity::TlsOnly,
    }))))
}
