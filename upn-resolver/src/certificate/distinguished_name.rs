//! Distinguished names: issuer, subject, and names in general names.

use core::fmt;

use super::der::{self, Reader, Shape};
use super::error::{Field, Flaw, Problem};
use super::note::{NoteCollector, NoteKind};
use super::oid::Oid;
use super::text::{NameProblem, NameString, WindowsText};

/// A distinguished name in encoded order: country or domain first, common name last.
///
/// RFC 5280, section 4.1.2.4:
///
/// ```asn1
/// Name         ::= CHOICE { rdnSequence RDNSequence }
/// RDNSequence  ::= SEQUENCE OF RelativeDistinguishedName
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DistinguishedName<'a> {
    der: &'a [u8],
    content: &'a [u8],
}

impl<'a> DistinguishedName<'a> {
    #[inline]
    pub(super) fn from_checked(der: &'a [u8], content: &'a [u8]) -> Self {
        Self { der, content }
    }

    /// The encoding, with its header.
    #[must_use]
    pub fn as_der(self) -> &'a [u8] {
        self.der
    }

    /// The content of the encoding.
    #[inline]
    pub(super) fn content(self) -> &'a [u8] {
        self.content
    }

    /// Whether there are no attributes, as in certificates with all names in the `subjectAltName`.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.content.is_empty()
    }

    /// The relative distinguished names, in encoded order.
    #[must_use]
    pub fn relative_names(self) -> RelativeNames<'a> {
        RelativeNames {
            rest: Reader::new(self.content),
        }
    }

    /// The attributes of all relative names, in encoded order.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        self.relative_names().flatten()
    }
}

impl<'a> DistinguishedName<'a> {
    /// All values of this attribute type, in encoded order.
    pub(crate) fn values_of<'k>(self, kind: Oid<'k>) -> impl Iterator<Item = NameString<'a>> + use<'a, 'k> {
        let mut names = Reader::new(self.content);
        let mut attributes = Reader::default();
        core::iter::from_fn(move || {
            loop {
                while !attributes.is_empty() {
                    let mut attribute = attributes.sequence(Field::Subject).ok()?;
                    let found = attribute.read(der::OBJECT_IDENTIFIER, Field::Subject).ok()?;
                    if found == kind.as_bytes() {
                        let (tag, bytes) = attribute.read_any(Field::Subject).ok()?;
                        return Some(NameString::new(tag, bytes));
                    }
                }
                if names.is_empty() {
                    return None;
                }
                attributes = Reader::new(names.read(der::SET, Field::Subject).ok()?);
            }
        })
    }
}

impl fmt::Debug for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.attributes()).finish()
    }
}

/// Iterator over the relative distinguished names of a [`DistinguishedName`].
#[derive(Clone, Debug)]
pub struct RelativeNames<'a> {
    rest: Reader<'a>,
}

impl<'a> Iterator for RelativeNames<'a> {
    type Item = RelativeName<'a>;

    fn next(&mut self) -> Option<RelativeName<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let content = self.rest.read(der::SET, Field::Subject).ok()?;
        Some(RelativeName {
            rest: Reader::new(content),
        })
    }
}

/// A relative distinguished name: an iterator over its attributes, usually one.
///
/// ```asn1
/// RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// ```
#[derive(Clone, Debug)]
pub struct RelativeName<'a> {
    rest: Reader<'a>,
}

impl<'a> Iterator for RelativeName<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut attribute = self.rest.sequence(Field::Subject).ok()?;
        let kind = attribute.read(der::OBJECT_IDENTIFIER, Field::Subject).ok()?;
        let (tag, bytes) = attribute.read_any(Field::Subject).ok()?;
        Some(Attribute {
            kind: Oid::from_checked(kind),
            value: NameString::new(tag, bytes),
        })
    }
}

/// An attribute of a distinguished name.
///
/// ```asn1
/// AttributeTypeAndValue ::= SEQUENCE { type AttributeType, value AttributeValue }
/// AttributeType         ::= OBJECT IDENTIFIER
/// AttributeValue        ::= ANY -- DEFINED BY AttributeType
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attribute<'a> {
    kind: Oid<'a>,
    value: NameString<'a>,
}

impl<'a> Attribute<'a> {
    /// The attribute type, for example 2.5.4.3 for the common name.
    #[must_use]
    pub fn kind(self) -> Oid<'a> {
        self.kind
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> NameString<'a> {
        self.value
    }
}

/// The usual relative names: a single attribute of X.520 (2.5.4.n), a domain component (0.9.2342.19200300.100.1.25),
/// or an e-mail address (1.2.840.113549.1.9.1).
const X520_ATTRIBUTE: Shape<11> = Shape::new("31{ 30{ 06 03 55 04 ?? ?? {");
const DOMAIN_COMPONENT: Shape<18> = Shape::new("31{ 30{ 06 0A 09 92 26 89 93 F2 2C 64 01 19 ?? {");
const EMAIL_ADDRESS: Shape<17> = Shape::new("31{ 30{ 06 09 2A 86 48 86 F7 0D 01 09 01 ?? {");

