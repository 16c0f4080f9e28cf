//! The strict DER reader (X.690): every check of the encoding is here and nowhere else.
//!
//! The rules, each with its clause of [X.690](https://www.itu.int/rec/T-REC-X.690):
//!
//! | rule | clause |
//! |---|---|
//! | lengths are definite, and written in as few octets as possible | 10.1 |
//! | an element ends where its content says: nothing after it, nothing missing | 8.1.3 |
//! | strings are in the primitive form | 10.2 |
//! | BOOLEAN is 00 or FF | 11.1 |
//! | INTEGER has at least one octet, and no superfluous leading one | 8.3.2 |
//! | BIT STRING states 0 to 7 unused bits, all of them zero | 8.6.2, 11.2.1 |
//! | NULL has no content | 8.8.2 |
//! | OBJECT IDENTIFIER components are not padded, and the last one is complete | 8.19.2 |
//! | SET OF is in ascending order | 11.6 |
//! | tag numbers stay in the low form, which is all that X.509 uses | 8.1.2 |
//!
//! The reader is a slice that gets shorter. The common header (the expected tag and a length of one octet) is the
//! inlined case; longer lengths and every fault are out of line.

use super::ascii;
use super::error::{Field, Flaw, Limit, Problem};

pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const UTC_TIME: u8 = 0x17;

pub(super) const BMP_STRING: u8 = 0x1E;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const NUMERIC_STRING: u8 = 0x12;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const TELETEX_STRING: u8 = 0x14;
pub(super) const UNIVERSAL_STRING: u8 = 0x1C;
pub(super) const UTF8_STRING: u8 = 0x0C;
pub(super) const VISIBLE_STRING: u8 = 0x1A;

/// The bit of a tag octet that says "made of elements".
pub(super) const CONSTRUCTED: u8 = 0x20;

/// The context-specific tag `[number]`, primitive.
pub(super) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// The context-specific tag `[number]`, constructed.
pub(super) const fn context_constructed(number: u8) -> u8 {
    0x80 | CONSTRUCTED | number
}

