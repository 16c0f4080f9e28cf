//! The extensions: one loop over the list, and what each known one holds.

use super::der::{self, Flag, Reader, context, context_constructed};
use super::error::{Field, Flaw, Limit, Problem};
use super::microsoft::{self, Template};
use super::oid::Oid;
use super::{distinguished_name, names};

/// The values of the known extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extensions<'a> {
    /// The content of the `Extensions` SEQUENCE.
    pub(super) list: &'a [u8],
    pub(super) authority_info_access: Option<&'a [u8]>,
    pub(super) authority_key_identifier: Option<&'a [u8]>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) certificate_policies: Option<&'a [u8]>,
    pub(super) crl_distribution_points: Option<&'a [u8]>,
    pub(super) extended_key_usage: Option<&'a [u8]>,
    pub(super) false_encoded: bool,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) security_identifier: Option<&'a [u8]>,
    pub(super) subject_alternative_name: Option<&'a [u8]>,
    pub(super) subject_key_identifier: Option<&'a [u8]>,
    pub(super) template: Option<Template<'a>>,
    pub(super) template_name: Option<&'a [u8]>,
}

/// How many extensions without a reader here a certificate may have.
const MAXIMUM_UNKNOWN: u32 = 32;

impl<'a> Extensions<'a> {
    /// RFC 5280, section 4.1.2.9:
    ///
    /// ```asn1
    /// Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
    /// ```
    #[inline(always)]
    pub(super) fn read(input: &mut Reader<'a>) -> Result<Self, Flaw> {
        let list = input.list(der::SEQUENCE, Field::Extensions)?;
        let mut extensions = Self {
            list: list.rest(),
            ..Self::default()
        };
        let mut seen = Seen::default();
        let mut rest = list;
        while !rest.is_empty() {
            let extension = Extension::read(&mut rest)?;
            extensions.false_encoded |= extension.false_encoded;
            // id-ce, 2.5.29.n
            if let [0x55, 0x1D, number @ 0..=0x7F] = *extension.id.as_octets() {
                seen.add_numbered(number, extension)?;
                extensions.add_numbered(number, extension)?;
            } else {
                seen.add_other(list, extension)?;
                extensions.add_other(extension)?;
            }
        }
        Ok(extensions)
    }

    #[inline(always)]
    fn add_numbered(&mut self, number: u8, extension: Extension<'a>) -> Result<(), Flaw> {
        let mut value = Reader::new(extension.value);
        match number {
            14 => {
                self.subject_key_identifier =
                    Some(value.read(der::OCTET_STRING, Field::SubjectKeyIdentifier)?);
            }
            15 => self.key_usage = Some(KeyUsage::read(&mut value)?),
            17 => {
                let content = value.read(der::SEQUENCE, Field::SubjectAltName)?;
                names::check_all(Reader::new(content), Field::SubjectAltName)?;
                self.subject_alternative_name = Some(content);
            }
            19 => self.basic_constraints = Some(self.read_basic_constraints(&mut value)?),
            31 => {
                self.crl_distribution_points =
                    Some(value.list(der::SEQUENCE, Field::CrlDistributionPoints)?.rest());
            }
            32 => {
                self.certificate_policies =
                    Some(value.list(der::SEQUENCE, Field::CertificatePolicies)?.rest());
            }
            35 => {
                self.authority_key_identifier =
                    Some(value.read(der::SEQUENCE, Field::AuthorityKeyIdentifier)?);
            }
            37 => self.extended_key_usage = Some(read_extended_key_usage(&mut value)?),
            _ => {
                // Another one of X.509's own. What it holds is not this crate's business.
                return extension.check_id();
            }
        }
        value.end(Field::Extensions)
    }

