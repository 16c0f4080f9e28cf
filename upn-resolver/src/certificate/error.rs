//! Certificate errors, with their position, field and specification.

use core::fmt;

use crate::responsible::Responsible;

/// Reason why bytes are not an acceptable certificate.
///
/// The page [`what_is_refused`](crate::manual::what_is_refused) lists the reasons. The text names the byte, the
/// field, the specification and the problem:
///
/// ```
/// use upn_resolver::certificate::Certificate;
///
/// let error = Certificate::from_der(b"\x30\x80\x00\x00").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "byte 0: Certificate (RFC 5280, section 4.1): indefinite length, which DER does not allow"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CertificateError {
    offset: u32,
    field: Field,
    problem: Problem,
}

impl CertificateError {
    /// Position in bytes from the start of the input: the tag of an element that is unexpected or has an invalid
    /// length, or the first byte of invalid content.
    #[must_use]
    pub fn offset(&self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// The field that was read.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }

    /// The problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// Stable machine name of the [problem](Self::problem).
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }

    /// Who has to act: the issuer of the certificate.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::Issuer
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            offset,
            field,
            problem,
        } = self;
        write!(f, "byte {offset}: {field} ({}): {problem}", field.specification())
    }
}

impl core::error::Error for CertificateError {}

/// A [`CertificateError`] with an address instead of a position.
///
/// The reader passes sub-slices down and keeps no position: the address of the slice *is* the position, and
/// [`Flaw::within`] converts it to an offset once, on return. A flaw has eight bytes, so that a `Result<&[u8], Flaw>`
/// fits into two registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flaw {
    /// The low half of the address: sufficient to distinguish positions in an input of at most 64 KB.
    address: u32,
    field: Field,
    problem: Problem,
}

impl Flaw {
    #[cold]
    #[inline(never)]
    pub(super) fn new(at: &[u8], field: Field, problem: Problem) -> Self {
        Self {
            address: low_half(at),
            field,
            problem,
        }
    }

    /// Converts the address to a position in `input`.
    #[cold]
    #[inline(never)]
    pub(super) fn within(self, input: &[u8]) -> CertificateError {
        let Self {
            address,
            field,
            problem,
        } = self;
        CertificateError {
            offset: address.wrapping_sub(low_half(input)),
            field,
            problem,
        }
    }
}

/// The offset of `at`, a part of `input`.
pub(super) fn offset_in(input: &[u8], at: &[u8]) -> u32 {
    low_half(at).wrapping_sub(low_half(input))
}

fn low_half(at: &[u8]) -> u32 {
    let address = at.as_ptr().addr() & 0xFFFF_FFFF;
    u32::try_from(address).unwrap_or(u32::MAX)
}

/// Problem of a field.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The signature algorithm in the signed part differs from the one outside.
    AlgorithmMismatch,
    /// A BIT STRING without its first byte, with more than 7 unused bits, or with an unused bit that is set.
    BitString,
    /// A BOOLEAN that is not 00 or FF.
    Boolean,
    /// A string in the constructed form, which DER does not allow.
    ConstructedString,
    /// A default value that is encoded, although DER omits it.
    DefaultEncoded,
    /// A duplicate extension.
    DuplicateExtension,
    /// An empty list, where at least one element is required.
    Empty,
    /// A tag number over 30, which no certificate field has.
    HighTagNumber,
    /// An indefinite length.
    IndefiniteLength,
    /// An INTEGER that is empty, longer than needed, or out of the field's range.
    Integer,
    /// A limit of this reader is exceeded.
    Limit(Limit),
    /// A length that is not minimal.
    NonMinimalLength,
    /// A field that the certificate's version does not have.
    NotInThisVersion,
    /// An OBJECT IDENTIFIER that is empty, padded or truncated.
    ObjectIdentifier,
    /// A public key that does not have the form required by its algorithm.
    PublicKey,
    /// A tag number that X.680 reserves: 0, the end-of-contents marker of an indefinite length, or 15.
    ReservedTag,
    /// A SET OF whose elements are not in DER order.
    SetOrder,
    /// Text that its string type does not allow: invalid UTF-8, IA5 beyond ASCII, an incomplete character.
    String,
    /// A time that is invalid, or in a form that RFC 5280 does not allow.
    Time,
    /// Bytes after the end of the last element.
    TrailingData,
    /// The input or the enclosing element ends early.
    Truncated,
    /// An unexpected element.
    UnexpectedTag {
        /// The expected tag.
        expected: u8,
        /// The tag that was found.
        found: u8,
    },
    /// A version other than v1, v2 or v3.
    Version,
}

