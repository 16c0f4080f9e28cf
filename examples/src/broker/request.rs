//! Requests of clients, read with bounds. A member that would change what is granted is refused and never ignored.

use cba_protocol::Cloud;
use serde_json::Value;
use url::Url;

use super::account::Account;
use super::failure::{Failure, Status};

/// Longest request in bytes. Those that were seen have one or two thousand.
const MAX_REQUEST: usize = 64 << 10;
/// Longest text of a member.
const MAX_TEXT: usize = 4_096;
/// Longest `ssoUrl`. linux-entra-sso sends the whole URL of a request in Firefox, with whatever state an application put into it.
const MAX_URL: usize = 32 << 10;
/// Most scopes of a request.
const MAX_SCOPES: usize = 64;

/// A request: the protocol version and the JSON object.
pub(super) struct Request(Value);

/// A request for an access token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TokenRequest {
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) claims: Option<String>,
    pub(super) sign_in: SignIn,
}

/// Whether the user has to sign in for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// Also with a token that works.
    Always,
    IfRequired,
}

impl Request {
    /// Reads a request.
    pub(super) fn read(version: &str, text: &str) -> Result<Self, Failure> {
        // All clients that were seen send 0.0. A larger first number would be another protocol.
        if !version.starts_with("0.") || version.len() > 16 {
            return Err(Failure::request(
                "the protocol version is not supported; it supports 0.0",
            ));
        }
        if text.len() > MAX_REQUEST {
            return Err(Failure::request(format_args!(
                "the request is longer than {MAX_REQUEST} bytes"
            )));
        }
        match serde_json::from_str(text) {
            // Members in it that change the meaning would not be seen in anything but an object.
            Ok(Value::Object(object)) if !is_object_or_absent(object.get("authParameters")) => {
                Err(Failure::request("authParameters is not an object"))
            }
            Ok(object @ Value::Object(_)) => Ok(Self(object)),
            _ => Err(Failure::request("the request is not a JSON object")),
        }
    }

    /// Checks that the request is about this account. Clients name it at the root, in `authParameters`, or not at all.
    pub(super) fn check_account(&self, own: &Account) -> Result<(), Failure> {
        let parameters = self.0.get("authParameters");
        let named = [self.0.get("account"), parameters.and_then(|it| it.get("account"))];
        let is_other = |account: &Value| !account.is_null() && !own.is(account);
        let other_name = |name: &str| !name.is_empty() && !name.eq_ignore_ascii_case(own.username());
        if named.into_iter().flatten().any(is_other) || self.optional("username")?.is_some_and(other_name) {
            return Err(Failure::new(
                Status::AccountUnusable,
                "this broker has a token of another account only; getAccounts names it",
            ));
        }
        Ok(())
    }

    /// The nonce in `ssoUrl`, after the check that the URL is one of the authority.
    pub(super) fn sso_nonce(&self, cloud: &Cloud) -> Result<Option<String>, Failure> {
        match self.0.get("mamEnrollment") {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(_) => return Err(Failure::request("mamEnrollment is not supported")),
        }
        let text = match self.0.get("ssoUrl") {
            None => self.member("ssoUrl"),
            some => some,
        };
        let text = text_of(text, "ssoUrl", MAX_URL)?;
        let text = text.ok_or_else(|| Failure::request("ssoUrl is missing"))?;
        let url = own_url(cloud, text)?;
        let mut nonces = url
            .query_pairs()
            .filter(|(name, _)| name == "sso_nonce")
            .map(|(_, value)| value.into_owned());
        let nonce = nonces.next().filter(|nonce| !nonce.is_empty());
        if nonces.next().is_some() {
            return Err(Failure::request("ssoUrl has several nonces"));
        }
        Ok(nonce)
    }

    /// The request for an access token.
    pub(super) fn token(&self, cloud: &Cloud, account: Option<&Account>) -> Result<TokenRequest, Failure> {
        self.check_meaning()?;
        if let Some(authority) = self.optional("authority")? {
            check_authority(cloud, account, authority)?;
        }
        let client_id = self.optional("clientId")?.unwrap_or_default();
        if !is_identifier(client_id) {
            return Err(Failure::request(
                "clientId is missing or is not an application id",
            ));
        }
        Ok(TokenRequest {
            client_id: client_id.to_owned(),
            scopes: self.scopes()?,
            redirect_uri: self.optional("redirectUri")?.map(str::to_owned),
            claims: self.claims()?,
            sign_in: self.sign_in()?,
        })
    }

    /// `prompt`, with the values of OpenID Connect Core 1.0 section 3.1.2.1. There is one account to select.
    fn sign_in(&self) -> Result<SignIn, Failure> {
        match self.optional("prompt")? {
            None | Some("none" | "select_account") => Ok(SignIn::IfRequired),
            Some("login") => Ok(SignIn::Always),
            Some(_) => Err(Failure::request("this value of prompt is not supported")),
        }
    }

    /// Id of the flow that a client cancels, if it is in the request.
    pub(super) fn correlation_id(&self) -> Result<Option<&str>, Failure> {
        text_of(self.0.get("correlationId"), "correlationId", MAX_TEXT)
    }

