//! On/off policies, with their places in the registry and their documented defaults.

use core::fmt;

pub(super) const CREDENTIAL_PROVIDER: &str =
    r"SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider";
pub(super) const CERT_PROP: &str = r"SOFTWARE\Policies\Microsoft\Windows\CertProp";
pub(super) const SC_PNP: &str = r"SOFTWARE\Policies\Microsoft\Windows\ScPnP";
const KDC: &str = r"SYSTEM\CurrentControlSet\Services\Kdc";
const KERBEROS: &str = r"SYSTEM\CurrentControlSet\Control\LSA\Kerberos\Parameters";
const SYSTEM_POLICIES: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System";

/// An on/off policy for smart card sign-in, named after its registry value.
///
/// Source: [Smart Card Group Policy and Registry Settings][gpr] and the policy CSP area
/// [`ADMX_Smartcard`][csp]; for [`UseSubjectAltName`](PolicySwitch::UseSubjectAltName), [KB4043463][kb].
///
/// [gpr]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings
/// [csp]: https://learn.microsoft.com/en-us/windows/client-management/mdm/policy-csp-admx-smartcard
/// [kb]: https://learn.microsoft.com/en-us/troubleshoot/windows-server/windows-security/disable-subject-alternative-name-upn-mapping
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PolicySwitch {
    /// `AllowCertificatesWithNoEKU`: also shows certificates without EKU, with the any-purpose EKU or with the client
    /// authentication EKU. Certificates with other EKUs only remain hidden.
    AllowCertificatesWithNoEku,
    /// `AllowIntegratedUnblock`: offers the unblock screen at sign-in.
    AllowIntegratedUnblock,
    /// `AllowSignatureOnlyKeys`: shows certificates of `AT_SIGNATURE` keys.
    AllowSignatureOnlyKeys,
    /// `AllowTimeInvalidCertificates`: shows expired and not yet valid certificates. This affects the display only:
    /// the domain controller and Entra ID still refuse them.
    AllowTimeInvalidCertificates,
    /// `CertPropEnabled`: copies the card's certificates to the user's personal store.
    CertPropEnabled,
    /// `DisallowPlaintextPin`: prevents Credential Manager from returning a PIN in plain text.
    DisallowPlaintextPin,
    /// `EnableRootCertificatePropagation`: copies the card's root certificates; requires `CertPropEnabled`.
    EnableRootCertificatePropagation,
    /// `EnableScPnP`: installs a card's driver when it is first inserted.
    EnableScPnp,
    /// `EnumerateECCCerts`: shows certificates of elliptic-curve keys.
    ///
    /// The page speaks of sign-in "to a domain". That it also applies to the tiles of an Entra joined device is
    /// inferred from its effect, which is at enumeration.
    EnumerateEccCerts,
    /// `FilterDuplicateCerts`: hides the older of two certificates of the same template and user.
    ///
    /// Its documented defaults contradict each other: see [`DefaultSource`](super::DefaultSource).
    FilterDuplicateCerts,
    /// `ForceReadingAllCertificates`: reads all certificates of a card whose driver cannot return them in one call.
    ForceReadingAllCertificates,
    /// `ReverseSubject`: shows the subject reversed on the tile.
    ///
    /// Its documented defaults contradict each other: see [`DefaultSource`](super::DefaultSource).
    ReverseSubject,
    /// `ScPnPNotification`: notifies the user that a card driver was installed.
    ///
    /// Its documented defaults contradict each other: see [`DefaultSource`](super::DefaultSource).
    ScPnpNotification,
    /// `scforceoption`, "Interactive logon: Require smart card". An account managed by Windows LAPS is exempt.
    SmartCardRequired,
    /// `UseCachedCRLOnlyAndIgnoreRevocationUnknownErrors` of the Kerberos client.
    UseCachedCrlOnlyClient,
    /// `UseCachedCRLOnlyAndIgnoreRevocationUnknownErrors` of the key distribution center.
    UseCachedCrlOnlyKdc,
    /// `UseSubjectAltName`: if off, the key distribution center ignores the principal name in the certificate.
    UseSubjectAltName,
    /// `X509HintsNeeded`, "Allow user name hint": shows the user name hint field at sign-in and elevation.
    X509HintsNeeded,
}

