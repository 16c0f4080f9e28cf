//! What is wrong with a certificate, where, and which section of which specification says so.

use core::fmt;

use crate::responsible::Responsible;

/// Why some bytes are not an acceptable certificate.
///
/// The page [`what_is_refused`](crate::manual::what_is_refused) lists the reasons. The text names the byte, the field, the
/// specification and the problem:
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
    /// Where it is, in bytes from the start of the input: the tag of an element that is not the expected one or has a wrong
    /// length, the first byte of a content that is wrong.
    #[must_use]
    pub fn offset(&self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// The field that was being read.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// The stable name of the [problem](Self::problem), for programs.
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

/// A [`CertificateError`] that knows its place only as an address.
///
/// The reader passes sub-slices down and keeps no position: the address of the slice *is* the position, and
/// [`Flaw::within`] turns it into an offset once, on the way out. It has eight bytes, so that a
/// `Result<&[u8], Flaw>` travels in two registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flaw {
    /// The low half of the address: enough to tell apart places in an input of at most 64 KB.
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

    /// The same flaw with its place in `input`.
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

/// Where `at`, a part of `input`, starts in it.
pub(super) fn offset_in(input: &[u8], at: &[u8]) -> u32 {
    low_half(at).wrapping_sub(low_half(input))
}

fn low_half(at: &[u8]) -> u32 {
    let address = at.as_ptr().addr() & 0xFFFF_FFFF;
    u32::try_from(address).unwrap_or(u32::MAX)
}

/// What is wrong with a field.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The signature algorithm inside the signed part differs from the one outside of it.
    AlgorithmMismatch,
    /// A BIT STRING without its first byte, with more than 7 unused bits, or with an unused bit that is set.
    BitString,
    /// A BOOLEAN that is neither 00 nor FF.
    Boolean,
    /// A string in the constructed form, which DER does not allow.
    ConstructedString,
    /// A value that DER leaves out because it is the default.
    DefaultEncoded,
    /// The same extension twice.
    DuplicateExtension,
    /// A list without an element, where at least one is required.
    Empty,
    /// A tag number over 30, which no certificate field has.
    HighTagNumber,
    /// An indefinite length.
    IndefiniteLength,
    /// An INTEGER that is empty, longer than needed, or out of the field's range.
    Integer,
    /// More than this reader's limit.
    Limit(Limit),
    /// A length written in more bytes than needed.
    NonMinimalLength,
    /// A field of a later version of certificates than the one that the certificate states.
    NotInThisVersion,
    /// An OBJECT IDENTIFIER that is empty, padded or cut off.
    ObjectIdentifier,
    /// A public key that does not have the form that its algorithm requires.
    PublicKey,
    /// A tag number that X.680 reserves: 0, the end of contents of an indefinite length, or 15.
    ReservedTag,
    /// The elements of a SET OF are not in the order that DER requires.
    SetOrder,
    /// Text that its string type does not allow: invalid UTF-8, IA5 outside ASCII, half a character.
    String,
    /// No valid time, or one in a form that RFC 5280 does not allow.
    Time,
    /// Bytes after the end of the last element.
    TrailingData,
    /// The input or the enclosing element ends too early.
    Truncated,
    /// Another element than the expected one.
    UnexpectedTag {
        /// The tag that should be here.
        expected: u8,
        /// The tag that is here.
        found: u8,
    },
    /// A version other than v1, v2 and v3.
    Version,
}

impl Problem {
    /// The stable name, for programs.
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
            Self::BitString => "BIT STRING with a wrong count of unused bits, or with one of them set",
            Self::Boolean => "BOOLEAN that is neither 00 nor FF",
            Self::ConstructedString => "string in constructed form, which DER does not allow",
            Self::DefaultEncoded => "default value that DER leaves out is encoded",
            Self::DuplicateExtension => "extension occurs twice",
            Self::Empty => "list without an element",
            Self::HighTagNumber => "tag number over 30",
            Self::IndefiniteLength => "indefinite length, which DER does not allow",
            Self::Integer => "INTEGER that is empty, longer than needed, or out of range",
            Self::Limit(limit) => return write!(f, "{limit}"),
            Self::NonMinimalLength => "length written in more bytes than needed",
            Self::NotInThisVersion => "not allowed in a certificate of this version",
            Self::ObjectIdentifier => "OBJECT IDENTIFIER that is empty, padded or cut off",
            Self::PublicKey => "public key not in the form that its algorithm requires",
            Self::ReservedTag => "tag number that is reserved",
            Self::SetOrder => "elements of a SET OF not in DER order",
            Self::String => "text that its string type does not allow",
            Self::Time => "no valid time in a form that RFC 5280 allows",
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

/// The limits of this reader, wide enough for every certificate on a card and narrow enough to bound its time.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// A value of an open type nests at most 12 deep.
    Depth,
    /// A distinguished name or the value of an extension has at most 384 elements.
    Elements,
    /// A certificate has at most 65,536 bytes.
    Size,
    /// At most 32 extensions that this reader does not know.
    UnknownExtensions,
    /// A distinguished name or the value of an extension has at most 4,096 bytes of text beyond ASCII.
    WideText,
}

impl Limit {
    /// The stable name, for programs.
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
            Self::Depth => "nests deeper than 12 elements, this reader's limit",
            Self::Elements => "more than 384 elements, this reader's limit",
            Self::Size => "longer than 65,536 bytes, this reader's limit",
            Self::UnknownExtensions => "more than 32 unknown extensions, this reader's limit",
            Self::WideText => "more than 4,096 bytes of text beyond ASCII, this reader's limit",
        })
    }
}

/// The fields of a certificate, by their names in the specifications.
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
