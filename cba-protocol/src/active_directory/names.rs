//! Principal names (RFC 4120 section 5.2.2).

use core::fmt;

use super::asn1::{Asn1, explicit, fields, general_string, sequences};
use crate::der::{Reader, SEQUENCE, integer, sequence};
use crate::printable::{MAX_NAME, line};

/// NT-PRINCIPAL, NT-SRV-INST and NT-ENTERPRISE (RFC 4120 section 6.2, RFC 6806 section 5).
const PRINCIPAL: i64 = 1;
const SERVICE: i64 = 2;
const ENTERPRISE: i64 = 10;

sequences! {
    /// A principal without its realm.
    #[derive(Clone, Debug)]
    struct PrincipalName { 0 kind: i64, 1 parts: Vec<String> }
}

impl PrincipalName {
    pub(super) fn to_der(&self) -> Vec<u8> {
        let parts: Vec<_> = self.parts.iter().map(|part| general_string(part)).collect();
        fields! { 0: integer(self.kind), 1: sequence(&parts) }
    }

    fn new(kind: i64, parts: Vec<String>) -> Self {
        Self { kind, parts }
    }

    /// A user of the realm, or an enterprise name such as a UPN.
    pub(super) fn user(name: &str) -> Self {
        let is_enterprise = name.contains('@');
        let kind = if is_enterprise { ENTERPRISE } else { PRINCIPAL };
        Self::new(kind, vec![name.to_owned()])
    }

    /// The ticket-granting service of a realm.
    pub(super) fn krbtgt(realm: &str) -> Self {
        Self::new(SERVICE, vec!["krbtgt".to_owned(), realm.to_owned()])
    }

    /// A service such as `host/client.corp.example`, or an account such as `CLIENT$`.
    pub(super) fn service(text: &str) -> Self {
        let kind = if text.contains('/') { SERVICE } else { PRINCIPAL };
        Self::new(kind, text.split('/').map(str::to_owned).collect())
    }

    /// The name as an ordinary one. A canonicalized name has any type.
    pub(super) fn as_principal(&self) -> Self {
        Self::new(PRINCIPAL, self.parts.clone())
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
        let same = |(one, other): (&String, &String)| one.eq_ignore_ascii_case(other);
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(same)
    }
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&self.parts.join("/"), MAX_NAME))
    }
}
