//! Allow-list of what is recorded. Everything else is replaced by its length.
//!
//! Secrets are examined in place and never copied.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Uri};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::Field;
use crate::limits::{Limits, deeper_than};
use crate::page;
use crate::printable::{MAX_NAME, MAX_TEXT, cut, line, printable};

/// Headers whose values are not secret.
const HEADERS: &[&str] = &[
    "accept",
    "client-request-id",
    "content-length",
    "content-type",
    "date",
    "location",
    "retry-after",
    "user-agent",
    "x-ms-ests-server",
    "x-ms-request-id",
];

/// Form fields, claims and members of answers whose values are not secret.
#[rustfmt::skip] // a list, not a column
const VALUES: &[&str] = &[
    "NameSpaceType", "account_type", "alg", "aud", "client_id", "cloud_audience_urn", "cloud_instance_name", "correlation_id",
    "DeviceType", "DomainType", "ErrorType", "HasCertAuth", "IfExistsResult", "JoinType", "Message", "OSVersion", "ThrottleStatus", "Time",
    "TraceId", "api-version", "domain_name", "enc", "error", "error_codes", "error_description", "error_uri", "exp", "expires_in", "ext_expires_in",
    "federation_active_auth_url", "federation_metadata_url", "federation_protocol", "grant_type", "iat", "iErrorCode", "interval", "iss", "issuer", "kdf_ver", "pgid",
    "refresh_token_expires_in", "resource", "sErrTxt", "sErrorCode", "scope", "strMainMessage",
    "strServiceExceptionMessage", "suberror", "tgt", "timestamp", "token_endpoint", "token_type", "trace_id",
    "typ", "use", "username", "ver", "verification_uri", "verification_url", "win_ver", "windows_api_version",
];

/// Compact JWTs that this client makes: decoded, and each member is treated by its name.
const JWTS: &[&str] = &["assertion", "request"];

/// Members of a JSON object, in place.
type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Parameters of URLs whose values are not secret.
const PARAMETERS: &[&str] = &[
    "amr_values",
    "api-version",
    "client_id",
    "code_challenge_method",
    "error",
    "managed",
    "mkt",
    "prompt",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
];

/// The URL without the user in its path, and with the values that are known to be harmless.
pub(super) fn url(uri: &Uri) -> String {
    let segments = uri
        .path()
        .split('/')
        .map(|segment| match segment.rsplit_once("%40") {
            Some((_, domain)) => format!("***@{domain}"),
            None => segment.to_owned(),
        });
    let path = segments.collect::<Vec<_>>().join("/");
    let query = uri
        .query()
        .map(|query| format!("?{}", parameters(query)))
        .unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    cut(&format!("https://{authority}{path}{query}"), MAX_TEXT)
}

fn parameters(query: &str) -> String {
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if PARAMETERS.contains(&name) => pair.to_owned(),
        Some((name, value)) => format!("{}={}", line(name, MAX_NAME), length(value)),
        None => length(pair),
    });
    shown.collect::<Vec<_>>().join("&")
}

/// The target of a redirect: it may contain a code in its query or fragment.
fn location(value: &str) -> String {
    let end = value.find(['?', '#']).unwrap_or(value.len());
    let (target, rest) = value.split_at(end);
    let rest = rest
        .get(1..)
        .map(|rest| format!("?{}", parameters(rest)))
        .unwrap_or_default();
    text(target) + &cut(&printable(&rest), MAX_TEXT)
}

pub(super) fn headers(headers: &HeaderMap) -> Vec<Field> {
    let known = headers
        .iter()
        .filter(|(name, _)| HEADERS.contains(&name.as_str()));
    let mut fields = known
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = if name == "location" {
                location(&value)
            } else {
                text(&value)
            };
            field("", name.as_str(), shown)
        })
        .collect();
    bound(&mut fields);
    fields
}

/// The body of a request: a form or JSON.
pub(super) fn request(request: &Request<Vec<u8>>) -> Vec<Field> {
    let json_type = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    match request.headers().get(CONTENT_TYPE) {
        Some(value) if json_type(value) => json(request.body()),
        _ => form(request.body()),
    }
}

/// A form body.
fn form(body: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let body = core::str::from_utf8(body).unwrap_or_default();
    for (name, value) in body.split('&').filter_map(|pair| pair.split_once('=')) {
        if JWTS.contains(&name) {
            jwt(name, value, &mut fields);
        } else if VALUES.contains(&name) {
            fields.push(field("", name, text(&unescape(value))));
        } else {
            fields.push(field("", name, length(value)));
        }
    }
    fields
}

