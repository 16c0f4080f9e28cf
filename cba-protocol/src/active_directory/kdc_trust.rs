//! The KDC's certificate: chain, purpose, name and signature (RFC 4556 section 3.2.4).

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use upn_resolver::certificate::{Certificate, GeneralName, Oid};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::cms::{RSA_PKCS1_SHA1, SignedData};
use super::error::{AdError, KdcProblem};
use super::oid;

/// Conditions for an accepted KDC certificate.
///
/// The certificate must lead to one of the CAs, must be for the authentication of a KDC, and must name the realm: as
/// `krbtgt/REALM` (RFC 4556 section 3.2.4), as its DNS name, or the host that [`with_host`](Self::with_host) names. Windows' own certificates
/// have DNS names only. Whether a certificate is revoked is not checked.
///
/// The program gives the signature algorithms, for example those of its provider of rustls. Samba's KDC signs the reply with RSA and
/// SHA-1, which providers leave out, so add that one. It is used for the reply alone, which contains the nonce of the request, and
/// never for a certificate.
///
/// ```
/// # #[cfg(feature = "active-directory")] {
/// use cba_protocol::active_directory::{AdError, KdcTrust};
/// use cba_protocol::pki_types::{
///     AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
/// };
/// use openssl::{hash::MessageDigest, pkey::PKey, rsa::Rsa, sign::Verifier};
///
/// /// RSA with SHA-1, by OpenSSL.
/// #[derive(Debug)]
/// struct RsaSha1;
///
/// impl SignatureVerificationAlgorithm for RsaSha1 {
///     fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
///         let verify = || {
///             let key = PKey::from_rsa(Rsa::public_key_from_der_pkcs1(key)?)?;
///             Verifier::new(MessageDigest::sha1(), &key)?.verify_oneshot(signature, message)
///         };
///         if verify().unwrap_or(false) { Ok(()) } else { Err(InvalidSignature) }
///     }
///
///     fn public_key_alg_id(&self) -> AlgorithmIdentifier {
///         alg_id::RSA_ENCRYPTION
///     }
///
///     /// sha1WithRSAEncryption, 1.2.840.113549.1.1.5, with NULL.
///     fn signature_alg_id(&self) -> AlgorithmIdentifier {
///         AlgorithmIdentifier::from_slice(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0])
///     }
/// }
/// # fn example(root: CertificateDer<'_>) -> Result<(), AdError> {
///
/// let provider = rustls::crypto::aws_lc_rs::default_provider();
/// let mut algorithms = provider.signature_verification_algorithms.all.to_vec();
/// algorithms.push(&RsaSha1);
/// let trust = KdcTrust::new([root], &algorithms)?.with_host("dc1.corp.example");
/// # Ok(()) }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KdcTrust {
    anchors: Vec<TrustAnchor<'static>>,
    algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
    host: Option<String>,
    /// Extended key usages, one of which the certificate must have.
    purposes: Vec<&'static [u8]>,
}

impl KdcTrust {
    /// Creates the conditions from the CAs to trust, and the algorithms for signatures of certificates and replies.
    ///
    /// # Errors
    /// [`AdError::CaUnusable`] if one of them is not a certificate, or there is none.
    pub fn new<'a>(
        roots: impl IntoIterator<Item = CertificateDer<'a>>,
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> Result<Self, AdError> {
        let anchor = |root| webpki::anchor_from_trusted_cert(&root).map(|anchor| anchor.to_owned());
        let anchors: Result<Vec<_>, _> = roots.into_iter().map(anchor).collect();
        let anchors = anchors.ok().filter(|anchors| !anchors.is_empty());
        Ok(Self {
            anchors: anchors.ok_or(AdError::CaUnusable)?,
            algorithms: algorithms.to_vec(),
            host: None,
            purposes: vec![oid::KDC_AUTHENTICATION],
        })
    }

    /// Accepts a certificate with this DNS name too: the host that the requests go to.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Accepts certificates for server authentication as well: those of the old template "Domain Controller" do not have the
    /// purpose for KDCs.
    #[must_use]
    pub fn with_server_authentication(mut self) -> Self {
        self.purposes.push(oid::SERVER_AUTHENTICATION);
        self
    }

    /// Verifies the signature of a KDC, and its certificate.
    pub(super) fn verify(&self, cms: &SignedData<'_>, realm: &str, now: UnixTime) -> Result<(), KdcProblem> {
        let (der, certificate) = cms.signer().ok_or(KdcProblem::NoCertificate)?;
        if !cms.verifies(&certificate, &self.algorithms) {
            return Err(KdcProblem::Signature);
        }
        self.check_chain(der, &cms.certificates, now)?;
        let accepted = |purpose: Oid<'_>| self.purposes.contains(&purpose.as_bytes());
        if !certificate.extended_key_usage().any(accepted) {
            return Err(KdcProblem::Purpose);
        }
        let names = self.names(&certificate, realm);
        names.then_some(()).ok_or(KdcProblem::Name)
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
        let mut algorithms = self.algorithms.clone();
        algorithms.retain(|algorithm| algorithm.signature_alg_id() != RSA_PKCS1_SHA1);
        let end = EndEntityCert::try_from(certificate).map_err(|_| KdcProblem::Chain)?;
        let path = end.verify_for_usage(&algorithms, &self.anchors, others, now, AnyPurpose, None, None);
        path.map(|_| ()).map_err(|error| match error {
            webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => KdcProblem::Dates,
            _ => KdcProblem::Chain,
        })
    }

    fn names(&self, certificate: &Certificate<'_>, realm: &str) -> bool {
        let of_realm = |text: &str| text.eq_ignore_ascii_case(realm);
        let host = self.host.as_deref();
        let of_host = |text: &str| host.is_some_and(|host| text.eq_ignore_ascii_case(host));
        certificate.subject_alternative_names().any(|name| match name {
            GeneralName::DnsName(name) => name.text().is_ok_and(|name| of_realm(&name) || of_host(&name)),
            GeneralName::OtherName(name) => name.kerberos_principal().is_some_and(|principal| {
                let parts: Option<Vec<_>> = principal.components().map(|part| part.text().ok()).collect();
                principal.realm().text().is_ok_and(|text| of_realm(&text))
                    && matches!(parts.as_deref(), Some([service, instance]) if service == "krbtgt" && of_realm(instance))
            }),
            _ => false,
        })
    }
}

/// The purpose is checked apart, for the KDC's certificate alone.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, mut purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        purposes.try_for_each(|purpose| purpose.map(drop))
    }
}
