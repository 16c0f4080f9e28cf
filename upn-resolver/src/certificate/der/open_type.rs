//! Values of open types (`ANY`): nested elements.

use super::value::{bit_string, check_integer, check_object_identifier, check_string};
use super::{
    BIT_STRING, BMP_STRING, BOOLEAN, CONSTRUCTED, IA5_STRING, INTEGER, NULL, NUMERIC_STRING,
    OBJECT_IDENTIFIER, OCTET_STRING, PRINTABLE_STRING, Reader, SEQUENCE, SET, UNIVERSAL_STRING, UTF8_STRING,
    VISIBLE_STRING,
};
use crate::certificate::error::{Field, Flaw, Limit, Problem};

/// Maximum nesting depth of a value of an open type.
const MAX_DEPTH: u8 = 12;

/// Checks a value that is not used for decisions: constructed elements must be filled exactly, at every level.
#[inline(always)]
pub(crate) fn check_framing(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    if tag & CONSTRUCTED == 0 {
        Ok(())
    } else {
        check_frames(content, field, 1)
    }
}

#[inline(never)]
fn check_frames(content: &[u8], field: Field, depth: u8) -> Result<(), Flaw> {
    if depth == MAX_DEPTH {
        return Err(Flaw::new(content, field, Problem::Limit(Limit::Depth)));
    }
    let mut elements = Reader::new(content);
    while !elements.is_empty() {
        let (tag, content) = elements.read_any(field)?;
        if tag & CONSTRUCTED != 0 {
            check_frames(content, field, depth + 1)?;
        }
    }
    Ok(())
}

/// Checks a value of an open type (`ANY`): it consists of well-formed elements.
#[inline(always)]
pub(crate) fn check_open_type(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    match tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => check_string(tag, content, field),
        OCTET_STRING => Ok(()),
        _ => check_element(tag, content, field, 1),
    }
}

/// Checks the value of an attribute, except for the repertoire of eight-bit strings.
pub(crate) fn check_value(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    match tag {
        IA5_STRING | NUMERIC_STRING | PRINTABLE_STRING | VISIBLE_STRING => Ok(()),
        _ => check_open_type(tag, content, field),
    }
}

/// Whether the tag is a string in the constructed form, which DER does not allow (X.690, clause 10.2). Among the
/// universal types, only SEQUENCE, SET and the three types that wrap another type are constructed.
pub(crate) fn is_constructed_string(tag: u8) -> bool {
    tag & CONSTRUCTED != 0 && !matches!(tag, SEQUENCE | SET | 0x28 | 0x2B | 0x3D | 0x40..=0xFF)
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
    if is_constructed_string(tag) {
        return Err(Flaw::new(content, field, Problem::ConstructedString));
    }
    if depth == MAX_DEPTH {
        return Err(Flaw::new(content, field, Problem::Limit(Limit::Depth)));
    }
    let mut elements = Reader::new(content);
    while !elements.is_empty() {
        let (tag, content) = elements.read_any(field)?;
        check_element(tag, content, field, depth + 1)?;
    }
    Ok(())
}
