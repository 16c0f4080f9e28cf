//! Serial numbers.

use core::fmt;

use super::error::Field;
use super::note::{NoteCollector, NoteKind};

/// A serial number. It prints as lower-case hexadecimal digits, as in certificate viewers.
///
/// RFC 5280, section 4.1.2.2, requires a positive number of at most 20 bytes. Other numbers occur, and are accepted.
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

    /// The content: two's complement, most significant byte first. A positive number with its first bit set starts
    /// with a zero byte, which is not part of the number.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The number without the zero byte that only keeps it positive.
    #[must_use]
    pub fn magnitude(self) -> &'a [u8] {
        match self.0 {
            [0, rest @ ..] if !rest.is_empty() => rest,
            bytes => bytes,
        }
    }

    /// The number without the byte that only gives its sign: 00 of a positive number, FF of a negative one.
    #[must_use]
    pub fn without_sign_byte(self) -> &'a [u8] {
        match self.0 {
            // DER contains such a byte only if the number requires it.
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

    /// Notes deviations in the number.
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
