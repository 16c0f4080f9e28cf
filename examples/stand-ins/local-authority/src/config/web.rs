//! The browser's sign-in: pages, certificates in TLS, device codes.

use serde::{Deserialize, Serialize};

/// The hosts that ask for the user's certificate. The names of acceptable authorities are sent when the certificate policy has
/// `issuerHintsConfiguration` enabled, and by the tenant's own host only.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CertAuth {
    /// TLS versions that are spoken.
    pub tls_versions: Vec<TlsVersion>,
    /// Signatures that are accepted from RSA keys.
    pub client_signatures: ClientSignatures,
    /// Whether a connection serves several requests. A browser signs in again on an open connection without the card. No public source
    /// says what Entra does.
    pub keep_alive: bool,
}

impl Default for CertAuth {
    fn default() -> Self {
        Self {
            tls_versions: vec![TlsVersion::Tls12, TlsVersion::Tls13],
            client_signatures: ClientSignatures::Any,
            keep_alive: false,
        }
    }
}

/// A TLS version.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

/// Signatures of RSA keys in a TLS handshake.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientSignatures {
    /// What the TLS version allows.
    #[default]
    Any,
    /// PKCS#1 v1.5, which TLS 1.3 does not have.
    Pkcs1,
    /// PSS.
    Pss,
}

/// The pages of a sign-in in the browser.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Pages {
    /// Whether the user is asked to stay signed in (`KmsiInterrupt`).
    pub keep_me_signed_in: bool,
    /// Pages that end the sign-in before a code is issued, by page id: `ConvergedConsent`, `ConvergedChangePassword`, …
    pub dead_ends: Vec<String>,
    /// Whether devices may sign in by a code that the user types elsewhere (RFC 8628).
    pub device_code: DeviceCode,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            keep_me_signed_in: true,
            dead_ends: Vec::new(),
            device_code: DeviceCode::Allowed,
        }
    }
}

/// Whether a policy blocks device codes.
///
/// <https://learn.microsoft.com/entra/identity/conditional-access/policy-block-authentication-flows>
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceCode {
    /// Anybody may.
    Allowed,
    /// Conditional Access blocks the sign-in.
    Blocked,
}
