//! Information about the issuer: authority key identifier, CRL distribution points, authority information access.

use super::der::{self, Reader, Shape, context, context_constructed};
use super::distinguished_name;
use super::error::{Field, Flaw};
use super::limits;
use super::names::{self, GeneralName, GeneralNames};
use super::note::NoteCollector;
use super::oid::Oid;
use super::serial::SerialNumber;

/// The key that signed the certificate (authority key identifier).
///
/// RFC 5280, section 4.2.1.1:
///
/// ```asn1
/// AuthorityKeyIdentifier ::= SEQUENCE {
///      keyIdentifier              [0] KeyIdentifier            OPTIONAL,
///      authorityCertIssuer        [1] GeneralNames             OPTIONAL,
///      authorityCertSerialNumber  [2] CertificateSerialNumber  OPTIONAL }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuthorityKeyIdentifier<'a> {
    key_identifier: Option<&'a [u8]>,
    issuer: &'a [u8],
    serial_number: Option<SerialNumber<'a>>,
}

impl<'a> AuthorityKeyIdentifier<'a> {
    /// The subject key identifier of the issuer's certificate.
    #[must_use]
    pub fn key_identifier(self) -> Option<&'a [u8]> {
        self.key_identifier
    }

    /// The issuer of the issuer's certificate; empty if absent.
    #[must_use]
    pub fn issuer(self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.issuer)
    }

    /// The serial number of the issuer's certificate.
    #[must_use]
    pub fn serial_number(self) -> Option<SerialNumber<'a>> {
        self.serial_number
    }

    /// Checks the framing of the SEQUENCE; its content is not used for decisions.
    #[inline(always)]
    pub(super) fn check(content: Option<&[u8]>) -> Result<(), Flaw> {
        const FIELD: Field = Field::AuthorityKeyIdentifier;
        match content {
            // Usually only a key identifier.
            Some([0x80, length @ 0..=0x7F, identifier @ ..]) if identifier.len() == usize::from(*length) => {
                Ok(())
            }
            Some(content) => {
                limits::check_part(content, FIELD)?;
                der::check_framing(der::SEQUENCE, content, FIELD)
            }
            None => Ok(()),
        }
    }

    /// Reads the content of the SEQUENCE, without checking the names and the number.
    pub(super) fn from_content(content: &'a [u8]) -> Result<Self, Flaw> {
        const FIELD: Field = Field::AuthorityKeyIdentifier;
        let mut input = Reader::new(content);
        let key_identifier = input.read_optional(context(0), FIELD)?;
        let issuer = input.read_optional(context_constructed(1), FIELD)?;
        let serial_number = input.read_optional(context(2), FIELD)?;
        input.end(FIELD)?;
        Ok(Self {
            key_identifier,
            issuer: issuer.unwrap_or_default(),
            serial_number: serial_number.map(SerialNumber::from_checked),
        })
    }

    /// Notes deviations in the content of the SEQUENCE.
    pub(super) fn note(content: &'a [u8], notes: &mut NoteCollector<'_>) {
        const FIELD: Field = Field::AuthorityKeyIdentifier;
        let Some(identifier) = notes.tolerate(Self::from_content(content)) else {
            return;
        };
        if let Some(serial_number) = identifier.serial_number {
            notes.tolerate(der::check_integer(serial_number.as_bytes(), FIELD));
        }
        let mut input = Reader::new(content);
        if input.read_optional(context(0), FIELD).is_ok() && input.peek(context_constructed(1)) {
            let read = note_names(&mut input, context_constructed(1), FIELD, notes);
            notes.tolerate(read);
        }
    }
}

/// Distribution points of the CRLs that cover the certificate.
///
/// RFC 5280, section 4.2.1.13:
///
/// ```asn1
/// CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
/// DistributionPoint     ::= SEQUENCE {
///      distributionPoint  [0] DistributionPointName OPTIONAL,
///      reasons            [1] ReasonFlags           OPTIONAL,
///      cRLIssuer          [2] GeneralNames          OPTIONAL }
/// DistributionPointName ::= CHOICE {
///      fullName                 [0] GeneralNames,
///      nameRelativeToCRLIssuer  [1] RelativeDistinguishedName }
/// ```
#[derive(Clone, Debug)]
pub struct DistributionPoints<'a> {
    rest: Reader<'a>,
}

