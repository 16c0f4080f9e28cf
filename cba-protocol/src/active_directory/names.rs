//! Principal names (RFC 4120 section 5.2.2).

use core::fmt;

use super::der::{self, Reader};
use crate::printable::{MAX_NAME, line};

/// NT-PRINCIPAL, NT-SRV-INST and NT-ENTERPRISE (RFC 4120 section 6.2, RFC 6806 section 5).
pub(super) const PRINCIPAL: u32 = 1;
pub(super) const SERVICE: u32 = 2;
pub(super) const ENTERPRISE: u32 = 10;

/// Longest name and realm, in bytes. A UPN has at most 1,024 characters in Active Directory.
pub(super) const MAX_STRING: usize = 4096;
const MAX_PARTS: usize = 8;

/// A principal without its realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PrincipalName {
    pub(super) kind: u32,
    pub(super) parts: Vec<String>,
}

impl PrincipalName {
    pub(super) fn new(kind: u32, parts: &[&str]) -> Self {
        Self {
            kind,
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        }
    }

    /// The ticket-granting service of a realm.
    pub(super) fn krbtgt(realm: &str) -> Self {
        Self::new(SERVICE, &["krbtgt", realm])
    }

    /// A service such as `host/client.corp.example`, or an account such as `CLIENT$`.
    pub(super) fn service(text: &str) -> Self {
        let parts: Vec<&str> = text.split('/').collect();
        Self::new(if parts.len() > 1 { SERVICE } else { PRINCIPAL }, &parts)
    }

    /// The realm, if this is the ticket-granting service of one.
    pub(super) fn krbtgt_realm(&self) -> Option<&str> {
        match &self.parts[..] {
            [service, realm] if service == "krbtgt" => Some(realm),
            _ => None,
        }
    }

    /// Whether the parts are the same. Names of the domain are compared without regard to case, as Active Directory does.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self
                .parts
                .iter()
                .zip(&other.parts)
                .all(|(one, other)| one.eq_ignore_ascii_case(other))
    }

    /// Reads the content of a field that holds one.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut name = Reader::new(content);
        let kind = u32::try_from(name.number(0)?).ok()?;
        let mut list = name.enter(der::context(1))?.enter(der::SEQUENCE)?;
        let mut parts = Vec::new();
        while !list.is_empty() && parts.len() < MAX_PARTS {
            parts.push(string(list.take(der::GENERAL_STRING)?)?);
        }
        (list.is_empty() && !parts.is_empty()).then_some(Self { kind, parts })
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        let parts: Vec<Vec<u8>> = self.parts.iter().map(|part| der::general_string(part)).collect();
        der::sequence(&[
            der::explicit(0, &der::integer(self.kind)),
            der::explicit(1, &der::sequence(&parts)),
        ])
    }
}

/// A `KerberosString`. Practice is UTF-8 without control characters.
pub(super) fn string(content: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(content).ok()?;
    let fits = text.len() <= MAX_STRING && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&self.parts.join("/"), MAX_NAME))
    }
}
