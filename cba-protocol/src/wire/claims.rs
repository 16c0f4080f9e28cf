//! JWTs that the client makes. The order of the fields is the order on the wire.

use serde::Serialize;

/// The header of both JWTs of a sign-in: [MS-OAPXBC] 3.2.5.1.2.1 and 3.2.5.1.2.1.4.
#[derive(Serialize)]
pub(crate) struct CertificateHeader<'a> {
    pub(crate) typ: &'static str,
    pub(crate) alg: &'a str,
    pub(crate) x5c: X5c,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kdf_ver: Option<u8>,
}

/// RFC 7515 section 4.1.6, and the bare string that some clients send.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum X5c {
    Array(Vec<String>),
    String(String),
}

/// The claims of the user's assertion: [MS-OAPXBC] 3.2.5.1.2.1.4.
#[derive(Serialize)]
pub(crate) struct AssertionClaims<'a> {
    pub(crate) iss: &'a str,
    pub(crate) aud: &'a str,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_nonce: Option<&'a str>,
}

/// The claims of the device's request: [MS-OAPXBC] 3.2.5.1.2.1.
#[derive(Serialize)]
pub(crate) struct RequestClaims<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) request_nonce: &'a str,
    pub(crate) grant_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assertion: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) win_ver: Option<&'a str>,
}

/// The header of what the session key signs: [MS-OAPXBC] 3.2.5.1.3.1.
#[derive(Serialize)]
pub(crate) struct SessionHeader {
    pub(crate) alg: &'static str,
    pub(crate) ctx: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kdf_ver: Option<u8>,
}

/// The claims of a request with a primary refresh token: [MS-OAPXBC] 3.2.5.1.3.1, and what Windows and public clients add (`iss`,
/// `request_nonce`, `previous_refresh_token`, `redirect_uri`, `win_ver`).
#[derive(Default, Serialize)]
pub(crate) struct ExchangeClaims<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<&'a str>,
    pub(crate) iss: &'static str,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) grant_type: &'static str,
    pub(crate) refresh_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) win_ver: Option<&'a str>,
}

/// The claims of the two single sign-on headers: [MS-OAPXBC] 2.2.1.
#[derive(Default, Serialize)]
pub(crate) struct SsoClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grant_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iss: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_primary: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ua_client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ua_redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) x_client_platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) win_ver: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) windows_api_version: Option<&'a str>,
}

/// The header of an assertion by a Hello key: [MS-OAPXBC] 3.2.5.1.2.1.2.
#[derive(Serialize)]
pub(crate) struct HelloHeader<'a> {
    pub(crate) typ: &'static str,
    pub(crate) alg: &'a str,
    pub(crate) kid: &'a str,
    pub(crate) r#use: &'static str,
}
