//! Certificate policies.

use super::der::{self, Reader};
use super::error::{Field, Flaw};
use super::limits;
use super::oid::Oid;

const FIELD: Field = Field::CertificatePolicies;

/// The policies under which a certificate was issued, in encoded order.
///
/// RFC 5280, section 4.2.1.4:
///
/// ```asn1
/// certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
/// PolicyInformation   ::= SEQUENCE {
///      policyIdentifier  OBJECT IDENTIFIER,
///      policyQualifiers  SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
/// PolicyQualifierInfo ::= SEQUENCE {
///      policyQualifierId  OBJECT IDENTIFIER,
///      qualifier          ANY DEFINED BY policyQualifierId }
/// ```
#[derive(Clone, Debug)]
pub struct CertificatePolicies<'a> {
    rest: Reader<'a>,
}

impl<'a> CertificatePolicies<'a> {
    pub(super) fn from_checked(content: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(content),
        }
    }
}

impl<'a> Iterator for CertificatePolicies<'a> {
    type Item = Oid<'a>;

    fn next(&mut self) -> Option<Oid<'a>> {
        let mut policy = self.rest.sequence(FIELD).ok()?;
        policy
            .read(der::OBJECT_IDENTIFIER, FIELD)
            .ok()
            .map(Oid::from_checked)
    }
}

/// Checks the content of `certificatePolicies`, qualifiers and all.
#[inline(always)]
pub(super) fn check(mut policies: Reader<'_>) -> Result<(), Flaw> {
    limits::check_part(policies.rest(), FIELD)?;
    while !policies.is_empty() {
        let mut policy = policies.sequence(FIELD)?;
        policy.object_identifier(FIELD)?;
        if policy.is_empty() {
            continue;
        }
        let mut qualifiers = policy.list(der::SEQUENCE, FIELD)?;
        policy.end(FIELD)?;
        while !qualifiers.is_empty() {
            let mut qualifier = qualifiers.sequence(FIELD)?;
            qualifier.object_identifier(FIELD)?;
            let (tag, value) = qualifier.read_any(FIELD)?;
            der::check_open_type(tag, value, FIELD)?;
            qualifier.end(FIELD)?;
        }
    }
    Ok(())
}
