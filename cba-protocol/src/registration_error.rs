//! Errors of the registration service: what to try.
//!
//! The types are those of [MS-DVRE] 2.2.4 and [MS-DVRJ] 2.2.3.1. What distinguishes the reasons is their text only; the texts are those
//! of <https://learn.microsoft.com/entra/identity/devices/troubleshoot-hybrid-join-windows-current> and of public reports; those for a quota
//! are inferred (`DeviceCapReached` is the name of [MS-MDE2] for the limit of device management). The types in small letters are
//! inferred too: newer errors have codes and sub-codes, and public scripts that read the output of `dsregcmd` show only
//! `error_missing_device` of them.

use core::time::Duration;

use http::StatusCode;

use crate::aadsts::Advice;

/// First step to try. The text is more specific than the type.
pub(crate) fn advice(kind: &str, message: &str, status: StatusCode) -> Advice {
    let message = message.to_ascii_lowercase();
    let says = |part: &str| message.contains(part);
    if says("throttled") || status == StatusCode::TOO_MANY_REQUESTS {
        return Advice::RetryLater;
    }
    if says("devicecapreached") || says("quota") || says("maximum number of devices") {
        return Advice::RemoveDevice;
    }
    if says("policy does not allow") || says("not allowed") || says("not authorized") {
        return Advice::Stop;
    }
    if says("isn't found") || says("is not found") {
        return Advice::RepairDevice;
    }
    match kind {
        "InvalidParameter" | "invalid_request" => Advice::FixClient,
        "AuthenticationError" => Advice::SignInAgain,
        "AuthorizationError" | "DirectoryAccountError" => Advice::Stop,
        "CertificateAuthorityError"
        | "DirectoryError"
        | "SqlError"
        | "UnknownError"
        | "directory_error"
        | "internal_server_error" => Advice::RetryLater,
        _ if status == StatusCode::UNAUTHORIZED => Advice::SignInAgain,
        _ if status.is_server_error() => Advice::RetryLater,
        _ => Advice::Stop,
    }
}

/// The delay in "Please try after 300 seconds".
pub(crate) fn delay(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("after ")?;
    let (number, unit) = rest.split_once(' ')?;
    let seconds = number.parse().ok().filter(|_| unit.starts_with("second"))?;
    Some(Duration::from_secs(seconds))
}
