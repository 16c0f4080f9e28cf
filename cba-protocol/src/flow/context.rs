//! Context of every flow: configuration, correlation id, randomness and recorder.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use serde::Serialize;
use uuid::Uuid;

use crate::config::Config;
use crate::error::Error;
use crate::recorder::{Kind, Recorder};
use crate::seed::{Random, Seed};
use crate::state::State;
use crate::transcript::Transcript;
use crate::wire::to_json;
use crate::{guid, percent};

pub(crate) struct Context {
    pub(super) config: Config,
    pub(super) recorder: Recorder,
    pub(super) random: Random,
    correlation: Uuid,
}

impl Context {
    pub(crate) fn new(kind: Kind, config: Config, seed: Seed, transcript: Option<Transcript>) -> Self {
        let mut random = Random::new(seed);
        let correlation = guid::random(&mut random);
        Self {
            recorder: Recorder::begin(kind, transcript, &config, Some(&correlation)),
            config,
            random,
            correlation,
        }
    }

    /// `GET` of a path below the authority.
    pub(super) fn get(&self, state: State, path: &str) -> Result<Request<Vec<u8>>, Error> {
        self.request(state, Method::GET, &self.url(path), Vec::new())
    }

    /// `POST` of a form to the token endpoint: [MS-OAPXBC] 3.2.5.1.
    pub(super) fn post(&self, state: State, form: &[(&str, &str)]) -> Result<Request<Vec<u8>>, Error> {
        let url = self.url(&format!("/{}/oauth2/token", self.config.tenant()));
        self.post_form(state, &url, form)
    }

    /// `POST` of a form.
    pub(super) fn post_form(
        &self,
        state: State,
        url: &str,
        form: &[(&str, &str)],
    ) -> Result<Request<Vec<u8>>, Error> {
        let mut request = self.request(state, Method::POST, url, percent::form(form).into_bytes())?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        Ok(request)
    }

    /// `POST` of JSON.
    pub(super) fn post_json(
        &self,
        state: State,
        url: &str,
        body: &impl Serialize,
    ) -> Result<Request<Vec<u8>>, Error> {
        let body = core::mem::take(&mut *to_json(body));
        let mut request = self.request(state, Method::POST, url, body)?;
        let json = HeaderValue::from_static("application/json; charset=UTF-8");
        request.headers_mut().insert(CONTENT_TYPE, json);
        Ok(request)
    }

    /// URL of a path on the sign-in host.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.config.cloud().authority())
    }

    pub(super) fn request(
        &self,
        state: State,
        method: Method,
        url: &str,
        body: Vec<u8>,
    ) -> Result<Request<Vec<u8>>, Error> {
        let unwritable = || Error::UnwritableRequest { state };
        let uri: Uri = url.parse().map_err(|_| unwritable())?;
        let correlation = HeaderValue::try_from(self.correlation.to_string()).map_err(|_| unwritable())?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.config.user_agent().clone());
        headers.insert("client-request-id", correlation);
        headers.insert("return-client-request-id", HeaderValue::from_static("true"));
        Ok(request)
    }
}
