//! DER reader (X.690). All checks of the encoding are in this folder.
//!
//! There are two levels of strictness. All elements must be framed correctly: lengths, and elements that fill what
//! encloses them. Elements that influence a decision must also have valid content; invalid content elsewhere becomes
//! a [`Note`](super::Note).
//!
//! The rules, with the clauses of [X.690](https://www.itu.int/rec/T-REC-X.690):
//!
//! | rule | clause |
//! |---|---|
//! | lengths are definite, and written in as few bytes as possible | 10.1 |
//! | an element ends where its content says: nothing after it, nothing missing | 8.1.3 |
//! | strings are in the primitive form | 10.2 |
//! | BOOLEAN is 00 or FF | 11.1 |
//! | INTEGER has at least one byte, and no superfluous leading one | 8.3.2 |
//! | BIT STRING states 0 to 7 unused bits, all of them zero | 8.6.2, 11.2.1 |
//! | NULL has no content | 8.8.2 |
//! | OBJECT IDENTIFIER components are not padded, and the last one is complete | 8.19.2 |
//! | SET OF is in ascending order | 11.6 |
//! | tag numbers stay in the low form, which is all that X.509 uses | 8.1.2 |
//!
//! `reader` reads headers and sequences of elements; `shape` recognizes common chains of headers; `value` checks the
//! content of elements; `open_type` checks nested elements.

mod open_type;
mod reader;
mod shape;
mod value;

pub(super) use self::open_type::{check_framing, check_open_type, check_value, is_constructed_string};
pub(super) use self::reader::Reader;
pub(super) use self::shape::Shape;
pub(super) use self::value::{
    bit_string, bit_string_bytes, byte_aligned, check_decodable, check_integer, check_object_identifier,
    check_set_order, check_string, is_in_repertoire, unsigned, utf8_string,
};

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

/// The bit of a tag byte that marks a constructed element.
pub(super) const CONSTRUCTED: u8 = 0x20;

/// The context-specific tag `[number]`, primitive.
pub(super) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// The context-specific tag `[number]`, constructed.
pub(super) const fn context_constructed(number: u8) -> u8 {
    0x80 | CONSTRUCTED | number
}
