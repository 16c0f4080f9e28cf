//! Second message: which credentials the service offers to the user.

use http::StatusCode;

use super::{Browsing, foreign};
use crate::answer::Answer;
use crate::config::CredentialTypeForm;
use crate::discovery::{Federation, NotManaged};
use crate::error::Error;
use crate::flow::access_token::AccessToken;
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::{CredentialType, CredentialTypeRequest, ErrorBody, Page};

const STATE: State = State::CredentialType;

impl Browsing {
    pub(super) fn ask_credential_type(self, page: Page) -> Result<Step<AccessToken>, Error> {
        let (Some(url), Some(ctx), Some(flow_token)) = (page.url_credential_type, page.ctx, page.flow_token)
        else {
            return Err(Error::ProtocolChanged {
                state: State::Authorize,
                what: "the page has no urlGetCredentialType, sCtx or sFT",
            });
        };
        let url = self.own_url(State::Authorize, &url)?;
        let body = CredentialTypeRequest {
            username: self.upn.as_str(),
            flow_token: flow_token.expose(),
            ..CredentialTypeRequest::default()
        };
        let body = match self.context.config.web().credential_type() {
            CredentialTypeForm::Short => body,
            CredentialTypeForm::Browser => CredentialTypeRequest {
                is_other_idp_supported: Some(true),
                check_phones: Some(false),
                is_remote_ngc_supported: Some(false),
                is_cookie_banner_shown: Some(false),
                is_fido_supported: Some(false),
                is_access_pass_supported: Some(false),
                original_request: Some(ctx.expose()),
                ..body
            },
        };
        let request = self.context.post_json(STATE, &url, &body)?;
        Ok(self.send(STATE, request, move |browsing, answer, _| {
            browsing.read_credential_type(&answer, &ctx, flow_token)
        }))
    }

    fn read_credential_type(
        self,
        answer: &Answer,
        ctx: &Secret,
        flow_token: Secret,
    ) -> Result<Step<AccessToken>, Error> {
        let limits = self.context.config.limits();
        if !answer.status.is_success() {
            return answer
                .refusal(limits)
                .map(|refusal| Step::Done(Outcome::refused(refusal)));
        }
        let offered: CredentialType = answer.json(limits)?;
        if let Some(outcome) = self.not_offered(&offered) {
            return Ok(Step::Done(outcome));
        }
        let certificate = offered
            .credentials
            .and_then(|credentials| credentials.certificate);
        let Some(url) = certificate.and_then(|certificate| certificate.url) else {
            return Ok(Step::Done(refused(
                "certificate_not_offered",
                "the tenant does not offer sign-in with a certificate",
            )));
        };
        if !self.context.config.cloud().asks_for_certificate(&url) {
            return Err(foreign(STATE, &url));
        }
        self.present_certificate(&url, ctx, &offered.flow_token.unwrap_or(flow_token))
    }

    /// Why the user cannot sign in with a certificate here, as far as the answer says it apart from the missing URL.
    fn not_offered(&self, offered: &CredentialType) -> Option<Outcome<AccessToken>> {
        if offered.throttle == Some(1) || offered.exists == Some(2) {
            return Some(refused(
                "temporarily_unavailable",
                "the service limits the requests for this user or from this address",
            ));
        }
        if matches!(offered.exists, Some(4 | -1)) {
            return Some(refused("server_error", "the service could not look the user up"));
        }
        let domain = self
            .upn
            .as_str()
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_owned());
        if offered.exists == Some(1) {
            return Some(Outcome::NotManaged(NotManaged::Unknown { domain }));
        }
        let credentials = offered.credentials.as_ref();
        if credentials.is_some_and(|credentials| credentials.certificate.is_some()) {
            return None;
        }
        let federated = credentials.is_some_and(|credentials| credentials.federation.is_some())
            || offered
                .properties
                .as_ref()
                .is_some_and(|properties| properties.domain_type == Some(4));
        if federated {
            return Some(Outcome::NotManaged(NotManaged::Federated(Federation::default())));
        }
        (offered.exists == Some(5)).then_some(Outcome::NotManaged(NotManaged::Personal))
    }
}

fn refused(error: &str, message: &str) -> Outcome<AccessToken> {
    let body = ErrorBody {
        error: Some(error.to_owned()),
        error_description: Some(message.to_owned()),
        ..ErrorBody::default()
    };
    Outcome::refused(Refusal::new(STATE, StatusCode::OK, None, body))
}
