//! How a device is joined, from the output of `dsregcmd /status`.
//!
//! The output is made for people. It is read leniently: keys in any case and spacing, sections in any order, lines that are
//! cut or that a console wrapped. What is not there is `None`, never a guess.
//! ([Troubleshoot devices by using the dsregcmd command][dsreg])
//!
//! [dsreg]: https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-device-dsregcmd

mod attempt;
mod lines;

use alloc::string::String;

pub use attempt::{AttemptStatus, PrtAttempt, PrtState};

use crate::cache::TenantId;
use crate::text_file::Encoding;
use lines::Lines;

/// What `dsregcmd /status` said.
///
/// ```
/// use upn_resolver::windows::join_state::{JoinState, JoinReport};
///
/// let report = JoinReport::parse(
///     "             AzureAdJoined : YES\r\n\
///      \u{20}         EnterpriseJoined : NO\r\n\
///      \u{20}             DomainJoined : YES\r\n\
///      \u{20}               DomainName : CORP\r\n",
/// );
/// assert_eq!(report.join_state(), JoinState::HybridJoined);
/// assert_eq!(report.domain_name(), Some("CORP"));
/// assert_eq!(report.prt().present, None, "the text ends before that");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinReport<'a> {
    lines: Lines<'a>,
}

impl<'a> JoinReport<'a> {
    /// Reads the text. Total: a text of another kind gives a report in which nothing is known.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        Self {
            lines: Lines::read(text),
        }
    }

    /// How the device is joined, by the table of the [page][dsreg].
    ///
    /// [dsreg]: https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-device-dsregcmd#device-state
    #[must_use]
    pub fn join_state(&self) -> JoinState {
        let [entra, enterprise, domain] =
            ["AzureAdJoined", "EnterpriseJoined", "DomainJoined"].map(|key| self.lines.yes_or_no(key));
        match (entra, enterprise, domain) {
            (Some(true), Some(true), _) => JoinState::Unknown,
            (Some(true), _, Some(true)) => JoinState::HybridJoined,
            (Some(true), _, Some(false)) => JoinState::EntraJoined,
            (Some(false), Some(true), Some(true)) => JoinState::EnterpriseJoined,
            (Some(false), Some(false), Some(true)) => JoinState::DomainJoined,
            (Some(false), Some(false), Some(false)) => JoinState::NotJoined,
            _ => JoinState::Unknown,
        }
    }

    /// Whether the user has registered accounts of work or school on the device, which is not a join.
    #[must_use]
    pub fn workplace_joined(&self) -> Option<bool> {
        self.lines.yes_or_no("WorkplaceJoined")
    }

    /// The name of the Active Directory domain, mostly its `NetBIOS` name.
    #[must_use]
    pub fn domain_name(&self) -> Option<&'a str> {
        self.value("DomainName")
    }

    /// The id of the device in Entra, a GUID.
    #[must_use]
    pub fn device_id(&self) -> Option<&'a str> {
        self.value("DeviceId")
    }

    /// Whether Entra knows the device and has it enabled: `SUCCESS`, or a text that begins with `FAILED`. Since Windows 10
    /// 21H1.
    #[must_use]
    pub fn device_auth_status(&self) -> Option<&'a str> {
        self.value("DeviceAuthStatus")
    }

    /// The tenant's display name.
    #[must_use]
    pub fn tenant_name(&self) -> Option<&'a str> {
        self.value("TenantName")
    }

    /// The id of the tenant that the device is joined to, when the text holds a whole one.
    #[must_use]
    pub fn tenant_id(&self) -> Option<TenantId> {
        self.value("TenantId")?.parse().ok()
    }

    /// The user's primary refresh token of Entra, and the last failure to get or renew it.
    #[must_use]
    pub fn prt(&self) -> PrtState<'a> {
        PrtState::read(&self.lines, "AzureAdPrt")
    }

    /// The user's primary refresh token of the organisation's own AD FS.
    #[must_use]
    pub fn enterprise_prt(&self) -> PrtState<'a> {
        PrtState::read(&self.lines, "EnterprisePrt")
    }

    /// The first value of any key, by its name without regard to case and blanks; `None` when it is not there or empty.
    ///
    /// ```
    /// use upn_resolver::windows::join_state::JoinReport;
    ///
    /// let report = JoinReport::parse("   TpmProtected : YES\n");
    /// assert_eq!(report.value("tpmprotected"), Some("YES"));
    /// ```
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&'a str> {
        self.lines.value(key)
    }
}

/// How a device is joined.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinState {
    /// To Active Directory only.
    DomainJoined,
    /// To the organisation's own device registration service and Active Directory.
    EnterpriseJoined,
    /// To Entra only.
    EntraJoined,
    /// To Entra and to Active Directory.
    HybridJoined,
    /// To nothing.
    NotJoined,
    /// The text does not say.
    Unknown,
}

impl JoinState {
    /// Whether a smart-card sign-in sends a user name to Entra at all: Entra joined and hybrid joined devices do
    /// ([restrictions and caveats][sc]).
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#restrictions-and-caveats
    #[must_use]
    pub const fn signs_in_to_entra(self) -> bool {
        matches!(self, Self::EntraJoined | Self::HybridJoined)
    }

    /// The name as the page has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DomainJoined => "domain joined",
            Self::EnterpriseJoined => "on-premises DRS joined",
            Self::EntraJoined => "Entra joined",
            Self::HybridJoined => "Entra hybrid joined",
            Self::NotJoined => "not joined",
            Self::Unknown => "unknown",
        }
    }
}

impl core::fmt::Display for JoinState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text of a file that `dsregcmd /status` was redirected to: UTF-16 as PowerShell writes it, UTF-8, or the code page of
/// a console, of which only the ASCII part matters here and the rest is replaced. A no-break space becomes a space.
///
/// ```
/// use upn_resolver::windows::join_state::decode;
///
/// let powershell: Vec<u8> = "\u{feff}AzureAdJoined : YES".encode_utf16().flat_map(u16::to_le_bytes).collect();
/// assert_eq!(decode(&powershell), "AzureAdJoined : YES");
/// ```
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    let text = match Encoding::of(bytes) {
        (Encoding::Utf8, text) => String::from_utf8_lossy(text).into_owned(),
        (Encoding::Utf16(unit), text) => {
            let units = text
                .chunks_exact(2)
                .filter_map(|pair| Some(unit(pair.try_into().ok()?)));
            char::decode_utf16(units)
                .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
    };
    if text.contains(NO_BREAK_SPACES) {
        text.replace(NO_BREAK_SPACES, " ")
    } else {
        text
    }
}

const NO_BREAK_SPACES: [char; 2] = ['\u{a0}', '\u{202f}'];