impl<'a> DistributionPoints<'a> {
    pub(super) fn from_checked(content: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(content),
        }
    }
}

impl<'a> Iterator for DistributionPoints<'a> {
    type Item = DistributionPoint<'a>;

    fn next(&mut self) -> Option<DistributionPoint<'a>> {
        // Elements that are not distribution points are skipped.
        while let Ok((tag, content)) = self.rest.read_any(Field::CrlDistributionPoints) {
            if let (der::SEQUENCE, Ok(point)) = (tag, DistributionPoint::from_content(content)) {
                return Some(point);
            }
        }
        None
    }
}

/// A CRL distribution point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DistributionPoint<'a> {
    full_name: &'a [u8],
    issuer: &'a [u8],
}

impl<'a> DistributionPoint<'a> {
    fn from_content(content: &'a [u8]) -> Result<Self, Flaw> {
        const FIELD: Field = Field::CrlDistributionPoints;
        let mut point = Reader::new(content);
        let name = point.read_optional(context_constructed(0), FIELD)?;
        point.read_optional(context(1), FIELD)?;
        let issuer = point.read_optional(context_constructed(2), FIELD)?;
        point.end(FIELD)?;
        let mut name = Reader::new(name.unwrap_or_default());
        let full_name = name.read_optional(context_constructed(0), FIELD)?;
        Ok(Self {
            full_name: full_name.unwrap_or_default(),
            issuer: issuer.unwrap_or_default(),
        })
    }

    /// Its names, usually URIs of the same CRL. Empty if it is named relative to the CRL's issuer.
    #[must_use]
    pub fn full_name(self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.full_name)
    }

    /// The issuer of the CRL, if it is not the issuer of the certificate.
    #[must_use]
    pub fn crl_issuer(self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.issuer)
    }
}

/// The shape of nearly all distribution points: one URI.
const ONE_URI: Shape<8> = Shape::new("30{ A0{ A0{ 86{");

/// Checks the framing of `CRLDistributionPoints`, which is not used for decisions.
#[inline(always)]
pub(super) fn check_distribution_points(content: Option<&[u8]>) -> Result<(), Flaw> {
    check_list(content, &ONE_URI, Field::CrlDistributionPoints)
}

/// Notes deviations in `CRLDistributionPoints`.
pub(super) fn note_distribution_points(mut points: Reader<'_>, notes: &mut NoteCollector<'_>) {
    const FIELD: Field = Field::CrlDistributionPoints;
    while !points.is_empty() {
        let Some(point) = notes.tolerate(points.sequence(FIELD)) else {
            return;
        };
        let read = note_distribution_point(point, notes);
        notes.tolerate(read);
    }
}

fn note_distribution_point(mut point: Reader<'_>, notes: &mut NoteCollector<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::CrlDistributionPoints;
    if let Some(name) = point.read_optional(context_constructed(0), FIELD)? {
        let mut name = Reader::new(name);
        if name.peek(context_constructed(1)) {
            let relative = name.list(context_constructed(1), FIELD)?;
            distinguished_name::note_relative_name(relative, FIELD, notes);
        } else {
            note_names(&mut name, context_constructed(0), FIELD, notes)?;
        }
        name.end(FIELD)?;
    }
    if let Some(reasons) = point.read_optional(context(1), FIELD)? {
        notes.tolerate(der::bit_string(reasons, FIELD));
    }
    if point.peek(context_constructed(2)) {
        note_names(&mut point, context_constructed(2), FIELD, notes)?;
    }
    point.end(FIELD)
}

