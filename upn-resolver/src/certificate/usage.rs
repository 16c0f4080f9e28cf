//! Purposes of a key: key usage, extended key usage, basic constraints.

use super::der::{self, Reader};
use super::error::{Field, Flaw, Problem};
use super::limits;
use super::note::{NoteCollector, NoteKind};

/// The key usage of a certificate.
///
/// RFC 5280, section 4.2.1.3:
///
/// ```asn1
/// KeyUsage ::= BIT STRING {
///      digitalSignature (0), nonRepudiation (1), keyEncipherment (2), dataEncipherment (3), keyAgreement (4),
///      keyCertSign (5), cRLSign (6), encipherOnly (7), decipherOnly (8) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUsage {
    /// Bit (0) is the most significant one, as encoded.
    bits: u16,
    /// Whether trailing zero bits are encoded, which X.690, clause 11.2.2, omits in a list of named bits.
    trailing_zeros: bool,
}

impl KeyUsage {
    /// digitalSignature (0), which smart card sign-in requires.
    #[must_use]
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// nonRepudiation (1), also called contentCommitment.
    #[must_use]
    pub fn non_repudiation(self) -> bool {
        self.bit(1)
    }

    /// keyEncipherment (2).
    #[must_use]
    pub fn key_encipherment(self) -> bool {
        self.bit(2)
    }

    /// dataEncipherment (3).
    #[must_use]
    pub fn data_encipherment(self) -> bool {
        self.bit(3)
    }

    /// keyAgreement (4).
    #[must_use]
    pub fn key_agreement(self) -> bool {
        self.bit(4)
    }

    /// keyCertSign (5).
    #[must_use]
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// cRLSign (6).
    #[must_use]
    pub fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// encipherOnly (7).
    #[must_use]
    pub fn encipher_only(self) -> bool {
        self.bit(7)
    }

    /// decipherOnly (8).
    #[must_use]
    pub fn decipher_only(self) -> bool {
        self.bit(8)
    }

    /// Whether no bit is set, which RFC 5280 forbids but some issuers encode.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }

    fn bit(self, number: u32) -> bool {
        self.bits << number & 0x8000 != 0
    }

    #[inline(always)]
    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Flaw> {
        let content = input.read(der::BIT_STRING, Field::KeyUsage)?;
        let (bytes, unused) = der::bit_string(content, Field::KeyUsage)?;
        let (bits, last) = match bytes {
            [] => {
                return Ok(Self {
                    bits: 0,
                    trailing_zeros: false,
                });
            }
            [first] => (u16::from(*first) << 8, *first),
            [first, second] => (u16::from_be_bytes([*first, *second]), *second),
            // There is no bit (16), so only trailing zeros can follow.
            [first, second, zeros @ ..] if zeros.iter().all(|zero| *zero == 0) => {
                (u16::from_be_bytes([*first, *second]), 0)
            }
            _ => return Err(Flaw::new(content, Field::KeyUsage, Problem::BitString)),
        };
        Ok(Self {
            bits,
            trailing_zeros: last >> unused & 1 == 0,
        })
    }

    /// Notes deviations in the key usage `value`.
    pub(super) fn note(self, value: &[u8], notes: &mut NoteCollector<'_>) {
        if self.trailing_zeros {
            notes.add(value, Field::KeyUsage, NoteKind::KeyUsageTrailingZeros);
        }
        if self.is_empty() {
            notes.add(value, Field::KeyUsage, NoteKind::KeyUsageEmpty);
        }
    }
}

/// RFC 5280, section 4.2.1.12: `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId`.
///
/// An empty list is accepted: it permits no purpose.
#[inline(always)]
pub(super) fn read_extended_key_usage<'a>(input: &mut Reader<'a>) -> Result<&'a [u8], Flaw> {
    let list = input.sequence(Field::ExtKeyUsage)?;
    limits::check_part(list.rest(), Field::ExtKeyUsage)?;
    let mut purposes = list;
    while !purposes.is_empty() {
        purposes.object_identifier(Field::ExtKeyUsage)?;
    }
    Ok(list.rest())
}

/// The basic constraints of a certificate: whether it is a CA's, and the maximum path length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BasicConstraints {
    ca: bool,
    path_length: Option<u32>,
}

impl BasicConstraints {
    /// `cA`.
    #[must_use]
    pub fn is_ca(self) -> bool {
        self.ca
    }

    /// `pathLenConstraint`: the maximum number of CA certificates that follow in the path; `None` for no limit, or
    /// for a number that is negative or beyond 32 bits.
    #[must_use]
    pub fn path_length(self) -> Option<u32> {
        self.path_length
    }

    /// RFC 5280, section 4.2.1.9:
    ///
    /// ```asn1
    /// BasicConstraints ::= SEQUENCE {
    ///      cA                 BOOLEAN DEFAULT FALSE,
    ///      pathLenConstraint  INTEGER (0..MAX) OPTIONAL }
    /// ```
    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Flaw> {
        const FIELD: Field = Field::BasicConstraints;
        let mut constraints = input.sequence(FIELD)?;
        let ca = match constraints.optional_boolean(FIELD)? {
            None | Some([0x00]) => false,
            Some([0xFF]) => true,
            Some(content) => return Err(Flaw::new(content, FIELD, Problem::Boolean)),
        };
        let path_length = constraints.read_optional(der::INTEGER, FIELD)?;
        constraints.end(FIELD)?;
        Ok(Self {
            ca,
            path_length: path_length.and_then(|content| der::unsigned(content, FIELD).ok()),
        })
    }

    /// Notes deviations in the basic constraints `value`.
    pub(super) fn note(self, value: &[u8], notes: &mut NoteCollector<'_>) {
        const FIELD: Field = Field::BasicConstraints;
        let Ok(mut constraints) = Reader::new(value).sequence(FIELD) else {
            return;
        };
        let at = constraints.rest();
        if let Ok(Some([0x00])) = constraints.optional_boolean(FIELD) {
            notes.add(at, FIELD, NoteKind::DefaultFalseEncoded);
        }
        if let Ok(Some(length)) = constraints.read_optional(der::INTEGER, FIELD) {
            notes.tolerate(der::unsigned(length, FIELD));
            if !self.ca {
                notes.add(length, FIELD, NoteKind::PathLengthWithoutCa);
            }
        }
    }
}
