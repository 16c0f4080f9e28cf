//! Extensions: the list, and the values of the known ones.

use super::authority::{self, AuthorityKeyIdentifier};
use super::der::{self, Reader, Shape};
use super::error::{Field, Flaw, Limit, Problem};
use super::microsoft::{self, Template};
use super::names::{self, SubjectNames};
use super::note::{NoteCollector, NoteKind};
use super::oid::Oid;
use super::policies;
use super::text::NameString;
use super::usage::{self, BasicConstraints, KeyUsage};

/// Values of the known extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extensions<'a> {
    /// Whether there is a list, even an empty one.
    is_present: bool,
    /// The content of the `Extensions` SEQUENCE.
    pub(super) list: &'a [u8],
    pub(super) authority_info_access: Option<&'a [u8]>,
    pub(super) authority_key_identifier: Option<&'a [u8]>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) certificate_policies: Option<&'a [u8]>,
    pub(super) crl_distribution_points: Option<&'a [u8]>,
    pub(super) extended_key_usage: Option<&'a [u8]>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) security_identifier: Option<&'a [u8]>,
    pub(super) subject_alternative_name: SubjectNames<'a>,
    pub(super) subject_key_identifier: Option<&'a [u8]>,
    pub(super) template: Option<Template<'a>>,
    pub(super) template_name: Option<NameString<'a>>,
}

/// Maximum number of extensions that this crate does not know.
const MAX_UNKNOWN: u32 = 32;

impl<'a> Extensions<'a> {
    /// RFC 5280, section 4.1.2.9:
    ///
    /// ```asn1
    /// Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
    /// ```
    #[inline(always)]
    pub(super) fn read(input: &mut Reader<'a>) -> Result<Self, Flaw> {
        let list = Reader::new(input.read_long(der::SEQUENCE, Field::Extensions)?);
        let mut extensions = Self {
            is_present: true,
            list: list.rest(),
            ..Self::default()
        };
        let mut seen = Seen::default();
        let mut rest = list;
        while !rest.is_empty() {
            let extension = Extension::read(&mut rest)?;
            if let Some(number) = extension.number {
                seen.add_numbered(number, extension)?;
                extensions.add_numbered(number, extension)?;
            } else {
                seen.add_other(list, extension)?;
                if !extensions.add_other(extension)? {
                    seen.count_unknown(extension)?;
                }
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
                let names = value.sequence(Field::SubjectAltName)?;
                self.subject_alternative_name = SubjectNames::read(names)?;
            }
            19 => self.basic_constraints = Some(BasicConstraints::read(&mut value)?),
            31 => self.crl_distribution_points = tolerant_sequence(&mut value, Field::CrlDistributionPoints)?,
            32 => self.certificate_policies = Some(value.sequence(Field::CertificatePolicies)?.rest()),
            35 => {
                const FIELD: Field = Field::AuthorityKeyIdentifier;
                let content = tolerant_sequence(&mut value, FIELD)?;
                AuthorityKeyIdentifier::check(content)?;
                self.authority_key_identifier = content;
            }
            37 => self.extended_key_usage = Some(usage::read_extended_key_usage(&mut value)?),
            _ => {
                // Another extension of X.509. This crate does not read its content.
                return extension.check_id();
            }
        }
        value.end(Field::Extensions)
    }

    /// Returns whether the extension is a known one.
    #[inline(always)]
    fn add_other(&mut self, extension: Extension<'a>) -> Result<bool, Flaw> {
        let mut value = Reader::new(extension.value);
        match extension.id.as_bytes() {
            AUTHORITY_INFO_ACCESS => {
                self.authority_info_access = tolerant_sequence(&mut value, Field::AuthorityInfoAccess)?;
            }
            TEMPLATE_NAME => {
                // [MS-WCCE], section 2.2.2.7.7.1: the name of a version 1 template, a BMPString. It is not used for
                // decisions.
                let (tag, name) = value.read_any(Field::TemplateName)?;
                der::check_framing(tag, name, Field::TemplateName)?;
                self.template_name = Some(NameString::new(tag, name));
            }
            CERTIFICATE_TEMPLATE => {
                self.template = Some(Template::read(&mut value)?);
            }
            NTDS_CA_SECURITY => {
                self.security_identifier = microsoft::read_security_identifier(&mut value)?;
            }
            _ => {
                extension.check_id()?;
                return Ok(false);
            }
        }
        value.end(Field::Extensions)?;
        Ok(true)
    }

