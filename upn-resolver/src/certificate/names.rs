//! General names: the entries of the `subjectAltName` and of other extensions.

use super::der::{self, Reader, Shape, context, context_constructed};
use super::distinguished_name::{self, DistinguishedName};
use super::error::{Field, Flaw, Problem};
use super::kerberos::KerberosPrincipal;
use super::limits;
use super::note::{NoteCollector, NoteKind};
use super::oid::{self, Oid};
use super::text::{NameString, StringType};

const OTHER_NAME: u8 = context_constructed(0);
const RFC822_NAME: u8 = context(1);
const DNS_NAME: u8 = context(2);
const X400_ADDRESS: u8 = context_constructed(3);
const DIRECTORY_NAME: u8 = context_constructed(4);
const EDI_PARTY_NAME: u8 = context_constructed(5);
const URI: u8 = context(6);
const IP_ADDRESS: u8 = context(7);
const REGISTERED_ID: u8 = context(8);

/// A general name.
///
/// RFC 5280, section 4.2.1.6:
///
/// ```asn1
/// GeneralName ::= CHOICE {
///      otherName                 [0]  AnotherName,
///      rfc822Name                [1]  IA5String,
///      dNSName                   [2]  IA5String,
///      x400Address               [3]  ORAddress,
///      directoryName             [4]  Name,
///      ediPartyName              [5]  EDIPartyName,
///      uniformResourceIdentifier [6]  IA5String,
///      iPAddress                 [7]  OCTET STRING,
///      registeredID              [8]  OBJECT IDENTIFIER }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneralName<'a> {
    /// `directoryName`.
    DirectoryName(DistinguishedName<'a>),
    /// `dNSName`.
    DnsName(NameString<'a>),
    /// `ediPartyName`, as encoded.
    EdiPartyName(&'a [u8]),
    /// `iPAddress`: 4 or 16 bytes.
    IpAddress(&'a [u8]),
    /// An element that is not a general name. It occurs only where names are not used for decisions, and is reported
    /// as a [`Note`](super::Note).
    Malformed {
        /// Its tag.
        tag: u8,
        /// Its content.
        content: &'a [u8],
    },
    /// `otherName`: principal names, FASC-N, Kerberos names, and others.
    OtherName(OtherName<'a>),
    /// `registeredID`.
    RegisteredId(Oid<'a>),
    /// `rfc822Name`: an e-mail address.
    Rfc822Name(NameString<'a>),
    /// `uniformResourceIdentifier`.
    Uri(NameString<'a>),
    /// `x400Address`, as encoded.
    X400Address(&'a [u8]),
}

/// Iterator over general names, in encoded order.
#[derive(Clone, Debug, Default)]
pub struct GeneralNames<'a> {
    rest: Reader<'a>,
}

impl<'a> GeneralNames<'a> {
    #[inline]
    pub(super) fn from_checked(content: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(content),
        }
    }
}

impl<'a> Iterator for GeneralNames<'a> {
    type Item = GeneralName<'a>;

    fn next(&mut self) -> Option<GeneralName<'a>> {
        let (tag, content) = self.rest.read_any(Field::SubjectAltName).ok()?;
        Some(GeneralName::read(tag, content).unwrap_or(GeneralName::Malformed { tag, content }))
    }
}

impl<'a> GeneralName<'a> {
    /// The content is not checked where it is not used for decisions, so an element can turn out not to be a general
    /// name.
    fn read(tag: u8, content: &'a [u8]) -> Option<Self> {
        let text = NameString::new(der::IA5_STRING, content);
        Some(match tag {
            OTHER_NAME => Self::OtherName(OtherName::from_content(content)?),
            RFC822_NAME => Self::Rfc822Name(text),
            DNS_NAME => Self::DnsName(text),
            X400_ADDRESS => Self::X400Address(content),
            DIRECTORY_NAME => {
                let (der, content) = Reader::new(content)
                    .whole(|input| input.read(der::SEQUENCE, Field::SubjectAltName))
                    .ok()?;
                Self::DirectoryName(DistinguishedName::from_checked(der, content))
            }
            EDI_PARTY_NAME => Self::EdiPartyName(content),
            URI => Self::Uri(text),
            IP_ADDRESS => Self::IpAddress(content),
            REGISTERED_ID => Self::RegisteredId(Oid::from_checked(content)),
            _ => return None,
        })
    }
}

/// A name of a type that is not defined by X.509.
///
/// ```asn1
/// AnotherName ::= SEQUENCE {
///      type-id    OBJECT IDENTIFIER,
///      value      [0] EXPLICIT ANY DEFINED BY type-id }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherName<'a> {
    kind: Oid<'a>,
    value: NameString<'a>,
}

impl<'a> OtherName<'a> {
    #[inline]
    fn from_content(content: &'a [u8]) -> Option<Self> {
        let mut name = Reader::new(content);
        let kind = name.read(der::OBJECT_IDENTIFIER, Field::SubjectAltName).ok()?;
        let explicit = name.read(context_constructed(0), Field::SubjectAltName).ok()?;
        let (tag, bytes) = Reader::new(explicit).read_any(Field::SubjectAltName).ok()?;
        Some(Self {
            kind: Oid::from_checked(kind),
            value: NameString::new(tag, bytes),
        })
    }

    /// The type, for example [`oid::PRINCIPAL_NAME`].
    #[must_use]
    pub fn kind(self) -> Oid<'a> {
        self.kind
    }

    /// The FASC-N of a federal card: 25 bytes of a packed code (FIPS 201-3, section 4.2.1.1). `None` for other names.
    #[must_use]
    pub fn fasc_n(self) -> Option<&'a [u8]> {
        if self.kind == oid::FASC_N {
            self.octet_string()
        } else {
            None
        }
    }

    /// The content of a value that is an OCTET STRING.
    pub(super) fn octet_string(self) -> Option<&'a [u8]> {
        let is_octet_string = self.value.string_type() == StringType::NotAString(der::OCTET_STRING);
        is_octet_string.then_some(self.value.as_bytes())
    }

    /// The Kerberos principal of PKINIT. `None` for other or malformed names.
    ///
    /// Active Directory does not use it.
    #[must_use]
    pub fn kerberos_principal(self) -> Option<KerberosPrincipal<'a>> {
        let is_sequence = self.value.string_type() == StringType::NotAString(der::SEQUENCE);
        if self.kind == oid::PKINIT_NAME && is_sequence {
            KerberosPrincipal::read(self.value.as_bytes())
        } else {
            None
        }
    }

    /// The value, of any type. A FASC-N is an OCTET STRING:
    /// [`StringType::NotAString`](super::StringType::NotAString).
    #[must_use]
    pub fn value(self) -> NameString<'a> {
        self.value
    }
}

