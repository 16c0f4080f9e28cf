//! Primary refresh token in the output of `dsregcmd`, and the last failed attempt.

use core::fmt;

use super::lines::Lines;

/// The keys that end a token's part of the section "SSO State".
const ENDS: [&str; 3] = ["AzureAdPrt", "EnterprisePrt", "OnPremTgt"];
const DIAGNOSTICS: [&str; 2] = ["AcquirePrtDiagnostics", "RefreshPrtDiagnostics"];

/// A primary refresh token as reported by `dsregcmd`. Times are as printed: `2020-07-12 22:57:53.000 UTC`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrtState<'a> {
    /// Whether there is a token.
    pub present: Option<bool>,
    /// The time of the last update. Windows renews the token [about every four hours of use][prt].
    ///
    /// [prt]: https://learn.microsoft.com/en-us/entra/identity/devices/concept-primary-refresh-token
    pub updated: Option<&'a str>,
    /// The time at which it expires unless renewed.
    pub expires: Option<&'a str>,
    /// The URL of the authority that issued it.
    pub authority: Option<&'a str>,
    /// The last failure to obtain it, if it was after the last success.
    pub acquire_failure: Option<PrtAttempt<'a>>,
    /// The last failure to renew it, if it was after the last success.
    pub refresh_failure: Option<PrtAttempt<'a>>,
}

impl<'a> PrtState<'a> {
    pub(super) fn read(lines: &Lines<'a>, key: &str) -> Self {
        let Some(part) = lines.part(key, &ENDS) else {
            return Self::default();
        };
        // The keys of this part begin with the token's own: AzureAdPrtUpdateTime.
        let own = |suffix: &str| part.value(&[key, suffix].concat());
        let [acquire_failure, refresh_failure] = DIAGNOSTICS.map(|diagnostics| {
            let is_present = part.value(diagnostics)?.eq_ignore_ascii_case("PRESENT");
            is_present.then(|| {
                part.part(diagnostics, &DIAGNOSTICS)
                    .map(|lines| PrtAttempt::read(&lines))
            })?
        });
        Self {
            present: lines.yes_or_no(key),
            updated: own("UpdateTime"),
            expires: own("ExpiryTime"),
            authority: own("Authority"),
            acquire_failure,
            refresh_failure,
        }
    }
}

/// A failed attempt to obtain or renew a primary refresh token. On a shared device it can be another user's.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrtAttempt<'a> {
    /// The time of the attempt.
    pub time: Option<&'a str>,
    /// The code of Windows.
    pub status: Option<AttemptStatus>,
    /// The user principal name that was sent, for comparison with a [`Decision`](crate::Decision).
    pub user_identity: Option<&'a str>,
    /// The kind of credential. `Password` and `NGC` are documented; the value for a smart card is not.
    pub credential_type: Option<&'a str>,
    /// The correlation ID from the server.
    pub correlation_id: Option<&'a str>,
    /// The last endpoint.
    pub endpoint: Option<&'a str>,
    /// The HTTP method.
    pub http_method: Option<&'a str>,
    /// The code of `WinHTTP` if the endpoint could not be reached, otherwise `0x0`.
    pub http_error: Option<&'a str>,
    /// The HTTP status of the answer.
    pub http_status: Option<u16>,
    /// The server's error code, such as `invalid_grant`.
    pub server_error_code: Option<&'a str>,
    /// The server's description, which begins with its AADSTS code.
    pub server_error_description: Option<&'a str>,
}

impl<'a> PrtAttempt<'a> {
    fn read(lines: &Lines<'a>) -> Self {
        Self {
            time: lines.value("Previous Prt Attempt"),
            status: lines.value("Attempt Status").and_then(AttemptStatus::parse),
            user_identity: lines.value("User Identity"),
            credential_type: lines.value("Credential Type"),
            correlation_id: lines.value("Correlation ID"),
            endpoint: lines.value("Endpoint URI"),
            http_method: lines.value("HTTP Method"),
            http_error: lines.value("HTTP Error"),
            http_status: lines.value("HTTP status").and_then(|status| status.parse().ok()),
            server_error_code: lines.value("Server Error Code"),
            server_error_description: lines.value("Server Error Description"),
        }
    }
}

/// Code of a failed attempt: an NTSTATUS or HRESULT. It prints as `0xc000006d`, with the name if it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptStatus(u32);

impl AttemptStatus {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0
    }

    /// The documented name and cause, from [troubleshoot primary refresh token issues][prt].
    ///
    /// [prt]: https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-primary-refresh-token
    #[must_use]
    pub const fn meaning(self) -> Option<(&'static str, &'static str)> {
        const REFUSED: &str = "Entra or the WS-Trust endpoint refused the request; see the server error code";
        const NETWORK: &str = "a network failure, or an HTTP error of the server";
        Some(match self.0 {
            0xC000_005F => (
                "STATUS_NO_SUCH_LOGON_SESSION",
                "Entra does not know the domain of the user name that was sent",
            ),
            0xC000_006A => ("STATUS_WRONG_PASSWORD", REFUSED),
            0xC000_006D => ("STATUS_LOGON_FAILURE", REFUSED),
            0xC000_00BE => ("STATUS_BAD_NETWORK_PATH", NETWORK),
            0xC000_00C4 => ("STATUS_UNEXPECTED_NETWORK_ERROR", NETWORK),
            0xC000_00D0 => ("STATUS_REQUEST_NOT_ACCEPTED", REFUSED),
            0xC000_023C => ("STATUS_NETWORK_UNREACHABLE", NETWORK),
            0xC004_8442 => (
                "AAD_CLOUDAP_E_OAUTH_USER_SID_IS_EMPTY",
                "the ID token does not contain the user's SID",
            ),
            0xC004_844C => (
                "AAD_CLOUDAP_E_OAUTH_USERNAME_IS_MALFORMED",
                "the user name is not an Internet-style name; the device itself refused it",
            ),
            _ => return None,
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_number
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten()
            .map(Self)
    }
}

impl fmt::Display for AttemptStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)?;
        match self.meaning() {
            Some((name, _)) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}