    /// Checks the values that [`Extensions::read`] skipped.
    #[inline(always)]
    pub(super) fn check_nested(&self) -> Result<(), Flaw> {
        if let Some(content) = self.certificate_policies {
            policies::check(Reader::new(content))?;
        }
        authority::check_distribution_points(self.crl_distribution_points)?;
        authority::check_authority_info_access(self.authority_info_access)
    }

    /// Notes deviations in the extensions.
    pub(super) fn note(&self, notes: &mut NoteCollector<'_>) {
        if self.is_present && self.list.is_empty() {
            notes.add(self.list, Field::Extensions, NoteKind::Malformed(Problem::Empty));
        }
        let mut list = Reader::new(self.list);
        while let Ok((_, content)) = list.read_any(Field::Extensions) {
            note_critical(content, notes);
        }
        for extension in ExtensionList::from_checked(self.list) {
            self.note_value(extension, notes);
        }
    }

    fn note_value(&self, extension: Extension<'a>, notes: &mut NoteCollector<'_>) {
        let value = extension.value;
        let list = |field| Reader::new(value).list(der::SEQUENCE, field);
        match extension.id.as_bytes() {
            [0x55, 0x1D, 15] => {
                if let Some(usage) = self.key_usage {
                    usage.note(value, notes);
                }
            }
            [0x55, 0x1D, 17] => {
                if let Some(names) = notes.tolerate(list(Field::SubjectAltName)) {
                    names::note_all(names, Field::SubjectAltName, notes);
                }
                self.subject_alternative_name.note(notes);
            }
            [0x55, 0x1D, 19] => {
                if let Some(constraints) = self.basic_constraints {
                    constraints.note(value, notes);
                }
            }
            [0x55, 0x1D, 31] => {
                if let Some(points) = notes.tolerate(list(Field::CrlDistributionPoints)) {
                    authority::note_distribution_points(points, notes);
                }
            }
            [0x55, 0x1D, 32] => {
                if let Some(policies) = notes.tolerate(list(Field::CertificatePolicies)) {
                    policies::note(policies, notes);
                }
            }
            [0x55, 0x1D, 35] => {
                if let Some(content) =
                    notes.tolerate(Reader::new(value).read(der::SEQUENCE, Field::AuthorityKeyIdentifier))
                {
                    AuthorityKeyIdentifier::note(content, notes);
                }
            }
            [0x55, 0x1D, 37] => {
                notes.tolerate(list(Field::ExtKeyUsage));
            }
            AUTHORITY_INFO_ACCESS => {
                if let Some(descriptions) = notes.tolerate(list(Field::AuthorityInfoAccess)) {
                    authority::note_authority_info_access(descriptions, notes);
                }
            }
            TEMPLATE_NAME => {
                const FIELD: Field = Field::TemplateName;
                if let Some(name) = notes.tolerate(Reader::new(value).read(der::BMP_STRING, FIELD)) {
                    notes.tolerate(der::check_string(der::BMP_STRING, name, FIELD));
                }
            }
            NTDS_CA_SECURITY => {
                if let Some(names) = notes.tolerate(list(Field::NtdsCaSecurity)) {
                    names::note_all(names, Field::NtdsCaSecurity, notes);
                }
            }
            _ => {}
        }
    }
}

/// Returns the content of a value that is not used for decisions; empty if the value is not a SEQUENCE.
#[inline(always)]
fn tolerant_sequence<'a>(value: &mut Reader<'a>, field: Field) -> Result<Option<&'a [u8]>, Flaw> {
    let (tag, content) = value.read_any(field)?;
    if tag == der::SEQUENCE {
        return Ok(Some(content));
    }
    der::check_framing(tag, content, field)?;
    Ok(None)
}

/// Notes deviations in the `critical` field of an extension.
fn note_critical(content: &[u8], notes: &mut NoteCollector<'_>) {
    const FIELD: Field = Field::Extensions;
    let mut extension = Reader::new(content);
    if extension.object_identifier(FIELD).is_err() {
        return;
    }
    let at = extension.rest();
    match extension.optional_boolean(FIELD) {
        Ok(Some([0x00])) => notes.add(at, FIELD, NoteKind::DefaultFalseEncoded),
        Ok(Some([0x01..=0xFE])) => notes.add(at, FIELD, NoteKind::Malformed(Problem::Boolean)),
        _ => {}
    }
}

/// id-pe-authorityInfoAccess, 1.3.6.1.5.5.7.1.1
const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01];
/// `szOID_ENROLL_CERTTYPE_EXTENSION`, 1.3.6.1.4.1.311.20.2
const TEMPLATE_NAME: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02];
/// `szOID_CERTIFICATE_TEMPLATE`, 1.3.6.1.4.1.311.21.7
const CERTIFICATE_TEMPLATE: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x15, 0x07];
/// `szOID_NTDS_CA_SECURITY_EXT`, 1.3.6.1.4.1.311.25.2
const NTDS_CA_SECURITY: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x19, 0x02];

