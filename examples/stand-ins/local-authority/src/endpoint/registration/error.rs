//! Errors of the registration service ([MS-DVRJ] 2.2.3 and 3.1.5.1.2.3).

use std::fmt;

use openssl::error::ErrorStack;
use serde_json::json;
use time::OffsetDateTime;

use crate::config::ErrorBody;
use crate::http::{Answer, Request};
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(super) struct ServiceError {
    kind: Kind,
    status: u16,
    message: String,
    retry_after: Option<i64>,
}

/// Values of `ErrorType`: those of [MS-DVRE], and `DirectoryError`, which `dsregcmd` shows.
///
/// <https://learn.microsoft.com/entra/identity/devices/troubleshoot-hybrid-join-windows-current>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Authentication,
    Authorization,
    Directory,
    InvalidParameter,
    Unknown,
}

impl ServiceError {
    /// The request is not of the right form.
    pub(super) fn invalid(what: impl Into<String>) -> Self {
        Self::new(Kind::InvalidParameter, 400, what)
    }

    /// The request does not show who sends it.
    pub(super) fn unauthenticated(why: impl Into<String>) -> Self {
        Self::new(Kind::Authentication, 401, why)
    }

    /// The tenant does not take part in this kind of request.
    pub(super) fn not_allowed(why: impl Into<String>) -> Self {
        Self::new(Kind::Authentication, 400, why)
    }

    /// The user may not.
    pub(super) fn unauthorized(why: impl Into<String>) -> Self {
        Self::new(Kind::Authorization, 400, why)
    }

    /// The client has to wait. The text is that of
    /// <https://learn.microsoft.com/entra/identity/devices/troubleshoot-hybrid-join-windows-current>. The status 429 and the header
    /// `Retry-After` are inferred: Microsoft documents them for the token endpoint only
    /// (<https://learn.microsoft.com/entra/msal/dotnet/advanced/client-and-server-throttling>).
    pub(super) fn throttled(seconds: i64) -> Self {
        let why = format!("Your request is throttled temporarily. Please try after {seconds} seconds.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(Kind::Directory, 429, why)
        }
    }

    fn new(kind: Kind, status: u16, message: impl Into<String>) -> Self {
        Self {
            kind,
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    /// The answer, in the form of the dialect.
    pub(super) fn answer(&self, state: &State, request: &Request) -> Answer {
        let now = state.clock.now();
        let body = match state.configuration.dialect.error_body {
            ErrorBody::Documented => json!({
                "ErrorType": self.kind.name(),
                "Message": self.message,
                "TraceId": request.ids.trace,
                "Time": month_first(now),
            }),
            ErrorBody::Newer => json!({
                "code": self.kind.newer_name(),
                "subcode": "error_not_specified",
                "message": self.message,
                "operation": "DeviceJoin",
                "requestid": request.ids.trace,
                "time": month_first(now),
            }),
        };
        let mut answer = Answer::json(&body);
        answer.status = self.status;
        if let Some(seconds) = self.retry_after {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        answer
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Authentication => "AuthenticationError",
            Self::Authorization => "AuthorizationError",
            Self::Directory => "DirectoryError",
            Self::InvalidParameter => "InvalidParameter",
            Self::Unknown => "UnknownError",
        }
    }

    /// Inferred: of the newer form, only the sub-code `error_missing_device` is public, in scripts that read the output of `dsregcmd`.
    fn newer_name(self) -> &'static str {
        match self {
            Self::Authentication | Self::Authorization => "unauthorized",
            Self::Directory => "directory_error",
            Self::InvalidParameter => "invalid_request",
            Self::Unknown => "internal_server_error",
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl From<ErrorStack> for ServiceError {
    fn from(error: ErrorStack) -> Self {
        Self::new(Kind::Unknown, 500, error.to_string())
    }
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        let message = format!("{} {}", refusal.code.sentence(), refusal.detail);
        let message = message.trim();
        match refusal.code {
            Code::TRANSIENT => Self::new(Kind::Unknown, 503, message),
            Code::NONCE_EXPIRED | Code::NONCE_INVALID => Self::invalid(message),
            _ => Self::unauthenticated(message),
        }
    }
}

/// The form of time in the sample of [MS-DVRJ] 4.1: `02-24-2016 17:37:01Z`.
fn month_first(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:02}-{:02}-{:04} {:02}:{:02}:{:02}Z",
        u8::from(at.month()),
        at.day(),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}
