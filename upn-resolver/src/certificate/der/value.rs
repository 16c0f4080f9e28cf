//! Content of elements: the rules for each type.

use super::{
    BMP_STRING, IA5_STRING, NUMERIC_STRING, PRINTABLE_STRING, UNIVERSAL_STRING, UTF8_STRING, VISIBLE_STRING,
};
use crate::certificate::ascii;
use crate::certificate::error::{Field, Flaw, Problem};

/// X.690, clause 8.19.2: every component is complete, and none starts with padding.
#[inline(always)]
pub(crate) fn check_object_identifier(content: &[u8], field: Field) -> Result<(), Flaw> {
    // The attribute types of X.520 (2.5.4.n) and the extensions of X.509 (2.5.29.n): one byte a component.
    if let [0x55, _, 0..=0x7F] = content {
        return Ok(());
    }
    match content {
        // Padding is the byte 80. Without this byte there is no padding.
        [.., 0..=0x7F] if ascii::has_no_0x80(content) => Ok(()),
        _ => check_components(content, field),
    }
}

#[inline(never)]
fn check_components(content: &[u8], field: Field) -> Result<(), Flaw> {
    let complete = matches!(content, [.., 0..=0x7F]);
    // A component starts after the last byte of the previous one. All bytes are examined, so that the compiler can
    // compare many at once.
    let starts_padded = u8::from(matches!(content, [0x80, ..]));
    let pairs = content.iter().zip(content.iter().skip(1));
    let padded = pairs.fold(starts_padded, |padded, (before, byte)| {
        padded | u8::from(*before < 0x80) & u8::from(*byte == 0x80)
    });
    if complete && padded == 0 {
        Ok(())
    } else {
        Err(Flaw::new(content, field, Problem::ObjectIdentifier))
    }
}

/// X.690, clause 8.3.2: at least one byte, and the first nine bits are not all equal.
#[inline(always)]
pub(crate) fn check_integer(content: &[u8], field: Field) -> Result<(), Flaw> {
    match content {
        [] | [0x00, 0x00..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => {
            Err(Flaw::new(content, field, Problem::Integer))
        }
        _ => Ok(()),
    }
}

/// The value of an `INTEGER (0..4294967295)`.
pub(crate) fn unsigned(content: &[u8], field: Field) -> Result<u32, Flaw> {
    check_integer(content, field)?;
    match content {
        [0, magnitude @ ..] | magnitude @ [0x01..=0x7F, ..] if magnitude.len() <= 4 => Ok(magnitude
            .iter()
            .fold(0, |value, byte| value << 8 | u32::from(*byte))),
        _ => Err(Flaw::new(content, field, Problem::Integer)),
    }
}

/// Returns the bytes and the number of unused bits of a `BIT STRING` (X.690, clauses 8.6.2 and 11.2.1).
#[inline(always)]
pub(crate) fn bit_string(content: &[u8], field: Field) -> Result<(&[u8], u8), Flaw> {
    match content {
        [0, bits @ ..] => Ok((bits, 0)),
        [unused @ 1..=7, bits @ ..] if matches!(bits, [.., last] if last & !(0xFF << unused) == 0) => {
            Ok((bits, *unused))
        }
        _ => Err(Flaw::new(content, field, Problem::BitString)),
    }
}

/// Returns the bytes of a `BIT STRING` that is not used for decisions: the unused bits may have any value.
#[inline(always)]
pub(crate) fn bit_string_bytes(content: &[u8], field: Field) -> Result<&[u8], Flaw> {
    match content {
        [0, bytes @ ..] => Ok(bytes),
        [1..=7, bytes @ ..] if !bytes.is_empty() => Ok(bytes),
        _ => Err(Flaw::new(content, field, Problem::BitString)),
    }
}

/// Returns the content of a `BIT STRING` of whole bytes, as keys have.
#[inline(always)]
pub(crate) fn byte_aligned(content: &[u8], field: Field) -> Result<&[u8], Flaw> {
    match content {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(Flaw::new(content, field, Problem::BitString)),
    }
}

/// Checks that text is allowed by its string type (X.680, clause 41).
///
/// `PrintableString` is only required to be ASCII: too many issuers ignore its smaller repertoire (`@`, `&`, `_` and
/// `*` are common), and other parsers do not enforce it. `TeletexString` can contain anything.
#[inline(always)]
pub(crate) fn check_string(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
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

/// Checks that text can be decoded, even if its string type does not have all of its characters.
///
/// The repertoires of the eight-bit types are not enforced, because too many issuers ignore them: see
/// [`is_in_repertoire`].
#[inline(always)]
pub(crate) fn check_decodable(tag: u8, content: &[u8], field: Field) -> Result<(), Flaw> {
    match tag {
        BMP_STRING | UNIVERSAL_STRING => check_wide_string(tag, content, field),
        UTF8_STRING if !ascii::is_ascii(content) => check_wide_string(tag, content, field),
        _ => Ok(()),
    }
}

/// Whether a string contains only characters of its type (X.680, clauses 41.2 to 41.4 and 41.8).
pub(crate) fn is_in_repertoire(tag: u8, content: &[u8]) -> bool {
    let allowed: fn(&u8) -> bool = match tag {
        IA5_STRING => u8::is_ascii,
        NUMERIC_STRING => |byte| matches!(byte, b'0'..=b'9' | b' '),
        PRINTABLE_STRING => |byte| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b' ' | b'\'' | b'(' | b')' | b'+' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?'
                )
        },
        VISIBLE_STRING => |byte| matches!(byte, b' '..=b'~'),
        _ => return true,
    };
    content.iter().all(allowed)
}

/// The text of a `UTF8String`.
#[inline]
pub(crate) fn utf8_string(content: &[u8], field: Field) -> Result<&str, Flaw> {
    core::str::from_utf8(content).map_err(|_| Flaw::new(content, field, Problem::String))
}

/// X.690, clause 11.6: the encodings of the elements of a `SET OF` are in ascending order.
///
/// Equal elements are refused too: a set of attributes contains each of them once.
#[inline]
pub(crate) fn check_set_order(earlier: &[u8], later: &[u8], field: Field) -> Result<(), Flaw> {
    if earlier < later {
        Ok(())
    } else {
        Err(Flaw::new(later, field, Problem::SetOrder))
    }
}
