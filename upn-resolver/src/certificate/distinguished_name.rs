//! Distinguished names: issuer, subject, and those inside of general names.

use core::fmt;

use super::der::{self, Reader};
use super::error::{Field, Flaw, Problem};
use super::note::{NoteCollector, NoteKind};
use super::oid::Oid;
use super::text::{NameProblem, NameString, WindowsText};

/// A distinguished name, in the order in which it is encoded: country or domain first, common name last.
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

    /// The encoding, header and all: what a directory compares or hashes.
    #[must_use]
    pub fn as_der(self) -> &'a [u8] {
        self.der
    }

    /// The content octets of the encoding.
    #[inline]
    pub(super) fn content(self) -> &'a [u8] {
        self.content
    }

    /// No attribute at all, as in certificates that carry all names in the `subjectAltName`.
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

impl fmt::Debug for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.attributes()).finish()
    }
}

/// The relative distinguished names of a [`DistinguishedName`].
#[derive(Clone, Debug)]
pub struct RelativeNames<'a> {
    rest: Reader<'a>,
}

impl<'a> Iterator for RelativeNames<'a> {
    type Item = RelativeName<'a>;

    fn next(&mut self) -> Option<RelativeName<'a>> {
        let content = self.rest.read(der::SET, Field::Subject).ok()?;
        Some(RelativeName {
            rest: Reader::new(content),
        })
    }
}

/// One relative distinguished name: an iterator over its attributes, nearly always one.
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
        let mut attribute = self.rest.sequence(Field::Subject).ok()?;
        let kind = attribute.read(der::OBJECT_IDENTIFIER, Field::Subject).ok()?;
        let (tag, octets) = attribute.read_any(Field::Subject).ok()?;
        Some(Attribute {
            kind: Oid::from_checked(kind),
            value: NameString::new(tag, octets),
        })
    }
}

/// One attribute of a distinguished name.
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
    /// The type: 2.5.4.3 is the common name.
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

/// Checks the content of an `RDNSequence` that is written into binding values: the issuer or the subject.
#[inline(never)]
pub(super) fn check(content: &[u8], field: Field) -> Result<(), Flaw> {
    let mut names = Reader::new(content);
    while !names.is_empty() {
        if let Some((tag, value, rest)) = common_relative_name(names.rest()) {
            der::check_decodable(tag, value, field)?;
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

/// The shape that practically all relative names have, recognised at once: a single attribute of X.520 (2.5.4.n) whose
/// value is a string shorter than 128 octets. Gives the string's tag and content, and what follows.
///
/// ```text
/// 31 set { 30 attribute { 06 03 55 04 n, tag length value } }
/// ```
#[inline(always)]
fn common_relative_name(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (header, rest) = input.split_first_chunk::<8>()?;
    let [_, set, _, attribute, ..] = header;
    let [0..=0x7F, tag, length @ 0..=0x76, rest @ ..] = rest else {
        return None;
    };
    let fixed = u64::from_be_bytes(*header) & 0xFF00_FF00_FFFF_FFFF;
    if fixed != 0x3100_3000_0603_5504 || *set != length + 9 || *attribute != length + 7 {
        return None;
    }
    if !matches!(*tag, der::UTF8_STRING | der::PRINTABLE_STRING | der::IA5_STRING) {
        return None;
    }
    let (value, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((*tag, value, rest))
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

/// Notes what is odd about the content of an `RDNSequence`, wherever it is.
pub(super) fn note(content: &[u8], field: Field, notes: &mut NoteCollector<'_>) {
    let mut names = Reader::new(content);
    while !names.is_empty() {
        let Some(set) = notes.tolerate(names.list(der::SET, field)) else {
            return;
        };
        note_relative_name(set, field, notes);
    }
}

/// Notes what is odd about the attributes of a relative name.
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

/// Tag and content of the value of the next attribute.
fn read_attribute<'a>(attributes: &mut Reader<'a>, field: Field) -> Result<(u8, &'a [u8]), Flaw> {
    let mut attribute = attributes.sequence(field)?;
    attribute.object_identifier(field)?;
    let value = attribute.read_any(field)?;
    attribute.end(field)?;
    Ok(value)
}

/// Notes characters that the string type does not have, or else those that hide.
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