    #[inline(always)]
    fn add_other(&mut self, extension: Extension<'a>) -> Result<(), Flaw> {
        let mut value = Reader::new(extension.value);
        match extension.id.as_octets() {
            // id-pe-authorityInfoAccess, 1.3.6.1.5.5.7.1.1
            [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01] => {
                self.authority_info_access =
                    Some(value.list(der::SEQUENCE, Field::AuthorityInfoAccess)?.rest());
            }
            // szOID_ENROLL_CERTTYPE_EXTENSION, 1.3.6.1.4.1.311.20.2
            [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02] => {
                self.template_name = Some(microsoft::read_template_name(&mut value)?);
            }
            // szOID_CERTIFICATE_TEMPLATE, 1.3.6.1.4.1.311.21.7
            [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x15, 0x07] => {
                self.template = Some(Template::read(&mut value)?);
            }
            // szOID_NTDS_CA_SECURITY_EXT, 1.3.6.1.4.1.311.25.2
            [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x19, 0x02] => {
                self.security_identifier = microsoft::read_security_identifier(&mut value)?;
            }
            _ => return extension.check_id(),
        }
        value.end(Field::Extensions)
    }

    /// RFC 5280, section 4.2.1.9:
    ///
    /// ```asn1
    /// BasicConstraints ::= SEQUENCE {
    ///      cA                 BOOLEAN DEFAULT FALSE,
    ///      pathLenConstraint  INTEGER (0..MAX) OPTIONAL }
    /// ```
    fn read_basic_constraints(&mut self, input: &mut Reader<'a>) -> Result<BasicConstraints, Flaw> {
        let mut constraints = input.sequence(Field::BasicConstraints)?;
        let ca = constraints.boolean_default_false(Field::BasicConstraints)?;
        self.false_encoded |= ca == Flag::FalseEncoded;
        let path_length = if constraints.is_empty() {
            None
        } else {
            Some(constraints.unsigned(Field::BasicConstraints)?)
        };
        constraints.end(Field::BasicConstraints)?;
        Ok(BasicConstraints {
            ca: ca == Flag::True,
            path_length,
        })
    }

    /// Checks the values that [`Extensions::read`] passed over.
    #[inline(always)]
    pub(super) fn check_nested(&self) -> Result<(), Flaw> {
        if let Some(content) = self.authority_key_identifier {
            check_authority_key_identifier(Reader::new(content))?;
        }
        if let Some(content) = self.certificate_policies {
            check_certificate_policies(Reader::new(content))?;
        }
        if let Some(content) = self.crl_distribution_points {
            check_distribution_points(Reader::new(content))?;
        }
        if let Some(content) = self.authority_info_access {
            check_authority_info_access(Reader::new(content))?;
        }
        Ok(())
    }
}

/// One extension, as it stands.
///
/// RFC 5280, section 4.1:
///
/// ```asn1
/// Extension ::= SEQUENCE {
///      extnID     OBJECT IDENTIFIER,
///      critical   BOOLEAN DEFAULT FALSE,
///      extnValue  OCTET STRING }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extension<'a> {
    id: Oid<'a>,
    critical: bool,
    false_encoded: bool,
    value: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Which extension.
    #[must_use]
    pub fn id(self) -> Oid<'a> {
        self.id
    }

    /// Whether software that does not know the extension must refuse the certificate.
    #[must_use]
    pub fn is_critical(self) -> bool {
        self.critical
    }

    /// The content of the OCTET STRING.
    #[must_use]
    pub fn value(self) -> &'a [u8] {
        self.value
    }

    #[inline(always)]
    fn read(input: &mut Reader<'a>) -> Result<Self, Flaw> {
        let mut extension = input.sequence(Field::Extensions)?;
        let id = Oid::from_checked(extension.read(der::OBJECT_IDENTIFIER, Field::Extensions)?);
        let critical = extension.boolean_default_false(Field::Extensions)?;
        let value = extension.read(der::OCTET_STRING, Field::Extensions)?;
        extension.end(Field::Extensions)?;
        let false_encoded = critical == Flag::FalseEncoded;
        Ok(Self {
            id,
            critical: critical == Flag::True,
            false_encoded,
            value,
        })
    }

    #[inline(always)]
    fn check_id(self) -> Result<(), Flaw> {
        der::check_object_identifier(self.id.as_octets(), Field::Extensions)
    }
}