/// Information and services of the issuer (authority information access).
///
/// RFC 5280, section 4.2.2.1:
///
/// ```asn1
/// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF AccessDescription
/// AccessDescription         ::= SEQUENCE {
///      accessMethod    OBJECT IDENTIFIER,
///      accessLocation  GeneralName }
/// ```
#[derive(Clone, Debug)]
pub struct AccessDescriptions<'a> {
    rest: Reader<'a>,
}

impl<'a> AccessDescriptions<'a> {
    pub(super) fn from_checked(content: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(content),
        }
    }
}

impl<'a> Iterator for AccessDescriptions<'a> {
    type Item = AccessDescription<'a>;

    fn next(&mut self) -> Option<AccessDescription<'a>> {
        // Elements that are not access descriptions are skipped.
        while let Ok((tag, content)) = self.rest.read_any(Field::AuthorityInfoAccess) {
            if let (der::SEQUENCE, Some(description)) = (tag, AccessDescription::from_content(content)) {
                return Some(description);
            }
        }
        None
    }
}

/// An access description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccessDescription<'a> {
    method: Oid<'a>,
    location: GeneralName<'a>,
}

impl<'a> AccessDescription<'a> {
    fn from_content(content: &'a [u8]) -> Option<Self> {
        const FIELD: Field = Field::AuthorityInfoAccess;
        let mut description = Reader::new(content);
        let method = Oid::from_checked(description.read(der::OBJECT_IDENTIFIER, FIELD).ok()?);
        let location = GeneralNames::from_checked(description.rest()).next()?;
        Some(Self { method, location })
    }

    /// The access method: [`oid::CA_ISSUERS`](super::oid::CA_ISSUERS) or [`oid::OCSP`](super::oid::OCSP).
    #[must_use]
    pub fn method(self) -> Oid<'a> {
        self.method
    }

    /// The location.
    #[must_use]
    pub fn location(self) -> GeneralName<'a> {
        self.location
    }
}

/// The shape of nearly all access descriptions: a method of PKIX (1.3.6.1.5.5.7.48.n) and a URI.
const METHOD_AND_URI: Shape<14> = Shape::new("30{ 06 08 2B 06 01 05 05 07 30 ?? 86{");

/// Checks the framing of `AuthorityInfoAccessSyntax`, which is not used for decisions.
#[inline(always)]
pub(super) fn check_authority_info_access(content: Option<&[u8]>) -> Result<(), Flaw> {
    check_list(content, &METHOD_AND_URI, Field::AuthorityInfoAccess)
}

/// Notes deviations in `AuthorityInfoAccessSyntax`.
pub(super) fn note_authority_info_access(mut descriptions: Reader<'_>, notes: &mut NoteCollector<'_>) {
    const FIELD: Field = Field::AuthorityInfoAccess;
    while !descriptions.is_empty() {
        let Some(mut description) = notes.tolerate(descriptions.sequence(FIELD)) else {
            return;
        };
        let read = description
            .object_identifier(FIELD)
            .and_then(|_| names::note_next(&mut description, FIELD, notes))
            .and_then(|()| description.end(FIELD));
        notes.tolerate(read);
    }
}

/// Checks the framing of a list that is not used for decisions. Most elements have the usual shape.
#[inline(always)]
fn check_list<const N: usize>(content: Option<&[u8]>, usual: &Shape<N>, field: Field) -> Result<(), Flaw> {
    let Some(content) = content else {
        return Ok(());
    };
    limits::check_part(content, field)?;
    let mut elements = Reader::new(content);
    while !elements.is_empty() {
        if let Some(stripped) = usual.strip(elements.rest()) {
            elements = Reader::new(stripped.rest);
        } else {
            let (tag, content) = elements.read_any(field)?;
            der::check_framing(tag, content, field)?;
        }
    }
    Ok(())
}

/// Notes deviations in the next element: `GeneralNames` with another tag.
fn note_names(
    input: &mut Reader<'_>,
    tag: u8,
    field: Field,
    notes: &mut NoteCollector<'_>,
) -> Result<(), Flaw> {
    names::note_all(input.list(tag, field)?, field, notes);
    Ok(())
}
