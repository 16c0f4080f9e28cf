//! What may be written down: an allow-list. Everything else is replaced by its length.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::{HeaderMap, Uri};
use serde_json::Value;

use super::Field;

/// Headers that say nothing secret.
const HEADERS: &[&str] = &[
    "accept",
    "client-request-id",
    "content-length",
    "content-type",
    "date",
    "retry-after",
    "user-agent",
    "x-ms-ests-server",
    "x-ms-request-id",
];

/// Form fields, claims and members of answers whose values say nothing secret.
const VALUES: &[&str] = &[
    "account_type",
    "alg",
    "aud",
    "client_id",
    "client_info_requested",
    "cloud_audience_urn",
    "cloud_instance_name",
    "correlation_id",
    "domain_name",
    "enc",
    "error",
    "error_codes",
    "error_uri",
    "exp",
    "expires_in",
    "ext_expires_in",
    "federation_active_auth_url",
    "federation_metadata_url",
    "federation_protocol",
    "grant_type",
    "iat",
    "issuer",
    "kdf_ver",
    "NameSpaceType",
    "prt_protocol_version",
    "refresh_token_expires_in",
    "scope",
    "suberror",
    "tgt",
    "timestamp",
    "token_endpoint",
    "token_type",
    "trace_id",
    "typ",
    "ver",
    "win_ver",
    "windows_api_version",
];

/// Values in which user names may stand.
const TEXTS: &[&str] = &["error_description", "iss", "username"];

/// Values that are compact JWTs of this client's own making.
const JWTS: &[&str] = &["assertion", "request"];

/// The URL, with the user taken out of its path.
pub(super) fn url(uri: &Uri) -> String {
    let path = uri
        .path()
        .split('/')
        .map(|segment| match segment.split_once("%40") {
            Some((_, domain)) => format!("***@{domain}"),
            None => segment.to_owned(),
        });
    let path: Vec<String> = path.collect();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!(
        "https://{}{}{query}",
        uri.authority().map_or("", |authority| authority.as_str()),
        path.join("/")
    )
}

pub(super) fn headers(headers: &HeaderMap) -> Vec<Field> {
    let known = headers
        .iter()
        .filter(|(name, _)| HEADERS.contains(&name.as_str()));
    known
        .map(|(name, value)| {
            field(
                "",
                name.as_str(),
                text(&String::from_utf8_lossy(value.as_bytes())),
            )
        })
        .collect()
}

/// A form body. JWTs are opened, and each of their members is judged by its name.
pub(super) fn form(body: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let Ok(body) = core::str::from_utf8(body) else {
        return fields;
    };
    for (name, value) in body.split('&').filter_map(|pair| pair.split_once('=')) {
        if JWTS.contains(&name) {
            jwt(name, value, &mut fields);
        } else {
            let decoded = value.replace("%3A", ":").replace("%20", " ").replace("%2F", "/");
            fields.push(field("", name, value_of(name, &decoded)));
        }
    }
    fields
}

/// The members of an answer.
pub(super) fn json(body: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    if body.len() <= 1 << 20 && !crate::wire::deeper_than(body, 32) {
        if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
            for (name, value) in &members {
                member("", name, value, &mut fields);
            }
        }
    }
    fields
}

/// A line of text from the server, without user names and without anything long enough to be a token.
pub(super) fn text(line: &str) -> String {
    printable(line)
        .split_inclusive(char::is_whitespace)
        .map(word)
        .collect()
}

/// Control characters, which could steer a terminal, are shown as what they are not.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

fn word(word: &str) -> String {
    let bare = word.trim_end();
    let space = word.get(bare.len()..).unwrap_or_default();
    match bare.split_once('@') {
        Some((_, domain)) => format!("***@{domain}{space}"),
        None if bare.chars().filter(|c| c.is_ascii_alphanumeric()).count() > 40 && !bare.contains("://") => {
            format!("<{} bytes>{space}", bare.len())
        }
        None => word.to_owned(),
    }
}

fn jwt(prefix: &str, jws: &str, fields: &mut Vec<Field>) {
    for part in jws.split('.').take(2) {
        let Ok(decoded) = Base64UrlUnpadded::decode_vec(part) else {
            return;
        };
        let Ok(Value::Object(members)) = serde_json::from_slice(&decoded) else {
            return;
        };
        for (name, value) in &members {
            match value {
                Value::String(inner) if JWTS.contains(&name.as_str()) => {
                    jwt(&format!("{prefix}.{name}"), inner, fields)
                }
                value => member(prefix, name, value, fields),
            }
        }
    }
}

fn member(prefix: &str, name: &str, value: &Value, fields: &mut Vec<Field>) {
    let shown = match value {
        Value::String(text) => value_of(name, text),
        Value::Array(list) if !VALUES.contains(&name) => format!("<{} values>", list.len()),
        Value::Object(members) => format!("<{} members>", members.len()),
        other if VALUES.contains(&name) => text(&other.to_string()),
        _ => "<a value>".to_owned(),
    };
    fields.push(field(prefix, name, shown));
}

fn value_of(name: &str, value: &str) -> String {
    if VALUES.contains(&name) || TEXTS.contains(&name) {
        text(value)
    } else {
        format!("<{} bytes>", value.len())
    }
}

fn field(prefix: &str, name: &str, value: String) -> Field {
    let name = if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    };
    Field {
        name: printable(&name),
        value,
    }
}
