//! Tolerated deviations from the specifications.

use core::fmt;

use super::error::{Field, Flaw, Problem, offset_in};
use super::text::NameProblem;

/// A tolerated deviation from the specifications.
///
/// The text names the position, the field and the specification:
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
///     "byte 545: subjectAltName (RFC 5280, section 4.2.1.6): empty list"
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
    /// The kind of deviation.
    #[must_use]
    pub fn kind(self) -> NoteKind {
        self.kind
    }

    /// The field.
    #[must_use]
    pub fn field(self) -> Field {
        self.field
    }

    /// The position, in bytes from the start of the certificate.
    #[must_use]
    pub fn offset(self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// Stable machine name of the [kind](Self::kind).
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

/// Kind of a tolerated deviation.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// Algorithm parameters that the algorithm does not have, or missing ones that it requires (RFC 3279, section
    /// 2.3.1).
    AlgorithmParameters,
    /// Characters outside the repertoire of the string type (X.680, clause 41): `@` or Latin-1 in a `PrintableString`.
    Characters,
    /// An encoded FALSE, which DER omits as the default (X.690, clause 11.5).
    DefaultFalseEncoded,
    /// A year before 2050 in the form `GeneralizedTime` (RFC 5280, section 4.1.2.5).
    GeneralizedTimeBefore2050,
    /// A key usage without any bit (RFC 5280, section 4.2.1.3).
    KeyUsageEmpty,
    /// A key usage with trailing zero bits, which DER omits (X.690, clause 11.2.2).
    KeyUsageTrailingZeros,
    /// Invalid encoding in a part that is not used for decisions.
    Malformed(Problem),
    /// A name with a character that is not displayed as such.
    Name(NameProblem),
    /// A path length in a certificate that is not a CA's (RFC 5280, section 4.2.1.9).
    PathLengthWithoutCa,
    /// A negative, zero or padded number in an RSA key (RFC 8017, appendix A.1.1); it is read as unsigned.
    RsaNumber,
    /// A serial number longer than 20 bytes (RFC 5280, section 4.1.2.2).
    SerialNumberLong,
    /// A negative serial number (RFC 5280, section 4.1.2.2).
    SerialNumberNegative,
    /// The serial number zero (RFC 5280, section 4.1.2.2).
    SerialNumberZero,
    /// Several user principal names in the `subjectAltName`; Windows documents no order for them.
    SeveralPrincipalNames,
}

impl NoteKind {
    /// Stable machine name.
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
            Self::AlgorithmParameters => "parameters that the algorithm does not have, or missing parameters",
            Self::Characters => "characters that the string type does not have",
            Self::DefaultFalseEncoded => "FALSE is encoded, which DER omits",
            Self::GeneralizedTimeBefore2050 => "a year before 2050 is written as GeneralizedTime",
            Self::KeyUsageEmpty => "no bit is set",
            Self::KeyUsageTrailingZeros => "trailing zero bits, which DER omits",
            Self::Malformed(problem) => return problem.fmt(f),
            Self::Name(problem) => return write!(f, "a name {problem}"),
            Self::PathLengthWithoutCa => "path length in a certificate that is not a CA's",
            Self::RsaNumber => "number of an RSA key that is negative, zero or padded",
            Self::SerialNumberLong => "longer than 20 bytes",
            Self::SerialNumberNegative => "negative",
            Self::SerialNumberZero => "zero",
            Self::SeveralPrincipalNames => "more than one user principal name",
        })
    }
}

/// Iterator over the notes of a certificate, in encoded order; at most [`Notes::MAX`].
///
/// Notes are computed on demand: [`Certificate::from_der`](super::Certificate::from_der) spends no time on them.
#[derive(Clone, Debug)]
pub struct Notes {
    found: [Option<Note>; Self::MAX],
    count: usize,
    next: usize,
}

impl Notes {
    /// Maximum number of notes of a certificate; further ones are omitted.
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

    /// Adds a note about `at`, a part of the certificate.
    pub(super) fn add(&mut self, at: &[u8], field: Field, kind: NoteKind) {
        let offset = offset_in(self.der, at);
        self.push(Note { offset, field, kind });
    }

    /// Adds a note about an error of a strict check in a part that is not used for decisions.
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
