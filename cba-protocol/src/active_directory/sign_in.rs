//! Start of a sign-in.

use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::certificate::{Certificate, KeyUsage, oid};

use super::error::AdError;
use super::finding::CertificateFinding;
use super::kdc_trust::KdcTrust;
use super::keytab::Keytab;

/// A sign-in to Active Directory with a card: PKINIT (RFC 4556), as [MS-PKCA] section 4.1 has it for an interactive logon.
///
/// It takes one signature of the card and two requests to a domain controller. Afterwards the domain has named the account. Something must
/// prove the domain controller: the device's keytab, the CA of the domain controllers, or both.
///
/// ```
/// # #[cfg(feature = "active-directory")] {
/// use cba_protocol::active_directory::{AdError, AdSignIn, AdStep, Keytab};
/// use cba_protocol::{Seed, pki_types::{CertificateDer, UnixTime}};
/// # fn example(card: &CertificateDer<'_>, keytab: Keytab, seed: Seed, now: UnixTime) -> Result<(), AdError> {
///
/// let sign_in = AdSignIn::new("ada@corp.example", "CORP.EXAMPLE", card).with_host_key(keytab);
/// let AdStep::SignWithCard(task) = sign_in.start(seed, now)? else { unreachable!("the card comes first") };
/// # let _ = task;
/// # Ok(()) }
/// # }
/// ```
#[must_use = "call start() to begin"]
#[derive(Clone, Debug)]
pub struct AdSignIn {
    pub(super) name: String,
    pub(super) realm: String,
    certificate: CertificateDer<'static>,
    pub(super) keytab: Option<Keytab>,
    pub(super) trust: Option<KdcTrust>,
}

impl AdSignIn {
    /// Creates a sign-in under this name: the UPN of the certificate, or what the user typed. A name without `@` is an account of
    /// the realm.
    ///
    /// The realm is the DNS name of the domain, usually in capitals.
    pub fn new(name: impl Into<String>, realm: impl Into<String>, certificate: &CertificateDer<'_>) -> Self {
        Self {
            name: name.into(),
            realm: realm.into(),
            certificate: certificate.clone().into_owned(),
            keytab: None,
            trust: None,
        }
    }

    /// Verifies the domain controller by the key of the device's account, which only the domain knows besides the device. The
    /// ticket is for the service of the keytab.
    pub fn with_host_key(mut self, keytab: Keytab) -> Self {
        self.keytab = Some(keytab);
        self
    }

    /// Verifies the domain controller by its certificate. Without a keytab, the ticket with the account data is one for the user
    /// themselves (RFC 4120 section 3.7).
    pub fn with_kdc_trust(mut self, trust: KdcTrust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// Problems of the certificate for which domain controllers refuse sign-ins. Show them before the PIN is asked for. The list
    /// is empty if the certificate cannot be read.
    #[must_use]
    pub fn findings(&self, now: UnixTime) -> Vec<CertificateFinding> {
        let Ok(certificate) = self.certificate() else {
            return Vec::new();
        };
        let (validity, usage) = (certificate.validity(), certificate.key_usage());
        let trust = self.trust.as_ref();
        let is_trusted = trust.is_none_or(|trust| trust.leads_to_anchor(&self.certificate, now));
        let is_for_signatures = usage.is_none_or(KeyUsage::digital_signature);
        let is_for_logon = |purpose| [oid::SMART_CARD_LOGON, oid::PKINIT_CLIENT_AUTH].contains(&purpose);
        let has_purpose =
            !certificate.has_extended_key_usage() || certificate.extended_key_usage().any(is_for_logon);
        let names = certificate.principal_names();
        let mut names = names.filter_map(|name| name.text().ok()).peekable();
        let has_no_name = !self.name.contains('@') || names.peek().is_none();
        let is_named = has_no_name || names.any(|name| name.eq_ignore_ascii_case(&self.name));
        let has_sid =
            certificate.security_identifier().is_some() || certificate.security_identifier_uri().is_some();
        let findings = [
            (CertificateFinding::Expired, validity.not_after().is_before(now)),
            (
                CertificateFinding::NotYetValid,
                validity.not_before().is_after(now),
            ),
            (CertificateFinding::NoDigitalSignature, !is_for_signatures),
            (CertificateFinding::OtherIssuer, !is_trusted),
            (CertificateFinding::NoSmartCardLogon, !has_purpose),
            (CertificateFinding::OtherName, !is_named),
            (CertificateFinding::NoSid, !has_sid),
        ];
        let found = findings.into_iter().filter(|(_, is_found)| *is_found);
        found.map(|(finding, _)| finding).collect()
    }

    pub(super) fn certificate(&self) -> Result<Certificate<'_>, AdError> {
        let read = Certificate::from_der(&self.certificate);
        read.map_err(|error| AdError::CertificateUnusable(error.code()))
    }
}
