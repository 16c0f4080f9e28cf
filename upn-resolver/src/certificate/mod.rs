//! X.509 certificate reader for DER: one pass, without copies or allocations, strict where decisions depend on it.
//!
//! ```
//! # fn main() -> Result<(), upn_resolver::certificate::CertificateError> {
//! use upn_resolver::certificate::{Certificate, oid};
//!
//! # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
//! let certificate = Certificate::from_der(der)?;
//!
//! let name = certificate.principal_names().next().expect("this certificate has one");
//! assert_eq!(name.text().as_deref(), Ok("ada.example@contoso.com"));
//! assert!(certificate.key_usage().is_some_and(|usage| usage.digital_signature()));
//! assert!(certificate.extended_key_usage().any(|purpose| purpose == oid::SMART_CARD_LOGON));
//! # Ok(())
//! # }
//! ```
//!
//! [`Certificate`] makes all checks that can refuse input, and [`notes`](Certificate::notes) reports deviations that
//! are tolerated. [`Fields`] is for programs that read many certificates and need little of each. [`Outline`] reads
//! issuer, subject and key of a certificate that is otherwise refused. [`first_in_file`] and [`all_in_file`] find the
//! DER in certificate files.
//!
//! The source is organized like the specifications: `der` implements X.690, with all checks of the encoding; `fields`
//! and the others implement RFC 5280, each item with its section and its ASN.1; `microsoft` implements \[MS-WCCE\];
//! `limits` bounds the time that hostile input can take.
//!
//! Strictness:
//!
//! 1. What enters a decision, a binding value or a tile is read strictly: invalid encoding there is a
//!    [`CertificateError`].
//! 2. Other known mistakes of issuers become a [`Note`] with the field and the position, and the certificate is
//!    accepted.
//! 3. What could give a certificate a second meaning is refused everywhere: duplicate extensions, known or unknown;
//!    lengths, integers and object identifiers that are not minimal; bytes after the end of an element; a signature
//!    algorithm that differs from the signed one.
//!
//! The page [`what_is_refused`](crate::manual::what_is_refused) lists the strict fields, and the reasons to refuse a
//! certificate that OpenSSL accepts. A name with control, bidirectional or invisible characters is not such a reason:
//! it is returned as a [`NameProblem`], never as text.
//!
//! Signatures and chains are not verified; that is the task of the service that the name is sent to.

#![expect(
    clippy::inline_always,
    reason = "measured: the small steps of the reader must be inlined into one function"
)]

mod accessors;
mod ascii;
mod authority;
mod der;
mod distinguished_name;
mod error;
mod extensions;
mod fields;
mod input;
mod kerberos;
mod key;
mod limits;
mod microsoft;
#[cfg(feature = "const-oid")]
mod named_oid;
mod names;
mod note;
pub mod oid;
mod other;
mod outline;
mod pem;
mod policies;
mod serial;
mod text;
mod time;
mod usage;

pub(crate) use self::ascii::is_printable;
use self::error::Flaw;

pub use self::authority::{
    AccessDescription, AccessDescriptions, AuthorityKeyIdentifier, DistributionPoint, DistributionPoints,
};
pub use self::distinguished_name::{Attribute, DistinguishedName, RelativeName, RelativeNames};
pub use self::error::{CertificateError, Field, Limit, Problem};
pub use self::extensions::{Extension, ExtensionList};
pub use self::fields::{Fields, Version};
pub use self::input::{InputError, all_in_file, first_in_file};
pub use self::kerberos::{KerberosPrincipal, PrincipalComponents};
pub use self::key::{AlgorithmIdentifier, Curve, KeyKind, PublicKey};
pub use self::microsoft::{SecurityIdentifier, Template};
pub use self::names::{GeneralName, GeneralNames, OtherName, PrincipalNames, Rfc822Names};
pub use self::note::{Note, NoteKind, Notes};
pub use self::oid::Oid;
pub use self::other::OtherContent;
pub use self::outline::Outline;
pub use self::policies::CertificatePolicies;
pub use self::serial::SerialNumber;
pub use self::text::{NameProblem, NameString, StringType};
pub use self::time::{Time, TimeForm, Validity};
pub use self::usage::{BasicConstraints, KeyUsage};

/// An X.509 certificate, read from DER and checked (RFC 5280, section 4.1).
///
/// It borrows the DER ([`as_der`](Self::as_der)). Everything that can influence a decision is checked; the rest is checked for
/// correct lengths only.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    fields: Fields<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are not exactly one acceptable certificate. The error names the position, the field and the
    /// problem.
    pub fn from_der(der: &'a [u8]) -> Result<Self, CertificateError> {
        Self::read(der).map_err(|flaw| flaw.within(der))
    }

    /// Constructs the value in place, because moving half a kilobyte is measurable.
    #[inline(always)]
    fn read(der: &'a [u8]) -> Result<Self, Flaw> {
        let fields = Fields::read(der)?;
        fields.check_nested()?;
        Ok(Self { fields })
    }

    /// The fields alone, for functions that accept certificates without the nested checks too.
    #[must_use]
    pub const fn fields(&self) -> &Fields<'a> {
        &self.fields
    }

    /// The issuer's name (RFC 5280, section 4.1.2.4).
    #[must_use]
    pub fn issuer(&self) -> DistinguishedName<'a> {
        self.fields.issuer_unchecked()
    }

    /// The subject's name (RFC 5280, section 4.1.2.6). It can be empty.
    #[must_use]
    pub fn subject(&self) -> DistinguishedName<'a> {
        self.fields.subject_unchecked()
    }

    /// The certificate policies (RFC 5280, section 4.2.1.4).
    #[must_use]
    pub fn certificate_policies(&self) -> CertificatePolicies<'a> {
        CertificatePolicies::from_checked(self.fields.known().certificate_policies.unwrap_or_default())
    }

    /// The CRL distribution points (RFC 5280, section 4.2.1.13).
    #[must_use]
    pub fn crl_distribution_points(&self) -> DistributionPoints<'a> {
        DistributionPoints::from_checked(self.fields.known().crl_distribution_points.unwrap_or_default())
    }

    /// The authority information access (RFC 5280, section 4.2.2.1).
    #[must_use]
    pub fn authority_info_access(&self) -> AccessDescriptions<'a> {
        AccessDescriptions::from_checked(self.fields.known().authority_info_access.unwrap_or_default())
    }
}
