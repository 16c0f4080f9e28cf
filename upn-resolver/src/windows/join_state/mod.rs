//! Join state of a device, from the output of `dsregcmd /status`.
//!
//! The output is intended for people, and is parsed leniently: keys in any case and spacing, sections in any order,
//! truncated lines, lines wrapped by a console. Missing values are `None`, never a guess. ([Troubleshoot devices by
//! using the dsregcmd command][dsreg])
//!
//! [dsreg]: https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-device-dsregcmd

mod attempt;
mod lines;

use alloc::string::String;

pub use attempt::{AttemptStatus, PrtAttempt, PrtState};

use crate::cache::TenantId;
use crate::text_file::Encoding;
use lines::Lines;

/// Parsed output of `dsregcmd /status`.
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
    /// Parses the output. It never fails: from another text, the report contains nothing.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        Self {
            lines: Lines::read(text),
        }
    }

    /// The join state of the device, by the table on the [page][dsreg].
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

    /// Whether the user has registered work or school accounts on the device, which is not a join.
    #[must_use]
    pub fn workplace_joined(&self) -> Option<bool> {
        self.lines.yes_or_no("WorkplaceJoined")
    }

    /// The name of the Active Directory domain, usually its `NetBIOS` name.
    #[must_use]
    pub fn domain_name(&self) -> Option<&'a str> {
        self.value("DomainName")
    }

    /// The ID of the device in Entra, a GUID.
    #[must_use]
    pub fn device_id(&self) -> Option<&'a str> {
        self.value("DeviceId")
    }

    /// Whether the device is known to Entra and enabled: `SUCCESS`, or a text that begins with `FAILED`. Since
    /// Windows 10 21H1.
    #[must_use]
    pub fn device_auth_status(&self) -> Option<&'a str> {
        self.value("DeviceAuthStatus")
    }

    /// The display name of the tenant.
    #[must_use]
    pub fn tenant_name(&self) -> Option<&'a str> {
        self.value("TenantName")
    }

    /// The ID of the tenant that the device is joined to, if it is complete.
    #[must_use]
    pub fn tenant_id(&self) -> Option<TenantId> {
        self.value("TenantId")?.parse().ok()
    }

    /// The user's primary refresh token for Entra, and the last failure to obtain or renew it.
    #[must_use]
    pub fn prt(&self) -> PrtState<'a> {
        PrtState::read(&self.lines, "AzureAdPrt")
    }

    /// The user's primary refresh token for the organization's own AD FS.
    #[must_use]
    pub fn enterprise_prt(&self) -> PrtState<'a> {
        PrtState::read(&self.lines, "EnterprisePrt")
    }

    /// Returns the first value of any key, without regard to case and spaces; `None` if it is missing or empty.
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

/// Join state of a device.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinState {
    /// Joined to Active Directory only.
    DomainJoined,
    /// Joined to the organization's own device registration service and Active Directory.
    EnterpriseJoined,
    /// Joined to Entra only.
    EntraJoined,
    /// Joined to Entra and Active Directory.
    HybridJoined,
    /// Not joined.
    NotJoined,
    /// Not stated in the text.
    Unknown,
}

impl JoinState {
    /// Whether a smart card sign-in sends a user name to Entra: Entra joined and hybrid joined devices do
    /// ([restrictions and caveats][sc]).
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#restrictions-and-caveats
    #[must_use]
    pub const fn signs_in_to_entra(self) -> bool {
        matches!(self, Self::EntraJoined | Self::HybridJoined)
    }

    /// The name as on the page.
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

/// Decodes a file with the output of `dsregcmd /status`: UTF-16 as written by PowerShell, UTF-8, or the code page of
/// a console, of which only ASCII is needed and the rest is replaced. A no-break space becomes a space.
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