impl Problem {
    /// Stable machine name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AlgorithmMismatch => "algorithm-mismatch",
            Self::BitString => "bit-string",
            Self::Boolean => "boolean",
            Self::ConstructedString => "constructed-string",
            Self::DefaultEncoded => "default-encoded",
            Self::DuplicateExtension => "duplicate-extension",
            Self::Empty => "empty",
            Self::HighTagNumber => "high-tag-number",
            Self::IndefiniteLength => "indefinite-length",
            Self::Integer => "integer",
            Self::Limit(limit) => limit.code(),
            Self::NonMinimalLength => "non-minimal-length",
            Self::NotInThisVersion => "not-in-this-version",
            Self::ObjectIdentifier => "object-identifier",
            Self::PublicKey => "public-key",
            Self::ReservedTag => "reserved-tag",
            Self::SetOrder => "set-order",
            Self::String => "string",
            Self::Time => "time",
            Self::TrailingData => "trailing-data",
            Self::Truncated => "truncated",
            Self::UnexpectedTag { .. } => "unexpected-tag",
            Self::Version => "version",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlgorithmMismatch => "differs from the signature algorithm inside the signed part",
            Self::BitString => {
                "BIT STRING with an invalid count of unused bits, or an unused bit that is set"
            }
            Self::Boolean => "BOOLEAN that is not 00 or FF",
            Self::ConstructedString => "string in constructed form, which DER does not allow",
            Self::DefaultEncoded => "default value is encoded, which DER omits",
            Self::DuplicateExtension => "duplicate extension",
            Self::Empty => "empty list",
            Self::HighTagNumber => "tag number over 30",
            Self::IndefiniteLength => "indefinite length, which DER does not allow",
            Self::Integer => "INTEGER that is empty, longer than needed, or out of range",
            Self::Limit(limit) => return write!(f, "{limit}"),
            Self::NonMinimalLength => "length is not minimal",
            Self::NotInThisVersion => "not allowed in a certificate of this version",
            Self::ObjectIdentifier => "OBJECT IDENTIFIER that is empty, padded or truncated",
            Self::PublicKey => "public key does not have the form required by its algorithm",
            Self::ReservedTag => "reserved tag number",
            Self::SetOrder => "elements of a SET OF not in DER order",
            Self::String => "text that the string type does not allow",
            Self::Time => "invalid time, or a form that RFC 5280 does not allow",
            Self::TrailingData => "bytes after the last element",
            Self::Truncated => "ends too early",
            Self::UnexpectedTag { expected, found } => {
                return write!(
                    f,
                    "expected an element with tag {expected:02X}, found tag {found:02X}"
                );
            }
            Self::Version => "version is not v1, v2 or v3",
        })
    }
}

/// Limits of this reader: wide enough for every certificate on a card, and narrow enough to bound its time.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Nesting of a value of an open type: 12 levels.
    Depth,
    /// Elements in a distinguished name or an extension value: 384.
    Elements,
    /// Size of a certificate: 65,536 bytes.
    Size,
    /// Extensions that this reader does not know: 32.
    UnknownExtensions,
    /// Text beyond ASCII in a distinguished name or an extension value: 4,096 bytes.
    WideText,
}

impl Limit {
    /// Stable machine name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Depth => "limit-depth",
            Self::Elements => "limit-elements",
            Self::Size => "limit-size",
            Self::UnknownExtensions => "limit-unknown-extensions",
            Self::WideText => "limit-wide-text",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Depth => "nested deeper than 12 elements, the limit of this reader",
            Self::Elements => "more than 384 elements, the limit of this reader",
            Self::Size => "longer than 65,536 bytes, the limit of this reader",
            Self::UnknownExtensions => "more than 32 unknown extensions, the limit of this reader",
            Self::WideText => "more than 4,096 bytes of text beyond ASCII, the limit of this reader",
        })
    }
}