impl PolicySwitch {
    /// All switches, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::AllowCertificatesWithNoEku,
        Self::AllowIntegratedUnblock,
        Self::AllowSignatureOnlyKeys,
        Self::AllowTimeInvalidCertificates,
        Self::CertPropEnabled,
        Self::DisallowPlaintextPin,
        Self::EnableRootCertificatePropagation,
        Self::EnableScPnp,
        Self::EnumerateEccCerts,
        Self::FilterDuplicateCerts,
        Self::ForceReadingAllCertificates,
        Self::ReverseSubject,
        Self::ScPnpNotification,
        Self::SmartCardRequired,
        Self::UseCachedCrlOnlyClient,
        Self::UseCachedCrlOnlyKdc,
        Self::UseSubjectAltName,
        Self::X509HintsNeeded,
    ];

    /// The name of the registry value.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::windows::logon_policy::PolicySwitch;
    ///
    /// assert_eq!(PolicySwitch::EnumerateEccCerts.value_name(), "EnumerateECCCerts");
    /// assert!(PolicySwitch::EnumerateEccCerts.key().ends_with(r"\SmartCardCredentialProvider"));
    /// ```
    #[must_use]
    pub const fn value_name(self) -> &'static str {
        match self {
            Self::AllowCertificatesWithNoEku => "AllowCertificatesWithNoEKU",
            Self::AllowIntegratedUnblock => "AllowIntegratedUnblock",
            Self::AllowSignatureOnlyKeys => "AllowSignatureOnlyKeys",
            Self::AllowTimeInvalidCertificates => "AllowTimeInvalidCertificates",
            Self::CertPropEnabled => "CertPropEnabled",
            Self::DisallowPlaintextPin => "DisallowPlaintextPin",
            Self::EnableRootCertificatePropagation => "EnableRootCertificatePropagation",
            Self::EnableScPnp => "EnableScPnP",
            Self::EnumerateEccCerts => "EnumerateECCCerts",
            Self::FilterDuplicateCerts => "FilterDuplicateCerts",
            Self::ForceReadingAllCertificates => "ForceReadingAllCertificates",
            Self::ReverseSubject => "ReverseSubject",
            Self::ScPnpNotification => "ScPnPNotification",
            Self::SmartCardRequired => "scforceoption",
            Self::UseCachedCrlOnlyClient | Self::UseCachedCrlOnlyKdc => {
                "UseCachedCRLOnlyAndIgnoreRevocationUnknownErrors"
            }
            Self::UseSubjectAltName => "UseSubjectAltName",
            Self::X509HintsNeeded => "X509HintsNeeded",
        }
    }

    /// The registry key of the value, below `HKEY_LOCAL_MACHINE`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::CertPropEnabled | Self::EnableRootCertificatePropagation => CERT_PROP,
            Self::EnableScPnp | Self::ScPnpNotification => SC_PNP,
            Self::SmartCardRequired => SYSTEM_POLICIES,
            Self::UseCachedCrlOnlyClient => KERBEROS,
            Self::UseCachedCrlOnlyKdc | Self::UseSubjectAltName => KDC,
            _ => CREDENTIAL_PROVIDER,
        }
    }

    /// Whether the switch is on if it is not configured, according to the given source.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::windows::logon_policy::{DefaultSource, PolicySwitch};
    ///
    /// assert!(PolicySwitch::FilterDuplicateCerts.on_by_default(DefaultSource::AdministrativeTemplate));
    /// assert!(!PolicySwitch::FilterDuplicateCerts.on_by_default(DefaultSource::GroupPolicyPage));
    /// ```
    #[must_use]
    pub const fn on_by_default(self, defaults: DefaultSource) -> bool {
        match self {
            Self::CertPropEnabled
            | Self::EnableRootCertificatePropagation
            | Self::EnableScPnp
            | Self::UseSubjectAltName => true,
            Self::FilterDuplicateCerts | Self::ReverseSubject | Self::ScPnpNotification => match defaults {
                DefaultSource::AdministrativeTemplate => true,
                DefaultSource::GroupPolicyPage => false,
            },
            _ => false,
        }
    }

    /// Whether the two sources contradict each other about the default.
    #[must_use]
    pub const fn default_is_contradictory(self) -> bool {
        self.on_by_default(DefaultSource::AdministrativeTemplate)
            != self.on_by_default(DefaultSource::GroupPolicyPage)
    }

    pub(super) fn named(key: &str, value: &str) -> Option<Self> {
        // The page writes the name of this value with a space.
        let value = if value.eq_ignore_ascii_case("EnableRootCertificate Propagation") {
            Self::EnableRootCertificatePropagation.value_name()
        } else {
            value
        };
        Self::ALL.iter().copied().find(|switch| {
            switch.key().eq_ignore_ascii_case(key) && switch.value_name().eq_ignore_ascii_case(value)
        })
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for PolicySwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value_name())
    }
}

/// Source of a default where Microsoft's two descriptions contradict each other.
///
/// According to the administrative template (`ADMX`) and the policy CSP, `FilterDuplicateCerts` filters,
/// `ReverseSubject` reverses and `ScPnPNotification` notifies if not configured. The page on group policy settings
/// says for each of them that "disabled and not configured are equivalent".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DefaultSource {
    /// The administrative template that is part of the operating system.
    #[default]
    AdministrativeTemplate,
    /// The page on smart-card group policy and registry settings.
    GroupPolicyPage,
}

/// Configured state of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyState {
    /// Disabled: the registry value exists and is zero.
    Disabled,
    /// Enabled: the registry value exists and is not zero.
    Enabled,
    /// Not configured: the default applies.
    #[default]
    NotConfigured,
}

impl fmt::Display for PolicyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::NotConfigured => "not configured",
        })
    }
}
