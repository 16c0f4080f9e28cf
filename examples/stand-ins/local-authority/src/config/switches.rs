//! Times, and the points that no public source settles.

use serde::{Deserialize, Serialize};

/// How long things live, in seconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lifetimes {
    /// A nonce. AD FS takes one for ten minutes ([MS-OAPXBC] product notes); Entra's own figure is not published.
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
    /// How far a client's clock may be off.
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

/// The points that no public source settles. Each default is the reading of the specification.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent switch of the file"
)]
pub struct Switches {
    /// Signature algorithms taken in the card-signed assertion; [MS-OAPXBC] 3.2.5.1.2.1.4 names RS256 only.
    pub assertion_algorithms: Vec<String>,
    /// Values of `aud` that are taken beside the issuer; Hello clients are seen to get by with `common`.
    pub further_audiences: Vec<String>,
    /// Whether the assertion must repeat the nonce; the specification does not list it there.
    pub require_assertion_nonce: bool,
    /// Whether a token request signed with the session key must have a `request_nonce`.
    pub require_exchange_nonce: bool,
    /// What `SHA1PublicKey` is the hash of: the documentation says the key, what is observed is the certificate.
    pub sha1_public_key: Sha1PublicKey,
    /// How answers to requests signed with the session key are encrypted.
    pub response_encryption: ResponseEncryption,
    /// Whether `kdf_ver2` is announced in the metadata and taken.
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

/// What the value called `SHA1PublicKey` hashes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sha1PublicKey {
    /// The whole certificate (its thumbprint), as Microsoft's own Entra cmdlet does.
    Certificate,
    /// The public key's bit string, as [MS-PKCA] says.
    PublicKey,
}

/// How an answer is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ResponseEncryption {
    /// AES-256-CBC under a header that says `A256GCM`, with a 16-byte initialisation vector: seen in the field.
    Cbc,
    /// AES-256-GCM, as the header says.
    Gcm,
    /// Not at all: plain JSON.
    Plain,
}