/// Fields of a certificate, named as in the specifications.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// RFC 5280, section 4.2.2.1.
    AuthorityInfoAccess,
    /// RFC 5280, section 4.2.1.1.
    AuthorityKeyIdentifier,
    /// RFC 5280, section 4.2.1.9.
    BasicConstraints,
    /// RFC 5280, section 4.1.
    Certificate,
    /// RFC 5280, section 4.2.1.4.
    CertificatePolicies,
    /// \[MS-WCCE\], section 2.2.2.7.7.2.
    CertificateTemplate,
    /// RFC 5280, section 4.2.1.13.
    CrlDistributionPoints,
    /// RFC 5280, section 4.2.1.12.
    ExtKeyUsage,
    /// RFC 5280, section 4.1.2.9.
    Extensions,
    /// RFC 5280, section 4.1.2.4.
    Issuer,
    /// RFC 5280, section 4.2.1.3.
    KeyUsage,
    /// \[MS-WCCE\], section 2.2.2.7.7.4.
    NtdsCaSecurity,
    /// RFC 5280, section 4.1.2.2.
    SerialNumber,
    /// RFC 5280, section 4.1.2.3.
    Signature,
    /// RFC 5280, section 4.1.1.2.
    SignatureAlgorithm,
    /// RFC 5280, section 4.1.1.3.
    SignatureValue,
    /// RFC 5280, section 4.1.2.6.
    Subject,
    /// RFC 5280, section 4.2.1.6.
    SubjectAltName,
    /// RFC 5280, section 4.2.1.2.
    SubjectKeyIdentifier,
    /// RFC 5280, section 4.1.2.7.
    SubjectPublicKeyInfo,
    /// RFC 5280, section 4.1.2.
    TbsCertificate,
    /// \[MS-WCCE\], section 2.2.2.7.7.1.
    TemplateName,
    /// RFC 5280, section 4.1.2.8.
    UniqueIdentifier,
    /// RFC 5280, section 4.1.2.5.
    Validity,
    /// RFC 5280, section 4.1.2.1.
    Version,
}

impl Field {
    /// The section that defines the field.
    #[must_use]
    pub fn specification(self) -> &'static str {
        match self {
            Self::AuthorityInfoAccess => "RFC 5280, section 4.2.2.1",
            Self::AuthorityKeyIdentifier => "RFC 5280, section 4.2.1.1",
            Self::BasicConstraints => "RFC 5280, section 4.2.1.9",
            Self::Certificate => "RFC 5280, section 4.1",
            Self::CertificatePolicies => "RFC 5280, section 4.2.1.4",
            Self::CertificateTemplate => "[MS-WCCE], section 2.2.2.7.7.2",
            Self::CrlDistributionPoints => "RFC 5280, section 4.2.1.13",
            Self::ExtKeyUsage => "RFC 5280, section 4.2.1.12",
            Self::Extensions => "RFC 5280, section 4.1.2.9",
            Self::Issuer => "RFC 5280, section 4.1.2.4",
            Self::KeyUsage => "RFC 5280, section 4.2.1.3",
            Self::NtdsCaSecurity => "[MS-WCCE], section 2.2.2.7.7.4",
            Self::SerialNumber => "RFC 5280, section 4.1.2.2",
            Self::Signature => "RFC 5280, section 4.1.2.3",
            Self::SignatureAlgorithm => "RFC 5280, section 4.1.1.2",
            Self::SignatureValue => "RFC 5280, section 4.1.1.3",
            Self::Subject => "RFC 5280, section 4.1.2.6",
            Self::SubjectAltName => "RFC 5280, section 4.2.1.6",
            Self::SubjectKeyIdentifier => "RFC 5280, section 4.2.1.2",
            Self::SubjectPublicKeyInfo => "RFC 5280, section 4.1.2.7",
            Self::TbsCertificate => "RFC 5280, section 4.1.2",
            Self::TemplateName => "[MS-WCCE], section 2.2.2.7.7.1",
            Self::UniqueIdentifier => "RFC 5280, section 4.1.2.8",
            Self::Validity => "RFC 5280, section 4.1.2.5",
            Self::Version => "RFC 5280, section 4.1.2.1",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuthorityInfoAccess => "authorityInfoAccess",
            Self::AuthorityKeyIdentifier => "authorityKeyIdentifier",
            Self::BasicConstraints => "basicConstraints",
            Self::Certificate => "Certificate",
            Self::CertificatePolicies => "certificatePolicies",
            Self::CertificateTemplate => "certificate template",
            Self::CrlDistributionPoints => "cRLDistributionPoints",
            Self::ExtKeyUsage => "extKeyUsage",
            Self::Extensions => "extensions",
            Self::Issuer => "issuer",
            Self::KeyUsage => "keyUsage",
            Self::NtdsCaSecurity => "security identifier extension",
            Self::SerialNumber => "serialNumber",
            Self::Signature => "signature",
            Self::SignatureAlgorithm => "signatureAlgorithm",
            Self::SignatureValue => "signatureValue",
            Self::Subject => "subject",
            Self::SubjectAltName => "subjectAltName",
            Self::SubjectKeyIdentifier => "subjectKeyIdentifier",
            Self::SubjectPublicKeyInfo => "subjectPublicKeyInfo",
            Self::TbsCertificate => "tbsCertificate",
            Self::TemplateName => "certificate template name",
            Self::UniqueIdentifier => "unique identifier",
            Self::Validity => "validity",
            Self::Version => "version",
        })
    }
}