/// Reads elements one after the other from the content of an enclosing element.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read yet.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether an element with this tag comes next.
    #[inline]
    pub(super) fn peek(&self, tag: u8) -> bool {
        matches!(self.rest, [found, ..] if *found == tag)
    }

    /// The content of the next element, which must have this tag.
    #[inline(always)]
    pub(super) fn read(&mut self, tag: u8, field: Field) -> Result<&'a [u8], Flaw> {
        if let [found, length @ 0..=0x7F, rest @ ..] = self.rest {
            if *found == tag {
                if let Some((content, rest)) = rest.split_at_checked(usize::from(*length)) {
                    self.rest = rest;
                    return Ok(content);
                }
            }
        }
        let (content, rest) = long_element(self.rest, tag, field)?;
        self.rest = rest;
        Ok(content)
    }

    /// [`read`](Self::read) for an element that is nearly always longer than 255 octets.
    #[inline(always)]
    pub(super) fn read_long(&mut self, tag: u8, field: Field) -> Result<&'a [u8], Flaw> {
        if let [found, 0x82, high @ 1..=0xFF, low, rest @ ..] = self.rest {
            if *found == tag {
                if let Some((content, rest)) =
                    rest.split_at_checked(usize::from(*high) << 8 | usize::from(*low))
                {
                    self.rest = rest;
                    return Ok(content);
                }
            }
        }
        let (content, rest) = long_element(self.rest, tag, field)?;
        self.rest = rest;
        Ok(content)
    }

    /// The next element as it stands (header and content), and what `read` makes of it.
    #[inline(always)]
    pub(super) fn whole<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Flaw>,
    ) -> Result<(&'a [u8], T), Flaw> {
        let before = self.rest;
        let read = read(self)?;
        let (whole, _) = before.split_at(before.len() - self.rest.len());
        Ok((whole, read))
    }

    /// The octets that come next, if they are these.
    #[inline(always)]
    pub(super) fn read_same(&mut self, octets: &[u8]) -> bool {
        self.rest
            .strip_prefix(octets)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    /// The content of the next element if it has this tag.
    #[inline(always)]
    pub(super) fn read_optional(&mut self, tag: u8, field: Field) -> Result<Option<&'a [u8]>, Flaw> {
        if self.peek(tag) {
            self.read(tag, field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The next element of any tag: the tag octet and the content.
    #[inline(always)]
    pub(super) fn read_any(&mut self, field: Field) -> Result<(u8, &'a [u8]), Flaw> {
        match self.rest {
            [tag, ..] if tag & 0x1F != 0x1F => Ok((*tag, self.read(*tag, field)?)),
            [] => Err(Flaw::new(self.rest, field, Problem::Truncated)),
            _ => Err(Flaw::new(self.rest, field, Problem::HighTagNumber)),
        }
    }

    /// Nothing may be left.
    #[inline(always)]
    pub(super) fn end(&self, field: Field) -> Result<(), Flaw> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Flaw::new(self.rest, field, Problem::TrailingData))
        }
    }

    /// `SEQUENCE { … }`.
    #[inline(always)]
    pub(super) fn sequence(&mut self, field: Field) -> Result<Reader<'a>, Flaw> {
        self.read(SEQUENCE, field).map(Reader::new)
    }

    /// `SEQUENCE SIZE (1..) OF …`: at least one element.
    #[inline(always)]
    pub(super) fn list(&mut self, tag: u8, field: Field) -> Result<Reader<'a>, Flaw> {
        let at = self.rest;
        let list = Reader::new(self.read(tag, field)?);
        if list.is_empty() {
            Err(Flaw::new(at, field, Problem::Empty))
        } else {
            Ok(list)
        }
    }

    /// `OBJECT IDENTIFIER`.
    #[inline(always)]
    pub(super) fn object_identifier(&mut self, field: Field) -> Result<&'a [u8], Flaw> {
        let content = self.read(OBJECT_IDENTIFIER, field)?;
        check_object_identifier(content, field)?;
        Ok(content)
    }

    /// `INTEGER`, two's complement, most significant octet first.
    #[inline(always)]
    pub(super) fn integer(&mut self, field: Field) -> Result<&'a [u8], Flaw> {
        let content = self.read(INTEGER, field)?;
        check_integer(content, field)?;
        Ok(content)
    }

    /// `INTEGER (0..4294967295)`.
    pub(super) fn unsigned(&mut self, field: Field) -> Result<u32, Flaw> {
        let content = self.integer(field)?;
        let magnitude = match content {
            [0, rest @ ..] => rest,
            [0x80..=0xFF, ..] => return Err(Flaw::new(content, field, Problem::Integer)),
            _ => content,
        };
        if magnitude.len() > 4 {
            return Err(Flaw::new(content, field, Problem::Integer));
        }
        Ok(magnitude
            .iter()
            .fold(0, |value, octet| value << 8 | u32::from(*octet)))
    }

    /// `BOOLEAN DEFAULT FALSE`: absent, or encoded.
    #[inline(always)]
    pub(super) fn boolean_default_false(&mut self, field: Field) -> Result<Flag, Flaw> {
        match self.rest {
            [BOOLEAN, ..] => match self.read(BOOLEAN, field)? {
                [0x00] => Ok(Flag::FalseEncoded),
                [0xFF] => Ok(Flag::True),
                content => Err(Flaw::new(content, field, Problem::Boolean)),
            },
            _ => Ok(Flag::Absent),
        }
    }
}

/// A `BOOLEAN DEFAULT FALSE`. DER leaves FALSE out (X.690, clause 11.5); many issuers write it nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Absent,
    FalseEncoded,
    True,
}

