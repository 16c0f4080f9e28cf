//! Refusals of the KDC.

use core::fmt;

use rustls_pki_types::UnixTime;

use super::codes::{self, Entry};
use super::finding::CertificateFinding;
use crate::advised::Guidance;
use crate::responsible::Responsible;

/// The request that the KDC refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdcRequest {
    /// The request for a ticket-granting ticket, which the card signed.
    Authentication,
    /// The request for the ticket that contains the PAC.
    Ticket,
}

/// Refusal of the KDC with its reason: a KRB-ERROR (RFC 4120 section 5.9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KdcRefusal {
    /// The refused request.
    pub request: KdcRequest,
    /// Realm whose KDC answered.
    pub realm: String,
    /// Error code.
    pub error: i64,
    /// NTSTATUS of a domain controller ([MS-KILE] 2.2.1), if it sent one.
    pub nt_status: Option<u32>,
    /// Text of the KDC, on one line.
    pub text: Option<String>,
    /// Clock of the KDC.
    pub server_time: Option<UnixTime>,
    /// Problems that this crate found in the certificate before its use. The KDC's code often says less.
    pub findings: Vec<CertificateFinding>,
}

impl KdcRefusal {
    /// Stable name for programs: that of RFC 4120, RFC 4556 or [MS-PKCA], such as `KDC_ERR_CLIENT_REVOKED`, or `KRB_ERROR` for an
    /// unknown code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        codes::error(self.error).guidance.code
    }

    /// Name of the NTSTATUS, such as `STATUS_ACCOUNT_DISABLED`, if it is known.
    #[must_use]
    pub fn nt_status_name(&self) -> Option<&'static str> {
        self.nt_status
            .and_then(codes::status)
            .map(|entry| entry.guidance.code)
    }

    /// Meaning, from the NTSTATUS if there is one.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.entry().meaning
    }

    /// Who has to act.
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        self.guidance().responsible
    }

    /// Next step to try, as a sentence for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.guidance().hint
    }

    /// Whether the domain does not know the user.
    #[must_use]
    pub fn is_user_unknown(&self) -> bool {
        self.error == 6
    }

    fn entry(&self) -> &'static Entry {
        let status = self.nt_status.and_then(codes::status);
        status.unwrap_or_else(|| codes::error(self.error))
    }

    /// What was found in the certificate decides where the KDC gave one code for many reasons.
    fn guidance(&self) -> &'static Guidance {
        let says_little = self.nt_status.is_none() && matches!(self.error, 24 | 31 | 60 | 62 | 70 | 71 | 75);
        let finding = self.findings.first().filter(|_| says_little);
        finding.map_or(&self.entry().guidance, CertificateFinding::guidance)
    }
}

impl fmt::Display for KdcRefusal {
    /// Code, meaning and what was found in the certificate; with `{:#}` also the text of the KDC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code(), self.error, self.meaning())?;
        match (self.nt_status, self.nt_status_name()) {
            (Some(_), Some(name)) => write!(f, ", {name}")?,
            (Some(status), None) => write!(f, ", NTSTATUS {status:#010x}")?,
            (None, _) => {}
        }
        for finding in &self.findings {
            write!(f, "; {finding}")?;
        }
        match &self.text {
            Some(text) if f.alternate() => write!(f, "\n  text of the domain controller: {text}"),
            _ => Ok(()),
        }
    }
}
