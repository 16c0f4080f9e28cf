//! The KDC's certificate: chain, purpose, name and signature (RFC 4556 section 3.2.4).

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use upn_resolver::certificate::{Certificate, GeneralName, Oid};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::cms::SignedData;
use super::error::{AdError, KdcProblem};
use super::{oid, rsa};

/// Conditions for an accepted KDC certificate.
///
/// The certificate must lead to one of the CAs, must be for the authentication of a KDC, and must name the realm: as
/// `krbtgt/REALM` (RFC 4556 section 3.2.4), as its DNS name, or the host that [`with_host`](Self::with_host) names. Windows' own certificates
/// have DNS names only. RSA signatures are verified here; the caller may add other algorithms. Whether a certificate is revoked is not checked.
///
/// ```
/// # #[cfg(feature = "active-directory")] {
/// use cba_protocol::active_directory::{AdError, KdcTrust};
/// # fn example(root: cba_protocol::pki_types::CertificateDer<'_>) -> Result<(), AdError> {
///
/// let trust = KdcTrust::new([root])?.with_host("dc1.corp.example");
/// # Ok(()) }
/// # }
/// ```
#[derive(Clone)]
pub struct KdcTrust {
    anchors: Vec<TrustAnchor<'static>>,
    algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
    host: Option<String>,
    server_authentication: bool,
}

impl KdcTrust {
    /// Creates the conditions from the CAs to trust.
    ///
    /// # Errors
    /// [`AdError::CaUnusable`] if one of them is not a certificate, or there is none.
    pub fn new<'a>(roots: impl IntoIterator<Item = CertificateDer<'a>>) -> Result<Self, AdError> {
        let anchors: Result<Vec<_>, _> = roots
            .into_iter()
            .map(|root| webpki::anchor_from_trusted_cert(&root).map(|anchor| anchor.to_owned()))
            .collect();
        match anchors {
            Ok(anchors) if !anchors.is_empty() => Ok(Self {
                anchors,
                algorithms: Vec::new(),
                host: None,
                server_authentication: false,
            }),
            _ => Err(AdError::CaUnusable),
        }
    }

    /// Accepts a certificate with this DNS name too: the host that the requests go to.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Verifies signatures with these algorithms besides RSA, for example those of a provider of rustls.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: &[&'static dyn SignatureVerificationAlgorithm]) -> Self {
        self.algorithms.extend_from_slice(algorithms);
        self
    }

    /// Accepts certificates for server authentication as well: those of the old template "Domain Controller" do not have the
    /// purpose for KDCs.
    #[must_use]
    pub fn with_server_authentication(mut self) -> Self {
        self.server_authentication = true;
        self
    }

    /// Verifies the signature of a KDC, and its certificate.
    pub(super) fn verify(
        &self,
        signed: &SignedData<'_>,
        realm: &str,
        now: UnixTime,
    ) -> Result<(), KdcProblem> {
        let (leaf, others) = signed.certificates().ok_or(KdcProblem::NoCertificate)?;
        let certificate = Certificate::from_der(leaf).map_err(|_| KdcProblem::NoCertificate)?;
        if !signed.verifies(&certificate, &self.algorithms) {
            return Err(KdcProblem::Signature);
        }
        let others: Vec<CertificateDer<'_>> = others.into_iter().map(CertificateDer::from).collect();
        self.check_chain(&CertificateDer::from(leaf), &others, now)?;
        let accepted = |purpose: Oid<'_>| {
            let purpose = purpose.as_bytes();
            purpose == oid::KDC_AUTHENTICATION
                || self.server_authentication && purpose == oid::SERVER_AUTHENTICATION
        };
        if !certificate.extended_key_usage().any(accepted) {
            return Err(KdcProblem::Purpose);
        }
        if self.names(&certificate, realm) {
            Ok(())
        } else {
            Err(KdcProblem::Name)
        }
    }

    /// Whether a chain leads from the certificate alone to one of the CAs.
    pub(super) fn leads_to_anchor(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
        !matches!(self.check_chain(certificate, &[], now), Err(KdcProblem::Chain))
    }

    fn check_chain(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), KdcProblem> {
        let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = rsa::FOR_CERTIFICATES
            .into_iter()
            .chain(self.algorithms.iter().map(|algorithm| *algorithm as _))
            .collect();
        let end = EndEntityCert::try_from(certificate).map_err(|_| KdcProblem::Chain)?;
        let path = end.verify_for_usage(&algorithms, &self.anchors, others, now, AnyPurpose, None, None);
        path.map(|_| ()).map_err(|error| match error {
            webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => KdcProblem::Dates,
            _ => KdcProblem::Chain,
        })
    }

    fn names(&self, certificate: &Certificate<'_>, realm: &str) -> bool {
        let is_dns_name = |name: &str| {
            name.eq_ignore_ascii_case(realm)
                || self
                    .host
                    .as_ref()
                    .is_some_and(|host| name.eq_ignore_ascii_case(host))
        };
        certificate.subject_alternative_names().any(|name| match name {
            GeneralName::DnsName(name) => name.text().is_ok_and(|name| is_dns_name(&name)),
            GeneralName::OtherName(name) => name.kerberos_principal().is_some_and(|principal| {
                let parts: Vec<_> = principal
                    .components()
                    .filter_map(|part| part.text().ok())
                    .collect();
                let of_realm = |text: &str| text.eq_ignore_ascii_case(realm);
                principal.realm().text().is_ok_and(|text| of_realm(&text))
                    && matches!(&parts[..], [service, instance] if service == "krbtgt" && of_realm(instance))
            }),
            _ => false,
        })
    }
}

/// The purpose is checked apart, for the KDC's certificate alone.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        for purpose in purposes {
            purpose?;
        }
        Ok(())
    }
}

impl core::fmt::Debug for KdcTrust {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KdcTrust")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}
