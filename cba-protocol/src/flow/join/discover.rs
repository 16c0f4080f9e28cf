//! Discovery of the registration service.

use http::Method;
use http::header::AUTHORIZATION;

use super::{Joining, Registration, service};
use crate::answer::Answer;
use crate::cloud::Tenant;
use crate::config::DiscoveryRequest;
use crate::error::Error;
use crate::guid;
use crate::printable::{MAX_MESSAGE, line};
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::DiscoveryDocument;

const STATE: State = State::Discovery;

/// Version of the discovery document, as public clients ask for it.
const API_VERSION: &str = "1.9";

/// Result of the discovery: where to join.
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) api_version: Option<String>,
}

impl Joining {
    pub(super) fn discover(self) -> Result<Step<Registration>, Error> {
        let config = &self.context.config;
        let host = config.cloud().registration();
        let unwritable = || Error::UnwritableRequest { state: STATE };
        let with_token = config.registration().discovery() == DiscoveryRequest::WithToken;
        let tenant = if *config.tenant() == Tenant::common() {
            Tenant::parse(self.domain()).map_err(|_| unwritable())?
        } else {
            config.tenant().clone()
        };
        let managed = if with_token { "&managed=True" } else { "" };
        let url = format!("https://{host}/{tenant}/Discover?api-version={API_VERSION}{managed}");
        let mut request = self.context.request(STATE, Method::GET, &url, Vec::new())?;
        service::name_client(config, &mut request);
        if with_token {
            let token = self.authorization().ok_or_else(unwritable)?;
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        let recorder = self.context.recorder.clone();
        Ok(Step::send(STATE, request, recorder, |answer, _| {
            self.discovered(&answer)
        }))
    }

    fn discovered(mut self, answer: &Answer) -> Result<Step<Registration>, Error> {
        let config = &self.context.config;
        let changed = |what| Error::ProtocolChanged { state: STATE, what };
        if !answer.status.is_success() {
            let refusal = service::refusal(answer, config.limits())?;
            return Ok(Step::Done(Outcome::refused(refusal)));
        }
        let document: DiscoveryDocument = answer.json(config.limits())?;
        let join = document
            .join
            .ok_or(changed("the document has no DeviceJoinService"))?;
        let url = join
            .join_endpoint
            .ok_or(changed("the document has no JoinEndpoint"))?;
        if !config.cloud().is_registration(&url) {
            return Err(Error::ForeignHost {
                state: STATE,
                url: line(&url, MAX_MESSAGE),
            });
        }
        if url.contains(['?', '#']) {
            return Err(changed("the JoinEndpoint has a query"));
        }
        let plain = |version: &String| {
            (1..=8).contains(&version.len()) && version.bytes().all(|c| c.is_ascii_digit() || c == b'.')
        };
        if join
            .service_version
            .as_ref()
            .is_some_and(|version| !plain(version))
        {
            return Err(changed("the ServiceVersion is not a version"));
        }
        let named = document.tenant.and_then(|tenant| tenant.tenant_id);
        if let Some(named) = named.and_then(|id| guid::parse(&id)) {
            if self.tenant.is_some_and(|asked| asked != named) {
                return Err(changed("the document is that of another tenant"));
            }
            self.tenant = Some(named);
        }
        Ok(self.make_keys(Some(Endpoint {
            url,
            api_version: join.service_version,
        })))
    }
}
