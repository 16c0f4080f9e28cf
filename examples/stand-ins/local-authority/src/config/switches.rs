//! Lifetimes, and switches for points that no public source settles.

use serde::{Deserialize, Serialize};

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
            clock_skew: 300,
        }
    }
}

/// Switches for points that no public source settles. Each default follows the specification.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent switch of the file"
)]
pub struct Switches {
    /// Signature algorithms accepted in the assertion that the card signs; [MS-OAPXBC] 3.2.5.1.2.1.4 names RS256 only.
    pub assertion_algorithms: Vec<String>,
    /// Values of `aud` that are accepted beside the issuer; Hello clients were seen to send `common`.
    pub further_audiences: Vec<String>,
    /// Whether the assertion must repeat the nonce; the specification does not list it there.
    pub require_assertion_nonce: bool,
    /// Whether a token request signed with the session key must have a `request_nonce`.
    pub require_exchange_nonce: bool,
    /// What `SHA1PublicKey` is the hash of: the documentation says the key; tools use the certificate.
    pub sha1_public_key: Sha1PublicKey,
    /// How answers to requests signed with the session key are encrypted.
    pub response_encryption: ResponseEncryption,
    /// Whether `kdf_ver2` is announced in the metadata and accepted.
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
            further_audiences: Vec::new(),
            require_assertion_nonce: false,
            require_exchange_nonce: false,
            sha1_public_key: Sha1PublicKey::Certificate,
            response_encryption: ResponseEncryption::Gcm,
            kdf_version_2: true,
            keep_renewed_tokens: true,
            revocation_list_limit: 20_000_000,
        }
    }
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