/// Members of an answer, or of the configuration of a page.
pub(super) fn answer(body: &[u8]) -> Vec<Field> {
    let limits = Limits::default();
    if body.trim_ascii_start().starts_with(b"{") || body.len() > limits.max_answer() {
        return json(body);
    }
    match page::configuration::<Box<RawValue>>(body, limits) {
        Some(Ok(configuration)) => {
            let mut fields = Vec::new();
            members("", configuration.get().as_bytes(), &mut fields);
            fields.retain(|field| PAGE.contains(&field.name.as_str()));
            fields
        }
        Some(Err(_)) => Vec::new(),
        None => json(body),
    }
}

/// Members of a page's configuration that are recorded. It has several hundred.
const PAGE: &[&str] = &[
    "pgid",
    "iErrorCode",
    "sErrTxt",
    "sErrorCode",
    "strMainMessage",
    "strServiceExceptionMessage",
];

/// Members of an answer. One that is too large or too deep is skipped.
fn json(body: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let limits = Limits::default();
    if body.len() <= limits.max_answer() && !deeper_than(body, limits.max_depth()) {
        members("", body, &mut fields);
    }
    bound(&mut fields);
    fields
}

/// Text of the server without user names and without words that could be tokens. It is cut to [`MAX_TEXT`] last, so that the start of a
/// token does not pass for a word.
pub(super) fn text(text: &str) -> String {
    let redacted: String = printable(text)
        .split_inclusive(char::is_whitespace)
        .map(word)
        .collect();
    cut(&redacted, MAX_TEXT)
}

fn word(word: &str) -> String {
    let bare = word.trim_end();
    let space = word.get(bare.len()..).unwrap_or_default();
    // The last one: everything before it belongs to the user name.
    match bare.rsplit_once('@') {
        Some((_, domain)) => format!("***@{domain}{space}"),
        // each part of a URL on its own, so that a long URL stays readable
        None if bare.contains("://") => {
            bare.split_inclusive(['/', '?', '&', '='])
                .map(part_of_a_url)
                .collect::<String>()
                + space
        }
        None => unless_a_token(bare) + space,
    }
}

/// The URL of a federation server may contain the user name.
fn part_of_a_url(part: &str) -> String {
    match part.rsplit_once("%40") {
        Some((_, domain)) => format!("***@{domain}"),
        None => unless_a_token(part),
    }
}

/// Identifiers have up to 32 letters and digits; tokens have more.
fn unless_a_token(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric).count();
    if letters > 40 {
        length(text)
    } else {
        text.to_owned()
    }
}

fn jwt(prefix: &str, jws: &str, fields: &mut Vec<Field>) {
    for part in jws.split('.').take(2) {
        let decoded = Zeroizing::new(Base64UrlUnpadded::decode_vec(part).unwrap_or_default());
        members(prefix, &decoded, fields);
    }
}

fn members(prefix: &str, json: &[u8], fields: &mut Vec<Field>) {
    let Ok(members) = serde_json::from_slice::<Members<'_>>(json) else {
        return;
    };
    for (name, value) in members {
        let raw = value.get();
        if JWTS.contains(&&*name) {
            jwt(&format!("{prefix}.{name}"), raw.trim_matches('"'), fields);
        } else if VALUES.contains(&&*name) {
            let plain = String::deserialize(value).unwrap_or_else(|_| raw.to_owned());
            let shown = match &*name {
                // One name, including any spaces.
                "iss" | "username" => plain
                    .rsplit_once('@')
                    .map(|(_, domain)| format!("***@{}", text(domain))),
                _ => None,
            };
            fields.push(field(prefix, &name, shown.unwrap_or_else(|| text(&plain))));
        } else {
            fields.push(field(prefix, &name, length(raw)));
        }
    }
}

/// Keeps [`MAX_FIELDS`] fields, and says how many more there were.
fn bound(fields: &mut Vec<Field>) {
    if let Some(more) = fields.len().checked_sub(MAX_FIELDS).filter(|more| *more > 0) {
        fields.truncate(MAX_FIELDS);
        fields.push(field("", "…", format!("<{more} more>")));
    }
}

/// Most headers, or members of an answer, that are recorded. Answers of the service have up to 20.
const MAX_FIELDS: usize = 64;

fn length(value: &str) -> String {
    format!("<{} bytes>", value.len())
}

/// Resolves the escapes that occur in the recorded values.
fn unescape(value: &str) -> String {
    value.replace("%3A", ":").replace("%20", " ").replace("%2F", "/")
}

fn field(prefix: &str, name: &str, value: String) -> Field {
    let name = if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    };
    Field {
        name: line(&name, MAX_NAME),
        value,
    }
}