/// The next element whose header is not the short one with the expected tag: a longer length, or a fault.
#[inline(never)]
fn long_element(input: &[u8], tag: u8, field: Field) -> Result<(&[u8], &[u8]), Flaw> {
    let (length, rest) = match input {
        [found, 0x81, length @ 0x80..=0xFF, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x82, high @ 1..=0xFF, low, rest @ ..] if *found == tag => {
            (usize::from(*high) << 8 | usize::from(*low), rest)
        }
        // Short after all: for `read_long`, or because the content is cut off.
        [found, length @ 0..=0x7F, rest @ ..] if *found == tag => (usize::from(*length), rest),
        _ => return Err(Flaw::new(input, field, header_fault(input, tag))),
    };
    match rest.split_at_checked(length) {
        Some(parts) => Ok(parts),
        None => Err(Flaw::new(input, field, Problem::Truncated)),
    }
}

/// What is wrong with the header of the next element.
#[cold]
fn header_fault(input: &[u8], expected: u8) -> Problem {
    match input {
        [found, ..] if found & 0x1F == 0x1F => Problem::HighTagNumber,
        [found, ..] if *found != expected && *found == expected | CONSTRUCTED => Problem::ConstructedString,
        [found, ..] if *found != expected => Problem::UnexpectedTag {
            expected,
            found: *found,
        },
        [_, 0x80, ..] => Problem::IndefiniteLength,
        [_, 0x81, 0x00..=0x7F, ..] | [_, 0x82..=0xFF, 0x00, ..] => Problem::NonMinimalLength,
        // Cut off; or 64 KB and more, for which the input is too short.
        _ => Problem::Truncated,
    }
}

/// X.690, clause 8.19.2: every component is complete, and none starts with padding.
#[inline(always)]
pub(super) fn check_object_identifier(content: &[u8], field: Field) -> Result<(), Flaw> {
    // The attribute types of X.520 (2.5.4.n) and the extensions of X.509 (2.5.29.n): one octet a component.
    if let [0x55, _, 0..=0x7F] = content {
        return Ok(());
    }
    match content {
        // Padding is an octet 80. Without any there is none.
        [.., 0..=0x7F] if ascii::has_no_0x80(content) => Ok(()),
        _ => check_components(content, field),
    }
}

#[inline(never)]
fn check_components(content: &[u8], field: Field) -> Result<(), Flaw> {
    let complete = matches!(content, [.., 0..=0x7F]);
    // A component starts where the octet before is the last one of its component. All octets are looked at, so that the
    // compiler can compare many at once.
    let starts_padded = u8::from(matches!(content, [0x80, ..]));
    let pairs = content.iter().zip(content.iter().skip(1));
    let padded = pairs.fold(starts_padded, |padded, (before, octet)| {
        padded | u8::from(*before < 0x80) & u8::from(*octet == 0x80)
    });
    if complete && padded == 0 {
        Ok(())
    } else {
        Err(Flaw::new(content, field, Problem::ObjectIdentifier))
    }
}

/// X.690, clause 8.3.2: at least one octet, and the first nine bits are not all the same.
#[inline(always)]
pub(super) fn check_integer(content: &[u8], field: Field) -> Result<(), Flaw> {
    match content {
        [] | [0x00, 0x00..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => {
            Err(Flaw::new(content, field, Problem::Integer))
        }
        _ => Ok(()),
    }
}

/// The octets and the count of unused bits of a `BIT STRING` (X.690, clauses 8.6.2 and 11.2.1).
#[inline(always)]
pub(super) fn bit_string(content: &[u8], field: Field) -> Result<(&[u8], u8), Flaw> {
    match content {
        [0, bits @ ..] => Ok((bits, 0)),
        [unused @ 1..=7, bits @ ..] if matches!(bits, [.., last] if last & !(0xFF << unused) == 0) => {
            Ok((bits, *unused))
        }
        _ => Err(Flaw::new(content, field, Problem::BitString)),
    }
}

/// A `BIT STRING` that holds whole octets, as keys and signatures do.
#[inline(always)]
pub(super) fn octet_aligned(content: &[u8], field: Field) -> Result<&[u8], Flaw> {
    match content {
        [0, octets @ ..] => Ok(octets),
        _ => Err(Flaw::new(content, field, Problem::BitString)),
    }
}

/// How deep a value of an open type may nest.
const MAXIMUM_DEPTH: u8 = 12;

/// A value of an open type (`ANY`): whatever it is, it is made of well-formed elements.
#[inline(always)]
pub(super) fn check_open_type(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    match tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => check_string(tag, content, field),
        OCTET_STRING => Ok(()),
        _ => check_element(tag, content, field, 1),
    }
}

