//! Certificate policies.

use super::der::{self, Reader, Shape};
use super::error::{Field, Flaw, Problem};
use super::limits;
use super::note::NoteCollector;
use super::oid::{self, Oid};

const FIELD: Field = Field::CertificatePolicies;

/// Iterator over the certificate policies, in encoded order.
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

/// The shape of a policy without qualifiers.
const NO_QUALIFIER: Shape<4> = Shape::new("30{ 06{");

/// Checks the content of `certificatePolicies`. The policies are read strictly, because strength rules depend on
/// them; for the qualifiers, which are texts for people, only the framing is checked.
#[inline(always)]
pub(super) fn check(mut policies: Reader<'_>) -> Result<(), Flaw> {
    limits::check_part(policies.rest(), FIELD)?;
    while !policies.is_empty() {
        if let Some(stripped) = NO_QUALIFIER.strip(policies.rest()) {
            der::check_object_identifier(stripped.content, FIELD)?;
            policies = Reader::new(stripped.rest);
            continue;
        }
        let mut policy = policies.sequence(FIELD)?;
        policy.object_identifier(FIELD)?;
        if policy.is_empty() {
            continue;
        }
        let (tag, qualifiers) = policy.read_any(FIELD)?;
        policy.end(FIELD)?;
        der::check_framing(tag, qualifiers, FIELD)?;
    }
    Ok(())
}

/// Notes deviations in the qualifiers.
pub(super) fn note(mut policies: Reader<'_>, notes: &mut NoteCollector<'_>) {
    while let Ok(mut policy) = policies.sequence(FIELD) {
        if policy.object_identifier(FIELD).is_err() || policy.is_empty() {
            continue;
        }
        let Some(mut qualifiers) = notes.tolerate(policy.list(der::SEQUENCE, FIELD)) else {
            continue;
        };
        while let Ok((tag, qualifier)) = qualifiers.read_any(FIELD) {
            notes.tolerate(check_qualifier(tag, qualifier));
        }
    }
}

/// RFC 5280, section 4.2.1.4:
///
/// ```asn1
/// Qualifier  ::= CHOICE { cPSuri CPSuri, userNotice UserNotice }
/// CPSuri     ::= IA5String
/// UserNotice ::= SEQUENCE {
///      noticeRef     SEQUENCE {
///           organization   DisplayText,
///           noticeNumbers  SEQUENCE OF INTEGER } OPTIONAL,
///      explicitText  DisplayText OPTIONAL }
/// ```
fn check_qualifier(tag: u8, content: &[u8]) -> Result<(), Flaw> {
    if tag != der::SEQUENCE {
        let expected = der::SEQUENCE;
        return Err(Flaw::new(
            content,
            FIELD,
            Problem::UnexpectedTag { expected, found: tag },
        ));
    }
    let mut qualifier = Reader::new(content);
    let id = Oid::from_checked(qualifier.object_identifier(FIELD)?);
    if id == oid::CPS_URI {
        let uri = qualifier.read(der::IA5_STRING, FIELD)?;
        der::check_string(der::IA5_STRING, uri, FIELD)?;
    } else if id == oid::USER_NOTICE {
        let mut notice = qualifier.sequence(FIELD)?;
        if let Some(reference) = notice.read_optional(der::SEQUENCE, FIELD)? {
            let mut reference = Reader::new(reference);
            check_display_text(&mut reference)?;
            let mut numbers = reference.sequence(FIELD)?;
            while !numbers.is_empty() {
                numbers.integer(FIELD)?;
            }
            reference.end(FIELD)?;
        }
        if !notice.is_empty() {
            check_display_text(&mut notice)?;
        }
        notice.end(FIELD)?;
    } else {
        let (tag, value) = qualifier.read_any(FIELD)?;
        der::check_open_type(tag, value, FIELD)?;
    }
    qualifier.end(FIELD)
}

/// `DisplayText ::= CHOICE { ia5String, visibleString, bmpString, utf8String }`, each limited to 200 characters,
/// which issuers ignore.
fn check_display_text(input: &mut Reader<'_>) -> Result<(), Flaw> {
    let at = input.rest();
    let (tag, text) = input.read_any(FIELD)?;
    match tag {
        der::IA5_STRING | der::VISIBLE_STRING | der::BMP_STRING | der::UTF8_STRING => {
            der::check_string(tag, text, FIELD)
        }
        found => {
            let expected = der::UTF8_STRING;
            Err(Flaw::new(at, FIELD, Problem::UnexpectedTag { expected, found }))
        }
    }
}
