//! General names: the entries of the `subjectAltName`, and wherever else a certificate names something.

use super::der::{self, Reader, context, context_constructed};
use super::distinguished_name::{self, DistinguishedName};
use super::error::{Field, Flaw, Problem};
use super::kerberos::KerberosPrincipal;
use super::limits;
use super::oid::{self, Oid};
use super::text::{NameString, StringType};

/// The tag of `otherName`.
const OTHER_NAME: u8 = context_constructed(0);
/// The tag of `rfc822Name`.
const RFC822_NAME: u8 = context(1);

/// One general name.
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
    /// `iPAddress`: 4 or 16 octets.
    IpAddress(&'a [u8]),
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

/// General names in encoded order.
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
        let text = NameString::new(der::IA5_STRING, content);
        Some(match tag {
            OTHER_NAME => GeneralName::OtherName(OtherName::from_checked(content)?),
            RFC822_NAME => GeneralName::Rfc822Name(text),
            0x82 => GeneralName::DnsName(text),
            0xA3 => GeneralName::X400Address(content),
            0xA4 => {
                let (der, content) = Reader::new(content)
                    .whole(|input| input.read(der::SEQUENCE, Field::SubjectAltName))
                    .ok()?;
                GeneralName::DirectoryName(DistinguishedName::from_checked(der, content))
            }
            0xA5 => GeneralName::EdiPartyName(content),
            0x86 => GeneralName::Uri(text),
            0x87 => GeneralName::IpAddress(content),
            0x88 => GeneralName::RegisteredId(Oid::from_checked(content)),
            _ => return None,
        })
    }
}

/// A name of a type that X.509 does not define itself.
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
    fn from_checked(content: &'a [u8]) -> Option<Self> {
        let mut name = Reader::new(content);
        let kind = name.read(der::OBJECT_IDENTIFIER, Field::SubjectAltName).ok()?;
        let explicit = name.read(context_constructed(0), Field::SubjectAltName).ok()?;
        let (tag, octets) = Reader::new(explicit).read_any(Field::SubjectAltName).ok()?;
        Some(Self {
            kind: Oid::from_checked(kind),
            value: NameString::new(tag, octets),
        })
    }

    /// The type, for example [`oid::PRINCIPAL_NAME`].
    #[must_use]
    pub fn kind(self) -> Oid<'a> {
        self.kind
    }

    /// The FASC-N of a federal card: 25 octets of a packed code (FIPS 201-3, section 4.2.1.1). `None` for other names.
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
        is_octet_string.then_some(self.value.as_octets())
    }

    /// The Kerberos principal of PKINIT. `None` for other names, and for a malformed one.
    ///
    /// Active Directory does not look at it.
    #[must_use]
    pub fn kerberos_principal(self) -> Option<KerberosPrincipal<'a>> {
        let is_sequence = self.value.string_type() == StringType::NotAString(der::SEQUENCE);
        if self.kind == oid::PKINIT_NAME && is_sequence {
            KerberosPrincipal::read(self.value.as_octets())
        } else {
            None
        }
    }

    /// The value, whatever its type is: [`StringType::NotAString`](super::StringType::NotAString) for a FASC-N, an
    /// OCTET STRING.
    #[must_use]
    pub fn value(self) -> NameString<'a> {
        self.value
    }
}

/// Checks `GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName`, given its content.
#[inline(always)]
pub(super) fn check_all(mut names: Reader<'_>, field: Field) -> Result<(), Flaw> {
    check_size(names, field)?;
    while !names.is_empty() {
        check(&mut names, field)?;
    }
    Ok(())
}

/// At least one name, and not more of them than can be looked at quickly.
#[inline(always)]
fn check_size(names: Reader<'_>, field: Field) -> Result<(), Flaw> {
    if names.is_empty() {
        return Err(Flaw::new(names.rest(), field, Problem::Empty));
    }
    limits::check_part(names.rest(), field)
}

/// A `subjectAltName` that is checked, with the name in hand that a sign-in asks for first.
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
    /// As [`check_all`]. The name is taken while it is looked at, which spares a second walk to it.
    #[inline(always)]
    pub(super) fn read(mut names: Reader<'a>, field: Field) -> Result<Self, Flaw> {
        check_size(names, field)?;
        let mut found = Self {
            all: names.rest(),
            ..Self::default()
        };
        while !names.is_empty() {
            let at = names.rest();
            let (tag, content) = names.read_any(field)?;
            if tag != OTHER_NAME {
                check_content(tag, content, at, field)?;
                continue;
            }
            let (kind, tag, value) = read_other_name(content, field)?;
            if found.principal_name.is_none() && Oid::from_checked(kind) == oid::PRINCIPAL_NAME {
                found.principal_name = Some(NameString::read(tag, value, field)?);
                found.after_principal_name = names.rest();
            } else {
                der::check_open_type(tag, value, field)?;
            }
        }
        Ok(found)
    }
}

/// Checks the next `GeneralName`.
#[inline(always)]
pub(super) fn check(names: &mut Reader<'_>, field: Field) -> Result<(), Flaw> {
    let at = names.rest();
    let (tag, content) = names.read_any(field)?;
    check_content(tag, content, at, field)
}

#[inline(always)]
fn check_content(tag: u8, content: &[u8], at: &[u8], field: Field) -> Result<(), Flaw> {
    match tag {
        0x81 | 0x82 | 0x86 => der::check_string(der::IA5_STRING, content, field),
        OTHER_NAME => {
            let (_, tag, value) = read_other_name(content, field)?;
            der::check_open_type(tag, value, field)
        }
        0xA4 => {
            let mut explicit = Reader::new(content);
            distinguished_name::check(explicit.read(der::SEQUENCE, field)?, field)?;
            explicit.end(field)
        }
        0x87 => Ok(()),
        0x88 => der::check_object_identifier(content, field),
        0xA3 | 0xA5 => der::check_open_type(tag, content, field),
        found => Err(Flaw::new(
            at,
            field,
            Problem::UnexpectedTag {
                expected: OTHER_NAME,
                found,
            },
        )),
    }
}

/// The type, and tag and content of the value, which is still to be checked.
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

/// The values of the `otherName` entries of type user principal name, in encoded order.
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
                let name = OtherName::from_checked(content)?;
                if name.kind() == oid::PRINCIPAL_NAME {
                    return Some(name.value());
                }
            }
        }
        None
    }
}

/// The values of the `rfc822Name` entries, in encoded order.
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
