//! What every flow has: configuration, correlation id, randomness and recorder.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use uuid::Uuid;

use crate::config::Config;
use crate::error::Error;
use crate::recorder::{Kind, Recorder};
use crate::seed::{Random, Seed};
use crate::state::State;
use crate::transcript::Transcript;
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
        self.request(state, Method::GET, path, Vec::new())
    }

    /// `POST` of a form to the token endpoint: [MS-OAPXBC] 3.2.5.1.
    pub(super) fn post(&self, state: State, form: &[(&str, &str)]) -> Result<Request<Vec<u8>>, Error> {
        let path = format!("/{}/oauth2/token", self.config.tenant());
        let mut request = self.request(state, Method::POST, &path, percent::form(form).into_bytes())?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        Ok(request)
    }

    fn request(
        &self,
        state: State,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Request<Vec<u8>>, Error> {
        let unwritable = || Error::UnwritableRequest { state };
        let uri: Uri = format!("https://{}{path}", self.config.cloud().authority())
            .parse()
            .map_err(|_| unwritable())?;
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
