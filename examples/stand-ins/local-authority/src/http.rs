//! Requests and answers, as the endpoints see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::header::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::refusal::{Code, Ids, Refusal};
use crate::tls::Peer;

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it was sent, percent-encoded.
    pub(crate) path: String,
    /// Its segments, decoded.
    pub(crate) segments: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) ids: Ids,
    /// The TLS connection.
    pub(crate) peer: Arc<Peer>,
}

impl Request {
    pub(crate) fn new(
        (method, path, query): (&str, &str, &str),
        headers: HeaderMap,
        body: Vec<u8>,
        peer: Arc<Peer>,
    ) -> Self {
        let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        // Some clients ask for a nonce without saying that their body is a form.
        let content_type = headers.get("content-type").and_then(|kind| kind.to_str().ok());
        let is_form = content_type.is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            segments: path.split('/').skip(1).map(decode).collect(),
            query: pairs(query.as_bytes()),
            form: if is_form { pairs(&body) } else { BTreeMap::new() },
            ids: Ids::new(headers.get("client-request-id").and_then(|id| id.to_str().ok())),
            headers,
            body,
            peer,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The URL that the client used, up to the path.
    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.header("host").unwrap_or("localhost"))
    }

    /// A required form parameter.
    pub(crate) fn parameter(&self, name: &str) -> Result<&str, Refusal> {
        self.form
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Refusal::new(Code::PARAMETER_MISSING, format!("Parameter: '{name}'.")))
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self
            .headers
            .get_all("cookie")
            .iter()
            .filter_map(|header| header.to_str().ok());
        cookies
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }
}

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, "application/json; charset=utf-8", body.to_string())
    }

    /// A redirect, and the page with the link that goes with it: some clients read one, some the other.
    pub(crate) fn redirect(location: String) -> Self {
        let link = location.replace('&', "&amp;").replace('"', "&quot;");
        let page = format!(
            "<html lang=\"en\"><head><title>Object moved</title></head><body>\n\
             <h2>Object moved to <a href=\"{link}\">here</a>.</h2>\n</body></html>\n"
        );
        let mut answer = Self::new(302, "text/html; charset=utf-8", page);
        answer.headers.push(("location", location));
        answer
    }
}
