//! Lifetimes, and switches for points that no public source settles.

use serde::{Deserialize, Serialize};

use super::Demand;

/// Lifetimes in seconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lifetimes {
    /// A nonce. AD FS accepts one for ten minutes ([MS-OAPXBC] product notes); Entra's own figure is not published.
    pub nonce: i64,
    /// A primary refresh token: 14 days on Windows.
    pub primary_refresh_token: i64,
    /// A refresh token.
    pub refresh_token: i64,
    /// An access token.
    pub access_token: i64,
    /// An authorization code.
    pub authorization_code: i64,
    /// The texts that a sign-in page hands on, such as its flow token; no public source has Entra's figure.
    pub sign_in_page: i64,
    /// A device code: the example of Microsoft's page has 15 minutes.
    ///
    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>
    pub device_code: i64,
    /// A cookie or header for single sign-on that has `iat` instead of a nonce. linux-entra-sso fetches a new one after 30 minutes,
    /// because Entra was seen to refuse one after about 45.
    ///
    /// <https://github.com/siemens/linux-entra-sso/commit/26215ca>
    pub sso_issued_at: i64,
    /// Allowed difference of a client's clock.
    pub clock_skew: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            nonce: 600,
            primary_refresh_token: 14 * 86_400,
            refresh_token: 90 * 86_400,
            access_token: 3_600,
            authorization_code: 600,
            sign_in_page: 3_600,
            device_code: 900,
            sso_issued_at: 45 * 60,
            clock_skew: 300,
        }
    }
}

/// Switches for points that no public source settles. Each default follows the specification, or what public clients rely on where
/// it is silent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Switches {
    /// Signature algorithms accepted in the assertion that the card signs; [MS-OAPXBC] 3.2.5.1.2.1.4 names RS256 only.
    pub assertion_algorithms: Vec<String>,
    /// The `aud` of an assertion.
    pub assertion_audience: AssertionAudience,
    /// Values of `aud` that are accepted beside the issuer; Hello clients were seen to send `common`.
    pub further_audiences: Vec<String>,
    /// The nonce in the assertion of a certificate; [MS-OAPXBC] 3.2.5.1.2.1.4 does not list it there.
    pub assertion_nonce: Demand,
    /// `request_nonce` in a token request signed with the session key; [MS-OAPXBC] 3.2.5.1.3.1 does not list it.
    pub exchange_nonce: Demand,
    /// `x5c` in the header of the device's request: an array (RFC 7515, section 4.1.6), or the string that roadtx sends.
    pub device_x5c: X5cForm,
    /// `x5c` in the header of the assertion.
    pub user_x5c: X5cForm,
    /// `username` beside the assertion; libhimmelblau sends both.
    pub user_name: Demand,
    /// The form field `windows_api_version`, which public clients send and [MS-OAPXBC] does not have.
    pub windows_api_version: Demand,
    /// `kdf_ver` in the header of the device's request. Public clients send it always or never.
    pub kdf_offer: Demand,
    /// The `token_type` of a primary refresh token: `pop` in [MS-OAPXBC] 3.2.5.1.2.2.
    pub token_type: String,
    /// `request_nonce` in a cookie or header for single sign-on. The specification demands one; Microsoft's broker was seen to send
    /// `iat` instead, and browser extensions depend on it.
    ///
    /// <https://github.com/himmelblau-idm/libhimmelblau/commit/708b93f>
    pub sso_nonce: Demand,
    /// Whether the nonce of a cookie or header for single sign-on may be used again within its lifetime. No public source settles
    /// it. himmelblau's broker sent one such cookie with each page until its nonce expired.
    ///
    /// <https://github.com/himmelblau-idm/himmelblau/commit/570ed3ce>
    pub reuse_sso_nonces: bool,
    /// What `SHA1PublicKey` is the hash of: the documentation says the key; tools use the certificate.
    pub sha1_public_key: Sha1PublicKey,
    /// How answers to requests signed with the session key are encrypted.
    pub response_encryption: ResponseEncryption,
    /// Whether `kdf_ver2` is announced in the metadata, and accepted. A required [`kdf_offer`](Self::kdf_offer) is accepted too.
    pub kdf_version_2: bool,
    /// Whether a primary refresh token still works after it was renewed.
    pub keep_renewed_tokens: bool,
    /// Largest revocation list, in bytes; 20 MB is the published figure for interactive sign-in.
    pub revocation_list_limit: u64,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            assertion_algorithms: vec!["RS256".to_owned()],
            assertion_audience: AssertionAudience::Issuer,
            further_audiences: Vec::new(),
            assertion_nonce: Demand::Optional,
            exchange_nonce: Demand::Optional,
            device_x5c: X5cForm::Any,
            user_x5c: X5cForm::Any,
            user_name: Demand::Optional,
            windows_api_version: Demand::Optional,
            kdf_offer: Demand::Optional,
            token_type: "pop".to_owned(),
            sso_nonce: Demand::Optional,
            reuse_sso_nonces: false,
            sha1_public_key: Sha1PublicKey::Certificate,
            response_encryption: ResponseEncryption::Gcm,
            kdf_version_2: true,
            keep_renewed_tokens: true,
            revocation_list_limit: 20_000_000,
        }
    }
}

/// The `aud` of an assertion.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AssertionAudience {
    /// Only the text `common`, which Hello clients were seen to send.
    Common,
    /// The issuer, as [MS-OAPXBC] 3.2.5.1.2.1.4 says, or one of the further audiences.
    Issuer,
    /// Only the tenant as the URL names it.
    Tenant,
}

/// The form of `x5c`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum X5cForm {
    /// Either.
    Any,
    /// An array of strings.
    Array,
    /// A string.
    String,
}

/// Input of the hash that is called `SHA1PublicKey`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sha1PublicKey {
    /// The whole certificate (its thumbprint), as Microsoft's own Entra cmdlet does.
    Certificate,
    /// The public key's bit string, as [MS-PKCA] says.
    PublicKey,
}

/// Encryption of an answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ResponseEncryption {
    /// AES-256-CBC under a header that says `A256GCM`, with a 16-byte initialisation vector, as clients have seen.
    Cbc,
    /// AES-256-GCM, as the header says.
    Gcm,
    /// No encryption: plain JSON.
    Plain,
}
