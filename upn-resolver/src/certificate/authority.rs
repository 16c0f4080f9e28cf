//! What a certificate says about its issuer: which key signed it, and where its CRLs and certificates are.

use super::der::{self, Reader, context, context_constructed};
use super::distinguished_name;
use super::error::{Field, Flaw};
use super::limits;
use super::names::{self, GeneralName, GeneralNames};
use super::oid::Oid;
use super::serial::SerialNumber;

/// Which key signed the certificate.
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

    /// Who issued the issuer's certificate; none when that is not said.
    #[must_use]
    pub fn issuer(self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.issuer)
    }

    /// The serial number of the issuer's certificate.
    #[must_use]
    pub fn serial_number(self) -> Option<SerialNumber<'a>> {
        self.serial_number
    }

    /// Reads the content of the SEQUENCE. The names are checked by [`check_authority_key_identifier`].
    #[inline(always)]
    pub(super) fn from_content(content: &'a [u8]) -> Result<Self, Flaw> {
        const FIELD: Field = Field::AuthorityKeyIdentifier;
        let mut input = Reader::new(content);
        let key_identifier = input.read_optional(context(0), FIELD)?;
        if input.is_empty() {
            return Ok(Self {
                key_identifier,
                issuer: &[],
                serial_number: None,
            });
        }
        let issuer = input.read_optional(context_constructed(1), FIELD)?;
        let serial_number = input.read_optional(context(2), FIELD)?;
        input.end(FIELD)?;
        if let Some(issuer) = issuer {
            check_names(issuer, FIELD)?;
        }
        if let Some(serial_number) = serial_number {
            der::check_integer(serial_number, FIELD)?;
        }
        Ok(Self {
            key_identifier,
            issuer: issuer.unwrap_or_default(),
            serial_number: serial_number.map(SerialNumber::from_checked),
        })
    }
}

/// Where the CRLs are that would list the certificate.
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
        const FIELD: Field = Field::CrlDistributionPoints;
        let mut point = self.rest.sequence(FIELD).ok()?;
        let name = point
            .read_optional(context_constructed(0), FIELD)
            .ok()?
            .unwrap_or_default();
        let full_name = Reader::new(name)
            .read_optional(context_constructed(0), FIELD)
            .ok()?
            .unwrap_or_default();
        point.read_optional(context(1), FIELD).ok()?;
        let issuer = point
            .read_optional(context_constructed(2), FIELD)
            .ok()?
            .unwrap_or_default();
        Some(DistributionPoint { full_name, issuer })
    }
}

/// One place where a CRL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DistributionPoint<'a> {
    full_name: &'a [u8],
    issuer: &'a [u8],
}

impl<'a> DistributionPoint<'a> {
    /// Its names, mostly URIs: several ways to the same CRL. None when it is named relative to the CRL's issuer.
    #[must_use]
    pub fn full_name(self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.full_name)
    }

    /// Who issues the CRL, when that is not the certificate's issuer.
    #[must_use]
    pub fn crl_issuer(self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.issuer)
    }
}

/// Checks the content of `CRLDistributionPoints`.
#[inline(always)]
pub(super) fn check_distribution_points(mut points: Reader<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::CrlDistributionPoints;
    limits::check_part(points.rest(), FIELD)?;
    while !points.is_empty() {
        let mut point = points.sequence(FIELD)?;
        if let Some(name) = point.read_optional(context_constructed(0), FIELD)? {
            let mut name = Reader::new(name);
            if name.peek(context_constructed(1)) {
                distinguished_name::check_relative_name(&mut name, context_constructed(1), FIELD)?;
            } else {
                check_names(name.read(context_constructed(0), FIELD)?, FIELD)?;
            }
            name.end(FIELD)?;
        }
        if let Some(reasons) = point.read_optional(context(1), FIELD)? {
            der::bit_string(reasons, FIELD)?;
        }
        if let Some(issuer) = point.read_optional(context_constructed(2), FIELD)? {
            check_names(issuer, FIELD)?;
        }
        point.end(FIELD)?;
    }
    Ok(())
}

/// Where to find out more about the issuer.
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
        const FIELD: Field = Field::AuthorityInfoAccess;
        let mut description = self.rest.sequence(FIELD).ok()?;
        let method = Oid::from_checked(description.read(der::OBJECT_IDENTIFIER, FIELD).ok()?);
        let location = GeneralNames::from_checked(description.rest()).next()?;
        Some(AccessDescription { method, location })
    }
}

/// One way to find out more about the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccessDescription<'a> {
    method: Oid<'a>,
    location: GeneralName<'a>,
}

impl<'a> AccessDescription<'a> {
    /// What is there: [`oid::CA_ISSUERS`](super::oid::CA_ISSUERS) or [`oid::OCSP`](super::oid::OCSP).
    #[must_use]
    pub fn method(self) -> Oid<'a> {
        self.method
    }

    /// Where it is.
    #[must_use]
    pub fn location(self) -> GeneralName<'a> {
        self.location
    }
}

/// Checks the content of `AuthorityInfoAccessSyntax`.
#[inline(always)]
pub(super) fn check_authority_info_access(mut descriptions: Reader<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::AuthorityInfoAccess;
    limits::check_part(descriptions.rest(), FIELD)?;
    while !descriptions.is_empty() {
        let mut description = descriptions.sequence(FIELD)?;
        description.object_identifier(FIELD)?;
        names::check(&mut description, FIELD)?;
        description.end(FIELD)?;
    }
    Ok(())
}

#[inline(never)]
fn check_names(content: &[u8], field: Field) -> Result<(), Flaw> {
    names::check_all(Reader::new(content), field)
}
