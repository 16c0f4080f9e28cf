//! The certificate reader: one pass over the bytes, nothing copied, nothing allocated, strict where it decides.
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
//! [`Certificate`] makes every check that can refuse; [`notes`](Fields::notes) looks for the departures that are accepted. [`Fields`] is for programs that read very many certificates and want little of each.
//! [`Outline`] reads as much of a certificate that others refuse as leads to its key.
//! [`first_in_file`] and [`all_in_file`] find the DER in what people call a certificate file.
//!
//! The source follows the specifications, so that it can be held against them: `der` is X.690 and has every check of the
//! encoding; `fields` and the others are RFC 5280, each item with its section and the ASN.1 that it reads; `microsoft` is
//! \[MS-WCCE\]; `limits` bounds the time that hostile input can take.
//!
//! The principle of strictness:
//!
//! 1. What enters a decision, a binding value or a tile is read strictly: a wrong encoding there is a [`CertificateError`].
//! 2. What real issuers get wrong elsewhere becomes a [`Note`] with its field and byte, and the certificate is read.
//! 3. What could give a certificate a second meaning is refused wherever it is: duplicate extensions, known or unknown; lengths,
//!    integers and object identifiers that are longer than needed; bytes behind the end of an element; a signature algorithm
//!    that differs from the signed one.
//!
//! [`what_is_refused`](crate::manual::what_is_refused) says for each field where "decides" begins, and lists the reasons to
//! refuse a certificate that OpenSSL reads. A name that could deceive, with control, bidirectional or invisible characters, is
//! not such a reason: it is handed out as a [`NameProblem`], never as text.
//!
//! Signatures are not verified and chains are not built; that is for whoever the name is sent to.

#![expect(
    clippy::inline_always,
    reason = "measured: the small steps of the reader have to melt into one function"
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
    /// A [`CertificateError`] that says what is wrong where, when the bytes are not one certificate that can be accepted.
    pub fn from_der(der: &'a [u8]) -> Result<Self, CertificateError> {
        Self::read(der).map_err(|flaw| flaw.within(der))
    }

    /// In place: half a kilobyte is not moved.
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

    /// The policies under which the certificate was issued (RFC 5280, section 4.2.1.4).
    #[must_use]
    pub fn certificate_policies(&self) -> CertificatePolicies<'a> {
        CertificatePolicies::from_checked(self.fields.known().certificate_policies.unwrap_or_default())
    }

    /// Where the CRLs are that would list the certificate (RFC 5280, section 4.2.1.13).
    #[must_use]
    pub fn crl_distribution_points(&self) -> DistributionPoints<'a> {
        DistributionPoints::from_checked(self.fields.known().crl_distribution_points.unwrap_or_default())
    }

    /// Where to find out more about the issuer (RFC 5280, section 4.2.2.1).
    #[must_use]
    pub fn authority_info_access(&self) -> AccessDescriptions<'a> {
        AccessDescriptions::from_checked(self.fields.known().authority_info_access.unwrap_or_default())
    }
}