    /// Refuses members that ask for another kind of token or sign-in.
    fn check_meaning(&self) -> Result<(), Failure> {
        let parameters = self
            .0
            .get("authParameters")
            .filter(|it| it.is_object())
            .ok_or_else(|| Failure::request("authParameters is missing"))?;
        let is_given = |value: &&Value| !value.is_null() && **value != Value::String(String::new());
        for (member, problem) in [
            (
                "popParams",
                "tokens with proof of possession are not supported, and a bearer token is not what was asked for",
            ),
            ("password", "sign-in with a password is not supported"),
        ] {
            let places = [self.0.get(member), parameters.get(member)];
            if places.into_iter().flatten().any(|value| is_given(&value)) {
                return Err(Failure::request(problem));
            }
        }
        let mut objects = vec![&self.0, parameters];
        for object in [&self.0, parameters] {
            const FURTHER: &str = "additionalQueryParametersForAuthorization";
            let further = object.get(FURTHER);
            if !is_object_or_absent(further) {
                return Err(Failure::request(format_args!("{FURTHER} is not an object")));
            }
            objects.extend(further);
        }
        for (name, value) in objects.into_iter().filter_map(Value::as_object).flatten() {
            // Servers differ in whether the case of a parameter's name counts.
            let is_key = ["req_cnf", "token_type"]
                .iter()
                .any(|member| name.eq_ignore_ascii_case(member));
            if is_key && is_given(&value) {
                return Err(Failure::request(format_args!("{name} is not supported")));
            }
        }
        Ok(())
    }

    fn scopes(&self) -> Result<Vec<String>, Failure> {
        let malformed = || Failure::request("requestedScopes is not a list of scopes");
        let scopes = match self.member("requestedScopes") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(scopes)) if scopes.len() <= MAX_SCOPES => {
                let texts = scopes.iter().map(|scope| scope.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>().ok_or_else(malformed)?
            }
            Some(_) => return Err(malformed()),
        };
        for scope in &scopes {
            // RFC 6749 section 3.3.
            let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            if scope.is_empty() || scope.len() > 512 || !scope.bytes().all(fits) {
                return Err(malformed());
            }
            // The answer would have a new primary refresh token.
            if scope == "aza" {
                return Err(Failure::request("the scope aza is the broker's own"));
            }
        }
        Ok(scopes)
    }

    /// `decodedClaims`: JSON in a string, or an object.
    fn claims(&self) -> Result<Option<String>, Failure> {
        match self.member("decodedClaims") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(claims)) if claims.is_empty() => Ok(None),
            Some(object @ Value::Object(_)) => Ok(Some(object.to_string())),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Object(_)) => Ok(Some(text.clone())),
                _ => Err(Failure::request("decodedClaims is not a JSON object")),
            },
            Some(_) => Err(Failure::request("decodedClaims is not a JSON object")),
        }
    }

    /// A text in `authParameters`; `None` if it is absent, null or empty.
    fn optional(&self, name: &str) -> Result<Option<&str>, Failure> {
        text_of(self.member(name), name, MAX_TEXT)
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.0.get("authParameters")?.get(name)
    }
}

fn is_object_or_absent(value: Option<&Value>) -> bool {
    matches!(value, None | Some(Value::Null | Value::Object(_)))
}

/// A text of at most `limit` bytes; `None` if it is absent, null or empty.
fn text_of<'a>(value: Option<&'a Value>, name: &str, limit: usize) -> Result<Option<&'a str>, Failure> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= limit => {
            Ok(Some(text.as_str()).filter(|text| !text.is_empty()))
        }
        Some(_) => Err(Failure::request(format_args!(
            "{name} is not a text of at most {limit} bytes"
        ))),
    }
}

fn is_identifier(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// A URL of exactly the authority's origin. It is read as a browser reads it. Spaces, control characters and backslashes,
/// which a browser drops or changes, are refused.
fn own_url(cloud: &Cloud, text: &str) -> Result<Url, Failure> {
    let foreign = || {
        Failure::new(
            Status::AuthorityUntrusted,
            format_args!("cookies are for https://{} only", cloud.authority()),
        )
    };
    let is_plain = |character: char| character.is_ascii_graphic() && character != '\\';
    if !text.chars().all(is_plain) {
        return Err(foreign());
    }
    let url = Url::parse(text).map_err(|_| foreign())?;
    let own = Url::parse(&format!("https://{}", cloud.authority())).map_err(|_| foreign())?;
    let is_own = url.scheme() == "https"
        && url.origin() == own.origin()
        && url.username().is_empty()
        && url.password().is_none();
    is_own.then_some(url).ok_or_else(foreign)
}

/// An authority of a request: this cloud, and the tenant of the token or one of the names for any tenant.
fn check_authority(cloud: &Cloud, account: Option<&Account>, text: &str) -> Result<(), Failure> {
    let url = own_url(cloud, text)?;
    let tenant = url.path().trim_matches('/');
    let is_own = |own: &Account| tenant.eq_ignore_ascii_case(own.tenant());
    if matches!(tenant, "" | "common" | "organizations") || account.is_none_or(is_own) {
        return Ok(());
    }
    Err(Failure::new(
        Status::AccountUnusable,
        "the token is of another tenant than the authority of the request",
    ))
}