#[inline(never)]
fn check_element(tag: u8, content: &[u8], field: Field, depth: u8) -> Result<(), Flaw> {
    if tag & CONSTRUCTED != 0 {
        return check_elements(tag, content, field, depth);
    }
    match tag {
        BIT_STRING => bit_string(content, field).map(drop),
        BOOLEAN if !matches!(content, [0x00 | 0xFF]) => Err(Flaw::new(content, field, Problem::Boolean)),
        INTEGER => check_integer(content, field),
        NULL if !content.is_empty() => Err(Flaw::new(content, field, Problem::TrailingData)),
        OBJECT_IDENTIFIER => check_object_identifier(content, field),
        0x00 | 0x0F => Err(Flaw::new(content, field, Problem::ReservedTag)),
        SEQUENCE_PRIMITIVE | SET_PRIMITIVE => Err(Flaw::new(
            content,
            field,
            Problem::UnexpectedTag {
                expected: tag | CONSTRUCTED,
                found: tag,
            },
        )),
        BMP_STRING | IA5_STRING | NUMERIC_STRING | PRINTABLE_STRING | UNIVERSAL_STRING | UTF8_STRING
        | VISIBLE_STRING => check_string(tag, content, field),
        _ => Ok(()),
    }
}

const SEQUENCE_PRIMITIVE: u8 = SEQUENCE & !CONSTRUCTED;
const SET_PRIMITIVE: u8 = SET & !CONSTRUCTED;

fn check_elements(tag: u8, content: &[u8], field: Field, depth: u8) -> Result<(), Flaw> {
    // Of the universal types only these are made of elements: SEQUENCE, SET, and the three that wrap another type.
    if !matches!(tag, SEQUENCE | SET | 0x28 | 0x2B | 0x3D | 0x40..=0xFF) {
        return Err(Flaw::new(content, field, Problem::ConstructedString));
    }
    if depth == MAXIMUM_DEPTH {
        return Err(Flaw::new(content, field, Problem::Limit(Limit::Depth)));
    }
    let mut elements = Reader::new(content);
    while !elements.is_empty() {
        let (tag, content) = elements.read_any(field)?;
        check_element(tag, content, field, depth + 1)?;
    }
    Ok(())
}

/// Text is what its string type allows (X.680, clause 41).
///
/// `PrintableString` is held to ASCII only: its own, smaller repertoire is ignored by too many issuers (`@`, `&`,
/// `_` and `*` are common), and no peer enforces it either. `TeletexString` may hold anything.
#[inline(always)]
pub(super) fn check_string(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    if ascii::is_ascii(content) && !matches!(tag, BMP_STRING | UNIVERSAL_STRING) {
        return Ok(());
    }
    check_wide_string(tag, content, field)
}

#[inline(never)]
fn check_wide_string(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    let allowed = match tag {
        BMP_STRING => content.len() % 2 == 0,
        UNIVERSAL_STRING => content.len() % 4 == 0,
        UTF8_STRING => return utf8_string(content, field).map(drop),
        _ => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(Flaw::new(content, field, Problem::String))
    }
}

/// The text of a `UTF8String`.
#[inline]
pub(super) fn utf8_string(content: &[u8], field: Field) -> Result<&str, Flaw> {
    core::str::from_utf8(content).map_err(|_| Flaw::new(content, field, Problem::String))
}

/// X.690, clause 11.6: the encodings of the elements of a `SET OF` ascend.
///
/// Two equal elements are refused too: a set of attributes holds each of them once.
#[inline]
pub(super) fn check_set_order(earlier: &[u8], later: &[u8], field: Field) -> Result<(), Flaw> {
    if earlier < later {
        Ok(())
    } else {
        Err(Flaw::new(later, field, Problem::SetOrder))
    }
}
