//! The service that a token is for, and the answer with the token.

use rustls_pki_types::UnixTime;

use super::access_token::AccessToken;
use super::context::Context;
use crate::answer::Answer;
use crate::config::Endpoint;
use crate::error::Error;
use crate::jose::Integrity;
use crate::step::Step;
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

/// The setters of a flow with a `target` and a `transcript`.
macro_rules! setters {
    ($Flow:ident) => {
        /// Sets `resource`, the service that the token is for. Only version 1 of the endpoint sends it
        /// ([`config::Web::endpoint`](crate::config::Web::endpoint)).
        ///
        /// ```
        #[doc = concat!("# use cba_protocol::", stringify!($Flow), ";")]
        #[doc = concat!("# fn example(flow: ", stringify!($Flow), ") -> ", stringify!($Flow), " {")]
        /// flow.with_resource("https://graph.microsoft.com")
        /// # }
        /// ```
        pub fn with_resource(mut self, resource: &str) -> Self {
            self.target.resource = Some(resource.to_owned());
            self
        }

        /// Sets `scope`: scopes separated by spaces. In version 2 they name the service that the token is for.
        ///
        /// ```
        #[doc = concat!("# use cba_protocol::", stringify!($Flow), ";")]
        #[doc = concat!("# fn example(flow: ", stringify!($Flow), ") -> ", stringify!($Flow), " {")]
        /// flow.with_scope("openid offline_access https://graph.microsoft.com/.default")
        /// # }
        /// ```
        pub fn with_scope(mut self, scope: &str) -> Self {
            self.target.scope = Some(scope.to_owned());
            self
        }

        /// Records the flow in `transcript`.
        pub fn with_transcript(mut self, transcript: &Transcript) -> Self {
            self.transcript = Some(transcript.clone());
            self
        }
    };
}

pub(super) use setters;

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
    AccessToken::granted(answer, now, Integrity::TlsOnly)
}