/// Checks the content of an `RDNSequence` that becomes part of binding values: the issuer or the subject.
#[inline(never)]
pub(super) fn check(content: &[u8], field: Field) -> Result<(), Flaw> {
    let mut names = Reader::new(content);
    while !names.is_empty() {
        if let Some((attribute, rest)) = usual_relative_name(names.rest()) {
            let value = attribute.value;
            der::check_decodable(value.tag(), value.as_bytes(), field)?;
            names = Reader::new(rest);
        } else {
            let mut attributes = names.list(der::SET, field)?;
            while !attributes.is_empty() {
                check_attribute(&mut attributes, field)?;
            }
        }
    }
    Ok(())
}

/// Returns the attribute of a relative name with the usual shape, and the remaining bytes.
#[inline(always)]
fn usual_relative_name(names: &[u8]) -> Option<(Attribute<'_>, &[u8])> {
    let (kind, tag, value, rest): (&[u8], _, _, _) = if let Some(stripped) = X520_ATTRIBUTE.strip(names) {
        let [_, _, _, _, _, _, kind @ .., tag, _] = stripped.headers;
        if !matches!(kind, [.., 0..=0x7F]) {
            return None;
        }
        (kind, *tag, stripped.content, stripped.rest)
    } else if let Some(stripped) = DOMAIN_COMPONENT.strip(names) {
        let [_, _, _, _, _, _, kind @ .., tag, _] = stripped.headers;
        (kind, *tag, stripped.content, stripped.rest)
    } else {
        let stripped = EMAIL_ADDRESS.strip(names)?;
        let [_, _, _, _, _, _, kind @ .., tag, _] = stripped.headers;
        (kind, *tag, stripped.content, stripped.rest)
    };
    let is_string = matches!(tag, der::UTF8_STRING | der::PRINTABLE_STRING | der::IA5_STRING);
    let kind = Oid::from_checked(kind);
    let value = NameString::new(tag, value);
    is_string.then_some((Attribute { kind, value }, rest))
}

#[inline(always)]
fn check_attribute(attributes: &mut Reader<'_>, field: Field) -> Result<(), Flaw> {
    let mut attribute = attributes.sequence(field)?;
    attribute.object_identifier(field)?;
    let at = attribute.rest();
    let (tag, value) = attribute.read_any(field)?;
    if der::is_constructed_string(tag) {
        return Err(Flaw::new(at, field, Problem::ConstructedString));
    }
    der::check_decodable(tag, value, field)?;
    der::check_framing(tag, value, field)?;
    attribute.end(field)
}

/// Notes deviations in an `RDNSequence`.
pub(super) fn note(content: &[u8], field: Field, notes: &mut NoteCollector<'_>) {
    let mut names = Reader::new(content);
    while !names.is_empty() {
        let Some(set) = notes.tolerate(names.list(der::SET, field)) else {
            return;
        };
        note_relative_name(set, field, notes);
    }
}

/// Notes deviations in the attributes of a relative name.
pub(super) fn note_relative_name(mut set: Reader<'_>, field: Field, notes: &mut NoteCollector<'_>) {
    let mut earlier: &[u8] = &[];
    while !set.is_empty() {
        let before = set.rest();
        let Some((tag, value)) = notes.tolerate(read_attribute(&mut set, field)) else {
            return;
        };
        if notes.tolerate(der::check_value(tag, value, field)).is_some() {
            note_text(tag, value, field, notes);
        }
        let (whole, _) = before.split_at(before.len() - set.rest().len());
        notes.tolerate(der::check_set_order(earlier, whole, field));
        earlier = whole;
    }
}

/// Returns tag and content of the value of the next attribute.
fn read_attribute<'a>(attributes: &mut Reader<'a>, field: Field) -> Result<(u8, &'a [u8]), Flaw> {
    let mut attribute = attributes.sequence(field)?;
    attribute.object_identifier(field)?;
    let value = attribute.read_any(field)?;
    attribute.end(field)?;
    Ok(value)
}

/// Notes characters that the string type does not have, or else those that hide text.
fn note_text(tag: u8, value: &[u8], field: Field, notes: &mut NoteCollector<'_>) {
    if !der::is_in_repertoire(tag, value) {
        notes.add(value, field, NoteKind::Characters);
    }
    match NameString::new(tag, value).windows_text() {
        Ok(WindowsText {
            warning: Some(problem),
            ..
        })
        | Err(problem)
            if !matches!(problem, NameProblem::NotAString { .. } | NameProblem::EightBit) =>
        {
            notes.add(value, field, NoteKind::Name(problem));
        }
        _ => {}
    }
}