/// The shape of nearly all principal names (1.3.6.1.4.1.311.20.2.3, a `UTF8String`).
const PRINCIPAL_NAME_ENTRY: Shape<18> = Shape::new("A0{ 06 0A 2B 06 01 04 01 82 37 14 02 03 A0{ 0C{");

/// A checked `subjectAltName` with its first principal name, which a sign-in needs first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SubjectNames<'a> {
    /// All entries.
    pub(super) all: &'a [u8],
    /// The first principal name.
    pub(super) principal_name: Option<NameString<'a>>,
    /// The entries after the first principal name.
    pub(super) after_principal_name: &'a [u8],
}

impl<'a> SubjectNames<'a> {
    /// Reads the content of a `subjectAltName`: `GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName`.
    ///
    /// Principal names and e-mail addresses are read strictly, because a sign-in depends on them; for other names
    /// only the framing is checked. The first principal name is kept, which saves a second search.
    #[inline(always)]
    pub(super) fn read(mut names: Reader<'a>) -> Result<Self, Flaw> {
        const FIELD: Field = Field::SubjectAltName;
        limits::check_part(names.rest(), FIELD)?;
        let mut found = Self {
            all: names.rest(),
            ..Self::default()
        };
        while !names.is_empty() {
            let at = names.rest();
            if let (None, Some(stripped)) = (found.principal_name, PRINCIPAL_NAME_ENTRY.strip(at)) {
                let name = NameString::read(der::UTF8_STRING, stripped.content, FIELD)?;
                found.principal_name = Some(name);
                found.after_principal_name = stripped.rest;
                names = Reader::new(stripped.rest);
                continue;
            }
            let (tag, content) = names.read_any(FIELD)?;
            match tag {
                OTHER_NAME => {
                    let (kind, tag, value) = read_other_name(content, FIELD)?;
                    if Oid::from_checked(kind) != oid::PRINCIPAL_NAME {
                        der::check_framing(tag, value, FIELD)?;
                    } else if found.principal_name.is_some() {
                        der::check_open_type(tag, value, FIELD)?;
                    } else {
                        found.principal_name = Some(NameString::read(tag, value, FIELD)?);
                        found.after_principal_name = names.rest();
                    }
                }
                RFC822_NAME => der::check_string(der::IA5_STRING, content, FIELD)?,
                DNS_NAME | URI | IP_ADDRESS | REGISTERED_ID => {}
                X400_ADDRESS | DIRECTORY_NAME | EDI_PARTY_NAME => der::check_framing(tag, content, FIELD)?,
                found => return Err(not_a_general_name(at, found, FIELD)),
            }
        }
        Ok(found)
    }
}

impl SubjectNames<'_> {
    /// Notes that there is more than one principal name.
    pub(super) fn note(self, notes: &mut NoteCollector<'_>) {
        if let Some(second) = PrincipalNames::from_checked(self).nth(1) {
            notes.add(
                second.as_bytes(),
                Field::SubjectAltName,
                NoteKind::SeveralPrincipalNames,
            );
        }
    }
}

