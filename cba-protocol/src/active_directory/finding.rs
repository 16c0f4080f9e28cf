//! Problems of the card's certificate that are visible before its use.

use core::fmt;

use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::certificate::{Certificate, oid};

use super::kdc_trust::KdcTrust;
use super::time;
use crate::responsible::Responsible;

/// Problem of a certificate for which domain controllers refuse a sign-in.
///
/// Samba answers most of them with one code, so they are looked for beforehand. None of them stops a sign-in: the domain decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFinding {
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// Its key is not for digital signatures.
    NoDigitalSignature,
    /// Its chain does not lead to a CA that the caller trusts for the KDC. Domains often have one CA for both.
    OtherIssuer,
    /// Its extended key usage contains neither smart card logon nor client authentication for PKINIT.
    NoSmartCardLogon,
    /// The UPN in it is not the name that is asked for.
    OtherName,
    /// It has neither the SID extension nor the URI with a SID. Windows requires a strong mapping (KB5014754).
    NoSid,
}

impl CertificateFinding {
    pub(super) fn all(
        certificate: &Certificate<'_>,
        name: &str,
        trust: Option<&KdcTrust>,
        now: UnixTime,
    ) -> Vec<Self> {
        let validity = certificate.validity();
        let now_seconds = i64::try_from(time::seconds(now)).unwrap_or(i64::MAX);
        let usage = certificate.key_usage();
        let purposes = [oid::SMART_CARD_LOGON, oid::PKINIT_CLIENT_AUTH];
        let has_purpose = certificate
            .extended_key_usage()
            .any(|purpose| purposes.contains(&purpose));
        let mut names = certificate
            .principal_names()
            .filter_map(|name| name.text().ok())
            .peekable();
        let is_other_name = name.contains('@')
            && names.peek().is_some()
            && !names.any(|found| found.eq_ignore_ascii_case(name));
        let has_sid =
            certificate.security_identifier().is_some() || certificate.security_identifier_uri().is_some();
        let der = CertificateDer::from(certificate.as_der());
        [
            (Self::Expired, now_seconds > validity.not_after().unix_seconds()),
            (
                Self::NotYetValid,
                now_seconds < validity.not_before().unix_seconds(),
            ),
            (
                Self::NoDigitalSignature,
                usage.is_some_and(|usage| !usage.digital_signature()),
            ),
            (
                Self::OtherIssuer,
                trust.is_some_and(|trust| !trust.leads_to_anchor(&der, now)),
            ),
            (
                Self::NoSmartCardLogon,
                certificate.has_extended_key_usage() && !has_purpose,
            ),
            (Self::OtherName, is_other_name),
            (Self::NoSid, !has_sid),
        ]
        .into_iter()
        .filter_map(|(finding, is_so)| is_so.then_some(finding))
        .collect()
    }

    /// Stable name for programs, such as `expired`.
    ///
    /// ```
    /// # #[cfg(feature = "active-directory")]
    /// assert_eq!(cba_protocol::active_directory::CertificateFinding::NoSid.code(), "no-sid");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::NoDigitalSignature => "no-digital-signature",
            Self::OtherIssuer => "other-issuer",
            Self::NoSmartCardLogon => "no-smart-card-logon",
            Self::OtherName => "other-name",
            Self::NoSid => "no-sid",
        }
    }

    /// Who has to act.
    #[must_use]
    pub fn responsible(self) -> Responsible {
        match self {
            Self::Expired | Self::NoDigitalSignature | Self::NoSmartCardLogon => Responsible::Issuer,
            Self::NotYetValid | Self::OtherIssuer | Self::NoSid => Responsible::Administrator,
            Self::OtherName => Responsible::User,
        }
    }

    /// Next step to try, as a sentence for the user.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Expired => "Renew the certificate, or use another card.",
            Self::NotYetValid => "Check the clock of this machine, or wait until the certificate is valid.",
            Self::NoDigitalSignature => "Use the card's certificate for signing in.",
            Self::OtherIssuer => "Check that the domain controller trusts the issuer of the card.",
            Self::NoSmartCardLogon => "Issue one with the extended key usage 1.3.6.1.4.1.311.20.2.2.",
            Self::OtherName => "Use the name that is in the certificate, or the card of this user.",
            Self::NoSid => {
                "Issue certificates with the SID extension, or set altSecurityIdentities (KB5014754)."
            }
        }
    }
}

impl fmt::Display for CertificateFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::NoDigitalSignature => "the certificate is not for signatures",
            Self::OtherIssuer => {
                "the certificate does not chain to a CA that is trusted for the domain controller"
            }
            Self::NoSmartCardLogon => "the certificate is not for smart card logon",
            Self::OtherName => "the certificate has another name than the one asked for",
            Self::NoSid => "the certificate contains no SID, so it may not be mapped strongly",
        })
    }
}
