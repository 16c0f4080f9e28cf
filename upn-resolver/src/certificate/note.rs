//! Departures from the specifications that issuers are known for and that decide nothing.

use core::fmt;

use super::error::{Field, Flaw, Problem, offset_in};
use super::text::NameProblem;

/// A departure from the specifications in a certificate that is accepted nevertheless.
///
/// It names the place, the field and the specification:
///
/// ```
/// use upn_resolver::certificate::{Certificate, Field, NoteKind};
///
/// # let der: &[u8] = include_bytes!("../../tests/certificates/field/san-empty.der");
/// let certificate = Certificate::from_der(der)?;
/// let note = certificate.notes().next().expect("this one has an empty subjectAltName");
///
/// assert_eq!((note.field(), note.code()), (Field::SubjectAltName, "empty"));
/// assert_eq!(
///     note.to_string(),
///     "byte 545: subjectAltName (RFC 5280, section 4.2.1.6): list without an element"
/// );
/// # Ok::<(), upn_resolver::certificate::CertificateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    offset: u32,
    field: Field,
    kind: NoteKind,
}

impl Note {
    /// What departs from the specification.
    #[must_use]
    pub fn kind(self) -> NoteKind {
        self.kind
    }

    /// The field that it is in.
    #[must_use]
    pub fn field(self) -> Field {
        self.field
    }

    /// Where it is, in bytes from the start of the certificate.
    #[must_use]
    pub fn offset(self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// The stable name of the [kind](Self::kind), for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, field, kind } = self;
        write!(f, "byte {offset}: {field} ({}): {kind}", field.specification())
    }
}

/// A kind of departure that is accepted.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// An algorithm with parameters that it does not have, or without those that it requires (RFC 3279, section 2.3.1).
    AlgorithmParameters,
    /// Characters outside the repertoire of the string type (X.680, clause 41): `@` or Latin-1 in a `PrintableString`.
    Characters,
    /// FALSE is encoded where DER leaves it out as the default (X.690, clause 11.5).
    DefaultFalseEncoded,
    /// A year before 2050 is written as `GeneralizedTime` (RFC 5280, section 4.1.2.5).
    GeneralizedTimeBefore2050,
    /// The key usage has no bit set (RFC 5280, section 4.2.1.3).
    KeyUsageEmpty,
    /// The key usage ends with zero bits, which DER leaves out (X.690, clause 11.2.2).
    KeyUsageTrailingZeros,
    /// A part that decides nothing is not encoded as its specification requires.
    Malformed(Problem),
    /// A name holds a character that is not displayed as such.
    Name(NameProblem),
    /// A path length in the certificate of an end entity (RFC 5280, section 4.2.1.9).
    PathLengthWithoutCa,
    /// A number of an RSA key is negative, zero or padded (RFC 8017, appendix A.1.1); it is read as unsigned.
    RsaNumber,
    /// The serial number is longer than 20 bytes (RFC 5280, section 4.1.2.2).
    SerialNumberLong,
    /// The serial number is negative (RFC 5280, section 4.1.2.2).
    SerialNumberNegative,
    /// The serial number is zero (RFC 5280, section 4.1.2.2).
    SerialNumberZero,
    /// The `subjectAltName` holds more than one user principal name; Windows documents no order for them.
    SeveralPrincipalNames,
}

impl NoteKind {
    /// The stable name, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AlgorithmParameters => "algorithm-parameters",
            Self::Characters => "characters",
            Self::DefaultFalseEncoded => "default-false-encoded",
            Self::GeneralizedTimeBefore2050 => "generalized-time-before-2050",
            Self::KeyUsageEmpty => "key-usage-empty",
            Self::KeyUsageTrailingZeros => "key-usage-trailing-zeros",
            Self::Malformed(problem) => problem.code(),
            Self::Name(problem) => problem.code(),
            Self::PathLengthWithoutCa => "path-length-without-ca",
            Self::RsaNumber => "rsa-number",
            Self::SerialNumberLong => "serial-number-long",
            Self::SerialNumberNegative => "serial-number-negative",
            Self::SerialNumberZero => "serial-number-zero",
            Self::SeveralPrincipalNames => "several-principal-names",
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlgorithmParameters => "parameters that the algorithm does not allow, or that are missing",
            Self::Characters => "characters that the string type does not have",
            Self::DefaultFalseEncoded => "FALSE is encoded where DER leaves it out",
            Self::GeneralizedTimeBefore2050 => "a year before 2050 is written as GeneralizedTime",
            Self::KeyUsageEmpty => "no bit is set",
            Self::KeyUsageTrailingZeros => "zero bits at the end, which DER leaves out",
            Self::Malformed(problem) => return problem.fmt(f),
            Self::Name(problem) => return write!(f, "a name {problem}"),
            Self::PathLengthWithoutCa => "path length in a certificate that is not one of a CA",
            Self::RsaNumber => "number of an RSA key that is negative, zero or padded",
            Self::SerialNumberLong => "longer than 20 bytes",
            Self::SerialNumberNegative => "negative",
            Self::SerialNumberZero => "zero",
            Self::SeveralPrincipalNames => "more than one user principal name",
        })
    }
}

/// The notes of a certificate, in encoded order; at most [`Notes::MAX`].
///
/// They are found when they are asked for: [`Certificate::from_der`](super::Certificate::from_der) spends no time on them.
#[derive(Clone, Debug)]
pub struct Notes {
    found: [Option<Note>; Self::MAX],
    count: usize,
    next: usize,
}

impl Notes {
    /// How many notes a certificate has at most; those that come later are left out.
    pub const MAX: usize = 32;
}

impl Iterator for Notes {
    type Item = Note;

    fn next(&mut self) -> Option<Note> {
        let note = *self.found.get(self.next)?;
        self.next += 1;
        note
    }
}

/// Collects the notes of one certificate.
pub(super) struct NoteCollector<'a> {
    der: &'a [u8],
    notes: Notes,
}

impl<'a> NoteCollector<'a> {
    pub(super) fn new(der: &'a [u8]) -> Self {
        let notes = Notes {
            found: [None; Notes::MAX],
            count: 0,
            next: 0,
        };
        Self { der, notes }
    }

    /// The notes in encoded order.
    pub(super) fn finish(self) -> Notes {
        let mut notes = self.notes;
        if let Some(found) = notes.found.get_mut(..notes.count) {
            found.sort_unstable_by_key(|note| note.map(Note::offset));
        }
        notes
    }

    /// Notes what `at`, a part of the certificate, starts with.
    pub(super) fn add(&mut self, at: &[u8], field: Field, kind: NoteKind) {
        let offset = offset_in(self.der, at);
        self.push(Note { offset, field, kind });
    }

    /// Notes what a strict check found in a part that decides nothing.
    pub(super) fn tolerate<T>(&mut self, checked: Result<T, Flaw>) -> Option<T> {
        checked
            .map_err(|flaw| {
                let error = flaw.within(self.der);
                self.push(Note {
                    offset: u32::try_from(error.offset()).unwrap_or(u32::MAX),
                    field: error.field(),
                    kind: NoteKind::Malformed(error.problem()),
                });
            })
            .ok()
    }

    fn push(&mut self, note: Note) {
        if let Some(place) = self.notes.found.get_mut(self.notes.count) {
            *place = Some(note);
            self.notes.count += 1;
        }
    }
}
