//! Answers, in the forms that clients read.

use std::io::{self, Write};

use cba_protocol::{AccessToken, SsoCredential};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use zbus::wire::{Signature, Type};
use zeroize::Zeroizing;

use super::account::Account;
use super::failure::Failure;
use super::request::TokenRequest;

/// Lifetime of a token whose answer does not name it, in seconds: the shortest that Entra issues by default is an hour.
const DEFAULT_LIFETIME: u64 = 60 * 60;

/// An answer: JSON in a string that may contain a token. It is wiped on drop. The message that zbus makes of it is not wiped, nor are
/// the copies of the bus and of the client.
pub(super) struct Answer(Zeroizing<String>);

impl Answer {
    fn of(model: &impl Serialize) -> Self {
        let mut json = to_json(model);
        // Moved, not copied. JSON is UTF-8.
        let text = String::from_utf8(std::mem::take(&mut *json));
        Self(Zeroizing::new(text.unwrap_or_default()))
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Type for Answer {
    const SIGNATURE: &'static Signature = &Signature::Str;
}

/// The accounts: one, or none.
pub(super) fn accounts(account: Option<&Account>) -> Answer {
    let accounts = account.map(Account::json).into_iter().collect::<Vec<_>>();
    Answer::of(&json!({ "accounts": accounts }))
}

/// A cookie. Clients read either the members at the root, as up to version 2.0.1 of Microsoft's broker, or `cookieItems`.
pub(super) fn cookie(account: &Account, credential: &SsoCredential) -> Answer {
    let item = CookieItem {
        // Clients use the name as that of a header, whose case does not count.
        cookie_name: "x-ms-RefreshTokenCredential",
        cookie_content: credential.expose(),
    };
    Answer::of(&CookieAnswer {
        account: account.json(),
        item,
        cookie_items: [item],
        telemetry: (),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CookieAnswer<'a> {
    account: Value,
    #[serde(flatten)]
    item: CookieItem<'a>,
    cookie_items: [CookieItem<'a>; 1],
    telemetry: (),
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct CookieItem<'a> {
    cookie_name: &'a str,
    cookie_content: &'a str,
}

/// An access token. Times are milliseconds.
pub(super) fn token(account: &Account, asked: &TokenRequest, token: &AccessToken, now: u64) -> Answer {
    let expires = token
        .expires_at()
        .map_or(now.saturating_add(DEFAULT_LIFETIME), |at| at.as_secs());
    let expires = expires.saturating_mul(1_000);
    let scopes = token
        .scope()
        .map_or_else(|| asked.scopes.join(" "), str::to_owned);
    Answer::of(&TokenAnswer {
        broker_token_response: Response {
            access_token: token.token().expose(),
            access_token_type: 0,
            account: account.json(),
            client_info: account.client_info(),
            expires_on: expires,
            extended_expires_on: expires,
            granted_scopes: scopes,
            id_token: token.id_token_jwt().map_or("", |jwt| jwt.expose()),
        },
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenAnswer<'a> {
    broker_token_response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    access_token: &'a str,
    access_token_type: u8,
    account: Value,
    client_info: String,
    expires_on: u64,
    extended_expires_on: u64,
    granted_scopes: String,
    id_token: &'a str,
}

/// What was asked for is done.
pub(super) fn done() -> Answer {
    Answer::of(&json!({}))
}

/// A failure of a request for a token. With an `error` at the root, linux-entra-sso gives up on all it wanted to load.
pub(super) fn token_failure(failure: &Failure) -> Answer {
    Answer::of(&json!({"brokerTokenResponse": {"error": failure.json(), "subError": ""}}))
}

/// Any other failure.
pub(super) fn failure(failure: &Failure) -> Answer {
    Answer::of(&json!({ "error": failure.json() }))
}

/// The version of this broker.
pub(super) fn version() -> Answer {
    Answer::of(&json!({ "linuxBrokerVersion": env!("CARGO_PKG_VERSION") }))
}

/// JSON in one allocation of the final length: a vector that grows leaves copies of a token behind.
pub(super) fn to_json(model: &impl Serialize) -> Zeroizing<Vec<u8>> {
    // These models are structs of strings and numbers, which always have a JSON form.
    let mut length = Length(0);
    serde_json::to_writer(&mut length, model).unwrap_or_default();
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *json, model).unwrap_or_default();
    json
}

/// Counts bytes.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn json_is_allocated_once() {
        let model = ["a long token ".repeat(1_000), "\"".to_owned()];
        let json = to_json(&model);
        assert_eq!(json.capacity(), json.len());
        assert_eq!(*json, serde_json::to_vec(&model).unwrap());
    }
}