/// The extensions of a certificate, in encoded order.
#[derive(Clone, Debug)]
pub struct ExtensionList<'a> {
    rest: Reader<'a>,
}

impl<'a> ExtensionList<'a> {
    pub(super) fn from_checked(content: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(content),
        }
    }
}

impl<'a> Iterator for ExtensionList<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        Extension::read(&mut self.rest).ok()
    }
}

/// Which extensions have been seen: RFC 5280, section 4.2, "MUST NOT include more than one instance of a particular
/// extension".
#[derive(Default)]
struct Seen {
    /// One bit for each n of 2.5.29.n.
    numbered: u128,
    /// One bit for each remainder of the others' fingerprints.
    others: u64,
    count: u32,
}

impl Seen {
    #[inline(always)]
    fn add_numbered(&mut self, number: u8, extension: Extension<'_>) -> Result<(), Flaw> {
        let bit = 1 << number;
        if self.numbered & bit != 0 {
            return Err(extension.duplicate());
        }
        self.numbered |= bit;
        Ok(())
    }

    #[inline(always)]
    fn add_other(&mut self, list: Reader<'_>, extension: Extension<'_>) -> Result<(), Flaw> {
        let octets = extension.id.as_octets();
        let fingerprint = match octets {
            [.., parent, child] => child ^ parent.rotate_left(3),
            _ => 0,
        };
        let bit = 1_u64 << (fingerprint & 0x3F);
        if self.others & bit != 0 {
            extension.check_unique(list)?;
        }
        self.others |= bit;
        self.count += 1;
        if self.count > MAXIMUM_UNKNOWN {
            let limit = Problem::Limit(Limit::UnknownExtensions);
            return Err(Flaw::new(octets, Field::Extensions, limit));
        }
        Ok(())
    }
}

impl Extension<'_> {
    #[cold]
    fn duplicate(self) -> Flaw {
        Flaw::new(
            self.id.as_octets(),
            Field::Extensions,
            Problem::DuplicateExtension,
        )
    }

    /// Compares with every extension that comes earlier in the list: at most 32 others, and those known by number.
    #[cold]
    #[inline(never)]
    fn check_unique(self, list: Reader<'_>) -> Result<(), Flaw> {
        let mut same = ExtensionList { rest: list }.filter(|other| other.id == self.id);
        match same.next() {
            Some(first) if first.id.as_octets().as_ptr() != self.id.as_octets().as_ptr() => {
                Err(self.duplicate())
            }
            _ => Ok(()),
        }
    }
}

/// RFC 5280, section 4.2.1.12: `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId`.
#[inline(always)]
fn read_extended_key_usage<'a>(input: &mut Reader<'a>) -> Result<&'a [u8], Flaw> {
    let list = input.list(der::SEQUENCE, Field::ExtKeyUsage)?;
    let mut purposes = list;
    while !purposes.is_empty() {
        purposes.object_identifier(Field::ExtKeyUsage)?;
    }
    Ok(list.rest())
}