/// Finds the first `otherName` of this type. All names of this type are read strictly; for other names only the
/// framing is checked.
pub(super) fn find_other_name<'a>(
    mut names: Reader<'a>,
    kind: Oid<'_>,
    field: Field,
) -> Result<Option<OtherName<'a>>, Flaw> {
    limits::check_part(names.rest(), field)?;
    let mut found = None;
    while !names.is_empty() {
        let (tag, content) = names.read_any(field)?;
        der::check_framing(tag, content, field)?;
        if tag != OTHER_NAME {
            continue;
        }
        let (id, tag, value) = read_other_name(content, field)?;
        if Oid::from_checked(id) == kind && found.is_none() {
            found = Some(OtherName {
                kind: Oid::from_checked(id),
                value: NameString::new(tag, value),
            });
        }
    }
    Ok(found)
}

/// Notes deviations in `GeneralNames`.
pub(super) fn note_all(mut names: Reader<'_>, field: Field, notes: &mut NoteCollector<'_>) {
    while !names.is_empty() {
        let next = note_next(&mut names, field, notes);
        if notes.tolerate(next).is_none() {
            return;
        }
    }
}

/// Notes deviations in the next general name. Fails if its header is invalid, because the rest cannot be read then.
pub(super) fn note_next(
    names: &mut Reader<'_>,
    field: Field,
    notes: &mut NoteCollector<'_>,
) -> Result<(), Flaw> {
    let at = names.rest();
    let (tag, content) = names.read_any(field)?;
    let checked = match tag {
        RFC822_NAME | DNS_NAME | URI => {
            if !der::is_in_repertoire(der::IA5_STRING, content) {
                notes.add(content, field, NoteKind::Characters);
            }
            Ok(())
        }
        OTHER_NAME => read_other_name(content, field)
            .and_then(|(_, tag, value)| der::check_open_type(tag, value, field)),
        DIRECTORY_NAME => {
            let mut explicit = Reader::new(content);
            explicit
                .read(der::SEQUENCE, field)
                .map(|name| distinguished_name::note(name, field, notes))
                .and_then(|()| explicit.end(field))
        }
        IP_ADDRESS => Ok(()),
        REGISTERED_ID => der::check_object_identifier(content, field),
        X400_ADDRESS | EDI_PARTY_NAME => der::check_open_type(tag, content, field),
        found => Err(not_a_general_name(at, found, field)),
    };
    notes.tolerate(checked);
    Ok(())
}

fn not_a_general_name(at: &[u8], found: u8, field: Field) -> Flaw {
    let expected = OTHER_NAME;
    Flaw::new(at, field, Problem::UnexpectedTag { expected, found })
}

/// The type, and tag and content of the value, which has not been checked yet.
#[inline(always)]
fn read_other_name(content: &[u8], field: Field) -> Result<(&[u8], u8, &[u8]), Flaw> {
    let mut name = Reader::new(content);
    let kind = name.object_identifier(field)?;
    let mut explicit = Reader::new(name.read(context_constructed(0), field)?);
    name.end(field)?;
    let (tag, value) = explicit.read_any(field)?;
    explicit.end(field)?;
    Ok((kind, tag, value))
}

/// Iterator over the user principal names, in encoded order.
#[derive(Clone, Debug)]
pub struct PrincipalNames<'a> {
    first: Option<NameString<'a>>,
    rest: Reader<'a>,
}

impl<'a> PrincipalNames<'a> {
    #[inline]
    pub(super) fn from_checked(names: SubjectNames<'a>) -> Self {
        Self {
            first: names.principal_name,
            rest: Reader::new(names.after_principal_name),
        }
    }
}

impl<'a> Iterator for PrincipalNames<'a> {
    type Item = NameString<'a>;

    #[inline]
    fn next(&mut self) -> Option<NameString<'a>> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while !self.rest.is_empty() {
            let (tag, content) = self.rest.read_any(Field::SubjectAltName).ok()?;
            if tag == OTHER_NAME {
                let name = OtherName::from_content(content)?;
                if name.kind() == oid::PRINCIPAL_NAME {
                    return Some(name.value());
                }
            }
        }
        None
    }
}

/// Iterator over the `rfc822Name` entries, in encoded order.
#[derive(Clone, Debug)]
pub struct Rfc822Names<'a> {
    rest: Reader<'a>,
}

impl<'a> Rfc822Names<'a> {
    #[inline]
    pub(super) fn from_checked(names: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(names),
        }
    }
}

impl<'a> Iterator for Rfc822Names<'a> {
    type Item = NameString<'a>;

    #[inline]
    fn next(&mut self) -> Option<NameString<'a>> {
        while !self.rest.is_empty() {
            let (tag, content) = self.rest.read_any(Field::SubjectAltName).ok()?;
            if tag == RFC822_NAME {
                return Some(NameString::new(der::IA5_STRING, content));
            }
        }
        None
    }
}
