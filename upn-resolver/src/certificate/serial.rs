//! Serial numbers.

use core::fmt;

use super::error::Field;
use super::note::{NoteCollector, NoteKind};

/// A serial number. Prints as lower-case hexadecimal digits, the way certificate viewers show it.
///
/// RFC 5280, section 4.1.2.2, asks for a positive number of at most 20 bytes. Cards carry others, which are accepted.
///
/// ```asn1
/// CertificateSerialNumber ::= INTEGER
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SerialNumber<'a>(&'a [u8]);

impl<'a> SerialNumber<'a> {
    #[inline]
    pub(super) fn from_checked(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The content bytes, two's complement, most significant byte first. A positive number whose first bit is set
    /// starts with a zero byte, which is no part of the number.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The bytes without the zero byte that only keeps the number positive.
    #[must_use]
    pub fn magnitude(self) -> &'a [u8] {
        match self.0 {
            [0, rest @ ..] if !rest.is_empty() => rest,
            bytes => bytes,
        }
    }

    /// The bytes without one that only gives the sign: 00 of a positive number, FF of a negative one.
    #[must_use]
    pub fn without_sign_byte(self) -> &'a [u8] {
        match self.0 {
            // In DER such a byte is there only if the number needs it.
            [0x00 | 0xFF, rest @ ..] if !rest.is_empty() => rest,
            bytes => bytes,
        }
    }

    /// Whether the number is negative.
    #[must_use]
    pub fn is_negative(self) -> bool {
        matches!(self.0, [0x80..=0xFF, ..])
    }

    /// Whether the number is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == [0]
    }

    /// Notes what is odd about the number.
    pub(super) fn note(self, notes: &mut NoteCollector<'_>) {
        for (is_so, kind) in [
            (self.0.len() > 20, NoteKind::SerialNumberLong),
            (self.is_negative(), NoteKind::SerialNumberNegative),
            (self.is_zero(), NoteKind::SerialNumberZero),
        ] {
            if is_so {
                notes.add(self.0, Field::SerialNumber, kind);
            }
        }
    }
}

impl fmt::Display for SerialNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.magnitude()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SerialNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}
