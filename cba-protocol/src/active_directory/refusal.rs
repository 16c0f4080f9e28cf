//! Refusals of the KDC.

use core::fmt;

use rustls_pki_types::UnixTime;

use super::codes::{self, Entry};
use super::der::{self, Reader};
use super::finding::CertificateFinding;
use super::messages::KrbError;
use super::time;
use crate::printable::{MAX_MESSAGE, MAX_NAME, line};
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
    pub(super) fn new(
        request: KdcRequest,
        realm: &str,
        error: &KrbError<'_>,
        findings: Vec<CertificateFinding>,
    ) -> Self {
        Self {
            request,
            realm: line(realm, MAX_NAME),
            error: error.code,
            nt_status: error.data.and_then(nt_status),
            text: error.text.as_deref().map(|text| line(text, MAX_MESSAGE)),
            server_time: error.server_time.map(time::unix),
            findings,
        }
    }

    /// Stable name for programs: that of RFC 4120, RFC 4556 or [MS-PKCA], such as `KDC_ERR_CLIENT_REVOKED`, or `KRB_ERROR` for an
    /// unknown code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        codes::error(self.error).map_or("KRB_ERROR", |entry| entry.name)
    }

    /// Name of the NTSTATUS, such as `STATUS_ACCOUNT_DISABLED`, if it is known.
    #[must_use]
    pub fn nt_status_name(&self) -> Option<&'static str> {
        self.nt_status.and_then(codes::status).map(|entry| entry.name)
    }

    /// Meaning, from the NTSTATUS if there is one.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.entry(
            |entry| entry.meaning,
            |entry| entry.meaning,
            "the domain controller refused for a reason that is not known here",
        )
    }

    /// Who has to act.
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        match self.deciding_finding() {
            Some(finding) => finding.responsible(),
            None => self.entry(
                |entry| entry.responsible,
                |entry| entry.responsible,
                Responsible::Administrator,
            ),
        }
    }

    /// Next step to try, as a sentence for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.deciding_finding() {
            Some(finding) => finding.hint(),
            None => self.entry(
                |entry| entry.hint,
                |entry| entry.hint,
                "Look into the event log of the domain controller.",
            ),
        }
    }

    /// Whether the domain does not know the user.
    #[must_use]
    pub fn is_user_unknown(&self) -> bool {
        self.error == 6
    }

    fn entry<T>(
        &self,
        status: fn(&'static Entry<u32>) -> T,
        error: fn(&'static Entry<i64>) -> T,
        other: T,
    ) -> T {
        match (self.nt_status.and_then(codes::status), codes::error(self.error)) {
            (Some(entry), _) => status(entry),
            (None, Some(entry)) => error(entry),
            (None, None) => other,
        }
    }

    /// What was found in the certificate decides where the KDC gave one code for many reasons.
    fn deciding_finding(&self) -> Option<&CertificateFinding> {
        let says_little = self.nt_status.is_none() && matches!(self.error, 24 | 31 | 60 | 62 | 70 | 71 | 75);
        self.findings.first().filter(|_| says_little)
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

/// Type of KERB-ERROR-DATA and of padata whose value begins with an NTSTATUS ([MS-KILE] 2.2.1 and 2.2.2).
const EXTENDED: i64 = 3;

/// The NTSTATUS in e-data: KERB-ERROR-DATA, or an element of that type in METHOD-DATA.
fn nt_status(data: &[u8]) -> Option<u32> {
    let mut outer = Reader::only(data, der::SEQUENCE)?;
    if let Some(kind) = outer.number(1) {
        return (kind == EXTENDED).then(|| extended(outer.field(2, der::OCTET_STRING)?))?;
    }
    while let Some(mut element) = outer.enter(der::SEQUENCE) {
        // PA-DATA counts from 1, TYPED-DATA from 0.
        let first = u8::from(element.rest().first() == Some(&der::context(1)));
        if element.number(first) == Some(EXTENDED) {
            return extended(element.field(first + 1, der::OCTET_STRING)?);
        }
    }
    None
}

/// KERB-EXT-ERROR: status, reserved, flags. A salt of the same type has another length.
fn extended(value: &[u8]) -> Option<u32> {
    let status = u32::from_le_bytes(*value.first_chunk()?);
    (value.len() == 12 && status != 0).then_some(status)
}