/// RFC 5280, section 4.2.1.1:
///
/// ```asn1
/// AuthorityKeyIdentifier ::= SEQUENCE {
///      keyIdentifier              [0] KeyIdentifier            OPTIONAL,
///      authorityCertIssuer        [1] GeneralNames             OPTIONAL,
///      authorityCertSerialNumber  [2] CertificateSerialNumber  OPTIONAL }
/// ```
#[inline(always)]
fn check_authority_key_identifier(mut input: Reader<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::AuthorityKeyIdentifier;
    input.read_optional(context(0), FIELD)?;
    if let Some(issuer) = input.read_optional(context_constructed(1), FIELD)? {
        check_names(issuer, FIELD)?;
    }
    if let Some(serial) = input.read_optional(context(2), FIELD)? {
        der::check_integer(serial, FIELD)?;
    }
    input.end(FIELD)
}

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
#[inline(always)]
fn check_certificate_policies(mut policies: Reader<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::CertificatePolicies;
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
#[inline(always)]
fn check_distribution_points(mut points: Reader<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::CrlDistributionPoints;
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

/// RFC 5280, section 4.2.2.1:
///
/// ```asn1
/// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF AccessDescription
/// AccessDescription         ::= SEQUENCE {
///      accessMethod    OBJECT IDENTIFIER,
///      accessLocation  GeneralName }
/// ```
#[inline(always)]
fn check_authority_info_access(mut descriptions: Reader<'_>) -> Result<(), Flaw> {
    const FIELD: Field = Field::AuthorityInfoAccess;
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

/// What the key may be used for.
///
/// RFC 5280, section 4.2.1.3:
///
/// ```asn1
/// KeyUsage ::= BIT STRING {
///      digitalSignature (0), nonRepudiation (1), keyEncipherment (2), dataEncipherment (3), keyAgreement (4),
///      keyCertSign (5), cRLSign (6), encipherOnly (7), decipherOnly (8) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUsage {
    /// Bit (0) is the most significant one, as encoded.
    bits: u16,
    trailing_zeros: bool,
}

impl KeyUsage {
    /// digitalSignature (0): what a smart-card sign-in needs.
    #[must_use]
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// nonRepudiation (1), also called contentCommitment.
    #[must_use]
    pub fn non_repudiation(self) -> bool {
        self.bit(1)
    }

    /// keyEncipherment (2).
    #[must_use]
    pub fn key_encipherment(self) -> bool {
        self.bit(2)
    }

    /// dataEncipherment (3).
    #[must_use]
    pub fn data_encipherment(self) -> bool {
        self.bit(3)
    }

    /// keyAgreement (4).
    #[must_use]
    pub fn key_agreement(self) -> bool {
        self.bit(4)
    }

    /// keyCertSign (5).
    #[must_use]
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// cRLSign (6).
    #[must_use]
    pub fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// encipherOnly (7).
    #[must_use]
    pub fn encipher_only(self) -> bool {
        self.bit(7)
    }

    /// decipherOnly (8).
    #[must_use]
    pub fn decipher_only(self) -> bool {
        self.bit(8)
    }

    /// No bit at all, which RFC 5280 forbids and some issuers write.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether trailing zero bits are encoded, which X.690, clause 11.2.2, leaves out of a list of named bits.
    pub(super) fn has_trailing_zeros(self) -> bool {
        self.trailing_zeros
    }

    fn bit(self, number: u32) -> bool {
        self.bits << number & 0x8000 != 0
    }

    #[inline(always)]
    fn read(input: &mut Reader<'_>) -> Result<Self, Flaw> {
        let content = input.read(der::BIT_STRING, Field::KeyUsage)?;
        let (octets, unused) = der::bit_string(content, Field::KeyUsage)?;
        let (bits, last) = match octets {
            [] => {
                return Ok(Self {
                    bits: 0,
                    trailing_zeros: false,
                });
            }
            [first] => (u16::from(*first) << 8, *first),
            [first, second] => (u16::from_be_bytes([*first, *second]), *second),
            _ => return Err(Flaw::new(content, Field::KeyUsage, Problem::BitString)),
        };
        Ok(Self {
            bits,
            trailing_zeros: last >> unused & 1 == 0,
        })
    }
}

/// Whether the certificate is one of a CA, and how many may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BasicConstraints {
    ca: bool,
    path_length: Option<u32>,
}

impl BasicConstraints {
    /// `cA`.
    #[must_use]
    pub fn is_ca(self) -> bool {
        self.ca
    }

    /// `pathLenConstraint`.
    #[must_use]
    pub fn path_length(self) -> Option<u32> {
        self.path_length
    }
}