/// The usual shapes of extensions: one of X.509 (2.5.29.n), not critical or critical.
const NUMBERED: Shape<9> = Shape::new("30{ 06 03 55 1D ?? 04{");
const CRITICAL: Shape<12> = Shape::new("30{ 06 03 55 1D ?? 01 01 FF 04{");

/// An extension.
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
    /// The n of id-ce, 2.5.29.n. X.509 has numbered extensions up to 63.
    number: Option<u8>,
    value: &'a [u8],
}

impl<'a> Extension<'a> {
    /// The identifier of the extension.
    #[must_use]
    pub fn id(self) -> Oid<'a> {
        self.id
    }

    /// Whether software that does not know the extension must reject the certificate.
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
        if let Some(stripped) = NUMBERED.strip(input.rest()) {
            *input = Reader::new(stripped.rest);
            let [_, _, _, _, id @ .., _, _] = stripped.headers;
            return Ok(Self::numbered(id, false, stripped.content));
        }
        if let Some(stripped) = CRITICAL.strip(input.rest()) {
            *input = Reader::new(stripped.rest);
            let [_, _, _, _, id @ .., _, _, _, _, _] = stripped.headers;
            return Ok(Self::numbered(id, true, stripped.content));
        }
        let mut extension = input.sequence(Field::Extensions)?;
        let id = Oid::from_checked(extension.read(der::OBJECT_IDENTIFIER, Field::Extensions)?);
        // Criticality is not used for decisions. TRUE is any byte but 00 (X.690, clause 8.2.2).
        let critical = extension.optional_boolean(Field::Extensions)?;
        let value = extension.read(der::OCTET_STRING, Field::Extensions)?;
        extension.end(Field::Extensions)?;
        Ok(Self {
            id,
            critical: critical.is_some_and(|critical| *critical != [0x00]),
            number: match *id.as_bytes() {
                [0x55, 0x1D, number @ 0..=0x3F] => Some(number),
                _ => None,
            },
            value,
        })
    }

    #[inline(always)]
    fn numbered(id: &'a [u8; 3], critical: bool, value: &'a [u8]) -> Self {
        let [_, _, number] = *id;
        Self {
            id: Oid::from_checked(id),
            critical,
            number: (number <= 0x3F).then_some(number),
            value,
        }
    }

    #[inline(always)]
    fn check_id(self) -> Result<(), Flaw> {
        der::check_object_identifier(self.id.as_bytes(), Field::Extensions)
    }
}

/// Iterator over the extensions of a certificate, in encoded order.
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

/// The extensions seen so far: RFC 5280, section 4.2, "MUST NOT include more than one instance of a particular
/// extension".
#[derive(Default)]
struct Seen {
    /// One bit for each n of 2.5.29.n below 64, which covers all extensions of X.509.
    numbered: u64,
    /// One bit for each remainder of the other extensions' fingerprints.
    others: u64,
    unknown: u32,
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
        let bytes = extension.id.as_bytes();
        let fingerprint = match bytes {
            [.., parent, child] => usize::from(*child) + 31 * usize::from(*parent) + 7 * bytes.len(),
            _ => 0,
        };
        let bit = 1_u64 << (fingerprint & 0x3F);
        if self.others & bit != 0 {
            extension.check_unique(list)?;
        }
        self.others |= bit;
        Ok(())
    }
}

impl Seen {
    #[inline(always)]
    fn count_unknown(&mut self, extension: Extension<'_>) -> Result<(), Flaw> {
        self.unknown += 1;
        if self.unknown > MAX_UNKNOWN {
            let limit = Problem::Limit(Limit::UnknownExtensions);
            return Err(Flaw::new(extension.id.as_bytes(), Field::Extensions, limit));
        }
        Ok(())
    }
}

impl Extension<'_> {
    #[cold]
    fn duplicate(self) -> Flaw {
        Flaw::new(self.id.as_bytes(), Field::Extensions, Problem::DuplicateExtension)
    }

    /// Compares with every earlier extension: at most 32 others, and those known by number.
    #[cold]
    #[inline(never)]
    fn check_unique(self, list: Reader<'_>) -> Result<(), Flaw> {
        let mut same = ExtensionList { rest: list }.filter(|other| other.id == self.id);
        match same.next() {
            Some(first) if first.id.as_bytes().as_ptr() != self.id.as_bytes().as_ptr() => {
                Err(self.duplicate())
            }
            _ => Ok(()),
        }
    }
}
