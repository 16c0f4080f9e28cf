//! Revocation lists: read when they change, checked with each certificate.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use openssl::x509::{CrlStatus, X509, X509Crl};

use super::{common_name, covers};
use crate::config::{CertificateAuthority, Configuration};
use crate::refusal::{Code, Refusal};

/// The revocation list of one authority.
pub(super) struct RevocationList {
    authority: X509,
    base: Source,
    delta: Option<Source>,
}

/// A file that is read again when its time or size changes.
struct Source {
    path: PathBuf,
    limit: u64,
    read: Mutex<Option<(SystemTime, u64, Arc<X509Crl>)>>,
}

impl RevocationList {
    /// The list of an authority, when it has one.
    pub(super) fn of(
        authority: &CertificateAuthority,
        certificate: &X509,
        configuration: &Configuration,
    ) -> Option<Self> {
        let source = |path: &PathBuf| Source {
            path: configuration.base.join(path),
            limit: configuration.switches.revocation_list_limit,
            read: Mutex::new(None),
        };
        Some(Self {
            authority: certificate.clone(),
            base: source(authority.revocation_list.as_ref()?),
            delta: authority.delta_revocation_list.as_ref().map(source),
        })
    }

    pub(super) fn is_of(&self, authority: &X509) -> bool {
        self.authority == *authority
    }

    /// Refuses a certificate that is revoked, and any certificate while the list is not in order.
    pub(super) fn check(&self, certificate: &X509, issuer: &X509, now: i64) -> Result<(), Refusal> {
        let base = self.base.current(issuer, now)?;
        let delta = match &self.delta {
            Some(delta) => Some(delta.current(issuer, now).map_err(|refusal| {
                Refusal::new(
                    Code::CRL_DELTA,
                    format!("AADSTS{}: {}", refusal.code.number(), refusal.detail),
                )
            })?),
            None => None,
        };
        let in_delta = delta
            .as_ref()
            .map_or(CrlStatus::NotRevoked, |delta| delta.get_by_cert(certificate));
        match (base.get_by_cert(certificate), in_delta) {
            (_, CrlStatus::Revoked(_)) | (CrlStatus::Revoked(_), CrlStatus::NotRevoked) => Err(Refusal::new(
                Code::CERTIFICATE_REVOKED,
                format!("Certificate: {}.", common_name(certificate)),
            )),
            // `removeFromCRL` in the delta takes back what the base says (RFC 5280, section 5.2.4).
            (_, CrlStatus::RemoveFromCrl(_)) | (CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_), _) => {
                Ok(())
            }
        }
    }
}

impl Source {
    /// The list, when it is well-formed, signed by the authority and within its time.
    fn current(&self, issuer: &X509, now: i64) -> Result<Arc<X509Crl>, Refusal> {
        let refuse = |code| Refusal::new(code, format!("Authority: {}.", common_name(issuer)));
        let list = self.load(issuer)?;
        let key = issuer.public_key()?;
        if !list.verify(&key).unwrap_or(false) {
            return Err(refuse(Code::CRL_SIGNATURE));
        }
        if !covers(list.last_update(), list.next_update(), now)? {
            return Err(refuse(Code::CERTIFICATE_TIME));
        }
        Ok(list)
    }

    fn load(&self, issuer: &X509) -> Result<Arc<X509Crl>, Refusal> {
        let refuse = |code| Refusal::new(code, format!("Authority: {}.", common_name(issuer)));
        let unreachable = |_: io::Error| refuse(Code::CRL_DOWNLOAD);
        let metadata = fs::metadata(&self.path).map_err(unreachable)?;
        if metadata.len() > self.limit {
            return Err(refuse(Code::CRL_TOO_LARGE));
        }
        let modified = metadata.modified().map_err(unreachable)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, length, list)) = &*read
            && (*at, *length) == (modified, metadata.len())
        {
            return Ok(Arc::clone(list));
        }
        let bytes = fs::read(&self.path).map_err(unreachable)?;
        let list = X509Crl::from_pem(&bytes).or_else(|_| X509Crl::from_der(&bytes));
        let list = Arc::new(list.map_err(|_| refuse(Code::CRL_BAD_ASN1))?);
        *read = Some((modified, metadata.len(), Arc::clone(&list)));
        Ok(list)
    }
}
