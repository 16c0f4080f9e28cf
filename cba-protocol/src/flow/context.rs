//! What every flow carries: the configuration, the correlation id, the randomness and the transcript.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};

use super::State;
use crate::guid::Guid;
use crate::seed::{Random, Seed};
use crate::{Config, Error, Transcript};

pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) transcript: Transcript,
    pub(crate) random: Random,
    correlation: Guid,
}

impl Context {
    pub(crate) fn new(config: Config, seed: Seed, transcript: Transcript) -> Self {
        let mut random = Random::new(seed);
        let correlation = Guid::random(&mut random);
        transcript.began(&config, correlation);
        Self {
            config,
            transcript,
            random,
            correlation,
        }
    }

    /// `GET` of a path below the authority.
    pub(crate) fn get(&self, state: State, path: &str) -> Result<Request<Vec<u8>>, Error> {
        self.request(state, Method::GET, path, Vec::new())
    }

    /// `POST` of a form to the token endpoint: [MS-OAPXBC] 3.2.5.1.
    pub(crate) fn post(&self, state: State, form: &[(&str, &str)]) -> Result<Request<Vec<u8>>, Error> {
        let path = format!("/{}/oauth2/token", self.config.tenant);
        let mut request = self.request(state, Method::POST, &path, encode_form(form).into_bytes())?;
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
        let uri: Uri = format!("https://{}{path}", self.config.cloud.authority())
            .parse()
            .map_err(|_| unwritable())?;
        let correlation = HeaderValue::try_from(self.correlation.to_string()).map_err(|_| unwritable())?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.config.user_agent.clone());
        headers.insert("client-request-id", correlation);
        headers.insert("return-client-request-id", HeaderValue::from_static("true"));
        Ok(request)
    }
}

/// `application/x-www-form-urlencoded`, with every octet escaped that RFC 3986 does not call unreserved.
fn encode_form(fields: &[(&str, &str)]) -> String {
    // All the room at once: a text that grows leaves copies of a token behind.
    let escaped = |value: &str| {
        value
            .bytes()
            .map(|byte| if is_unreserved(byte) { 1 } else { 3 })
            .sum::<usize>()
    };
    let mut form = String::with_capacity(
        fields
            .iter()
            .map(|(name, value)| name.len() + escaped(value) + 2)
            .sum(),
    );
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        percent_encode(value, &mut form);
    }
    form
}

/// RFC 3986 section 2.1. Most of what is written are JWTs, which need no escape, so runs of letters go in one piece.
pub(crate) fn percent_encode(mut text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    while let Some((plain, reserved, rest)) = split_at_reserved(text) {
        out.push_str(plain);
        for byte in reserved.bytes() {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
        text = rest;
    }
    out.push_str(text);
}

/// What stands before the first character that is not unreserved (RFC 3986 section 2.3), that character, and what follows.
fn split_at_reserved(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.bytes().position(|byte| !is_unreserved(byte))?;
    let (plain, rest) = text.split_at(at);
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let (reserved, rest) = rest.split_at(length);
    Some((plain, reserved, rest))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::encode_form;

    #[test]
    fn what_is_not_unreserved_is_escaped() {
        assert_eq!(
            encode_form(&[("a", "b c+d/e=é"), ("f", "")]),
            "a=b%20c%2Bd%2Fe%3D%C3%A9&f="
        );
    }
}
