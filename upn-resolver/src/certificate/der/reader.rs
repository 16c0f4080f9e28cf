//! Reading of elements and their headers.
//!
//! The reader is a slice that gets shorter. The common header (the expected tag and a one-byte length) is inlined;
//! longer lengths and errors are out of line.

use super::value::{check_integer, check_object_identifier, unsigned};
use super::{BOOLEAN, CONSTRUCTED, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use crate::certificate::error::{Field, Flaw, Problem};

/// Reads elements one after the other from the content of an enclosing element.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes that have not been read yet.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether the next element has this tag.
    #[inline]
    pub(crate) fn peek(&self, tag: u8) -> bool {
        matches!(self.rest, [found, ..] if *found == tag)
    }

    /// Returns the content of the next element, which must have this tag.
    #[inline(always)]
    pub(crate) fn read(&mut self, tag: u8, field: Field) -> Result<&'a [u8], Flaw> {
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

    /// [`read`](Self::read) for an element that is usually longer than 255 bytes.
    #[inline(always)]
    pub(crate) fn read_long(&mut self, tag: u8, field: Field) -> Result<&'a [u8], Flaw> {
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
        self.read(tag, field)
    }

    /// Returns the encoding of the next element, header included, and the result of `read`.
    #[inline(always)]
    pub(crate) fn whole<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Flaw>,
    ) -> Result<(&'a [u8], T), Flaw> {
        let before = self.rest;
        let read = read(self)?;
        let (whole, _) = before.split_at(before.len() - self.rest.len());
        Ok((whole, read))
    }

    /// Skips these bytes, if they come next.
    #[inline(always)]
    pub(crate) fn read_same(&mut self, bytes: &[u8]) -> bool {
        self.rest
            .strip_prefix(bytes)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    /// Returns the content of the next element, if it has this tag.
    #[inline(always)]
    pub(crate) fn read_optional(&mut self, tag: u8, field: Field) -> Result<Option<&'a [u8]>, Flaw> {
        if self.peek(tag) {
            self.read(tag, field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Returns the tag byte and the content of the next element.
    #[inline(always)]
    pub(crate) fn read_any(&mut self, field: Field) -> Result<(u8, &'a [u8]), Flaw> {
        match self.rest {
            [tag, ..] if tag & 0x1F != 0x1F => Ok((*tag, self.read(*tag, field)?)),
            [] => Err(Flaw::new(self.rest, field, Problem::Truncated)),
            _ => Err(Flaw::new(self.rest, field, Problem::HighTagNumber)),
        }
    }

    /// Fails if bytes are left.
    #[inline(always)]
    pub(crate) fn end(&self, field: Field) -> Result<(), Flaw> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Flaw::new(self.rest, field, Problem::TrailingData))
        }
    }

    /// `SEQUENCE { … }`.
    #[inline(always)]
    pub(crate) fn sequence(&mut self, field: Field) -> Result<Reader<'a>, Flaw> {
        self.read(SEQUENCE, field).map(Reader::new)
    }

    /// `SEQUENCE SIZE (1..) OF …`: fails if there is no element.
    #[inline(always)]
    pub(crate) fn list(&mut self, tag: u8, field: Field) -> Result<Reader<'a>, Flaw> {
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
    pub(crate) fn object_identifier(&mut self, field: Field) -> Result<&'a [u8], Flaw> {
        let content = self.read(OBJECT_IDENTIFIER, field)?;
        check_object_identifier(content, field)?;
        Ok(content)
    }

    /// `INTEGER`, two's complement, most significant byte first.
    #[inline(always)]
    pub(crate) fn integer(&mut self, field: Field) -> Result<&'a [u8], Flaw> {
        let content = self.read(INTEGER, field)?;
        check_integer(content, field)?;
        Ok(content)
    }

    /// `INTEGER (0..4294967295)`.
    pub(crate) fn unsigned(&mut self, field: Field) -> Result<u32, Flaw> {
        unsigned(self.read(INTEGER, field)?, field)
    }

    /// `BOOLEAN DEFAULT FALSE`: the content, if present. DER omits FALSE (X.690, clause 11.5), but many issuers
    /// encode it.
    #[inline(always)]
    pub(crate) fn optional_boolean(&mut self, field: Field) -> Result<Option<&'a [u8; 1]>, Flaw> {
        let Some(content) = self.read_optional(BOOLEAN, field)? else {
            return Ok(None);
        };
        match content.try_into() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Flaw::new(content, field, Problem::Boolean)),
        }
    }
}

/// Reads an element whose header is not the short one with the expected tag: a longer length, or an error.
#[inline(never)]
fn long_element(input: &[u8], tag: u8, field: Field) -> Result<(&[u8], &[u8]), Flaw> {
    let (length, rest) = match input {
        [found, 0x81, length @ 0x80..=0xFF, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x82, high @ 1..=0xFF, low, rest @ ..] if *found == tag => {
            (usize::from(*high) << 8 | usize::from(*low), rest)
        }
        // A short length after all: called by `read_long`, or the content is truncated.
        [found, length @ 0..=0x7F, rest @ ..] if *found == tag => (usize::from(*length), rest),
        _ => return Err(Flaw::new(input, field, header_fault(input, tag))),
    };
    match rest.split_at_checked(length) {
        Some(parts) => Ok(parts),
        None => Err(Flaw::new(input, field, Problem::Truncated)),
    }
}

/// Returns the error in the header of the next element.
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
        // Truncated; or 64 KB and more, for which the input is too short.
        _ => Problem::Truncated,
    }
}
