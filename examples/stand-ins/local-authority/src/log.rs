//! The request log: one entry for each request, without secrets.

use serde::Serialize;

use crate::fault::Leg;

/// Log entry of a request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LogEntry {
    /// Time, in the form of the error answers.
    pub time: String,
    /// The request's trace id.
    pub trace_id: String,
    /// The client's `client-request-id`, or a new one.
    pub correlation_id: String,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Kind of request.
    pub leg: Leg,
    /// The HTTP status of the answer; 0 when the connection was dropped.
    pub status: u16,
    /// The AADSTS code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Reason for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Facts about the sign-in.
    #[serde(flatten)]
    pub sign_in: SignInNotes,
    /// The TLS connection, at hosts that ask for a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsNotes>,
    /// The fault that struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Duration in microseconds.
    pub microseconds: u64,
}

/// Facts about a sign-in, as in Entra's sign-in log.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignInNotes {
    /// The device that signed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The name that the client sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// User principal name of the user that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Attribute in which the name was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_by: Option<&'static str>,
    /// The subject of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_subject: Option<String>,
    /// Binding that matched, such as `PrincipalName -> userPrincipalName (1)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
    /// Whether the certificate counts as multifactor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multifactor: Option<bool>,
    /// The client application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Error of the registration service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_error: Option<String>,
    /// Requested resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

/// Facts about a TLS connection.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TlsNotes {
    /// The name that the client asked for (SNI).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The version, such as `TLSv1.3`.
    pub version: String,
    /// The scheme that the client's certificate signed with, such as `rsa_pss_rsae_sha256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The subject of the client's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Certificates that the client sent after its own.
    pub further_certificates: usize,
}
