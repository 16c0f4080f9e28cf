//! Fields of a certificate.

mod note;
mod read;

use super::der::{self, Reader};
use super::distinguished_name::DistinguishedName;
use super::error::{CertificateError, Field};
use super::extensions::{ExtensionList, Extensions};
use super::key::{AlgorithmIdentifier, PublicKey};
use super::microsoft::{self, SecurityIdentifier, Template};
use super::names::{GeneralName, GeneralNames, PrincipalNames, Rfc822Names};
use super::usage::{BasicConstraints, KeyUsage};
use super::{AuthorityKeyIdentifier, Certificate, NameString, Oid, SerialNumber, Validity};

/// The fields of a certificate, for programs that read many certificates and need little of each.
///
/// Everything that it returns is checked as strictly as in a [`Certificate`]. The inner parts of issuer and subject,
/// policies, distribution points and authority information are skipped by their lengths. [`check`](Self::check)
/// checks these too.
///
/// ```
/// use upn_resolver::certificate::Fields;
///
/// # let der: &[u8] = include_bytes!("../../../tests/certificates/adcs-rsa2048.der");
/// let fields = Fields::from_der(der)?;
/// assert_eq!(fields.serial_number().to_string(), "4a00000017b1a9d3c5e7f900000000000017");
///
/// // This one matters, so the rest of it is read too.
/// let certificate = fields.check()?;
/// assert_eq!(certificate.issuer().attributes().count(), 3);
/// # Ok::<(), upn_resolver::certificate::CertificateError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    der: &'a [u8],
    tbs_certificate: &'a [u8],
    version: Version,
    serial_number: SerialNumber<'a>,
    signature_algorithm: AlgorithmIdentifier<'a>,
    issuer: DistinguishedName<'a>,
    validity: Validity,
    subject: DistinguishedName<'a>,
    public_key: PublicKey<'a>,
    /// Both identifiers, as encoded.
    unique_identifiers: &'a [u8],
    extensions: Extensions<'a>,
    signature: &'a [u8],
}

/// The version of a certificate (RFC 5280, section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Version 1: no extensions.
    V1,
    /// Version 2: unique identifiers, no extensions.
    V2,
    /// Version 3.
    V3,
}

impl<'a> Fields<'a> {
    /// Reads the fields of a certificate.
    ///
    /// # Errors
    ///
    /// Same as [`Certificate::from_der`].
    pub fn from_der(der: &'a [u8]) -> Result<Self, CertificateError> {
        Self::read(der).map_err(|flaw| flaw.within(der))
    }

    /// Checks the parts that were skipped.
    ///
    /// # Errors
    ///
    /// Fails if one of these parts is invalid. The error names the position and the field.
    pub fn check(self) -> Result<Certificate<'a>, CertificateError> {
        self.check_nested().map_err(|flaw| flaw.within(self.der))?;
        Ok(Certificate { fields: self })
    }

    /// The DER encoding that was read.
    #[must_use]
    pub fn as_der(&self) -> &'a [u8] {
        self.der
    }

    /// The signed part, `tbsCertificate`, with its header (RFC 5280, section 4.1.1.1).
    #[must_use]
    pub fn tbs_certificate(&self) -> &'a [u8] {
        self.tbs_certificate
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The serial number (RFC 5280, section 4.1.2.2).
    #[must_use]
    pub fn serial_number(&self) -> SerialNumber<'a> {
        self.serial_number
    }

    /// The algorithm of the signature (RFC 5280, section 4.1.1.2).
    #[must_use]
    pub fn signature_algorithm(&self) -> AlgorithmIdentifier<'a> {
        self.signature_algorithm
    }

    /// The signature (RFC 5280, section 4.1.1.3), without the count of unused bits. This crate does not verify it.
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The issuer's name in DER.
    #[must_use]
    pub fn issuer_der(&self) -> &'a [u8] {
        self.issuer.as_der()
    }

    /// The subject's name in DER.
    #[must_use]
    pub fn subject_der(&self) -> &'a [u8] {
        self.subject.as_der()
    }

    /// The validity period (RFC 5280, section 4.1.2.5).
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The public key (RFC 5280, section 4.1.2.7).
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'a> {
        self.public_key
    }

    /// All extensions, in encoded order.
    #[must_use]
    pub fn extensions(&self) -> ExtensionList<'a> {
        ExtensionList::from_checked(self.extensions.list)
    }

    /// The key usage (RFC 5280, section 4.2.1.3); `None` without the extension, which permits every use.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// Whether the extended key usage extension is present. Without it, the certificate serves every purpose.
    #[must_use]
    pub fn has_extended_key_usage(&self) -> bool {
        self.extensions.extended_key_usage.is_some()
    }

    /// The purposes of the extended key usage, in encoded order (RFC 5280, section 4.2.1.12).
    pub fn extended_key_usage(&self) -> impl Iterator<Item = Oid<'a>> + use<'a> {
        let mut purposes = Reader::new(self.extensions.extended_key_usage.unwrap_or_default());
        core::iter::from_fn(move || {
            purposes
                .read(der::OBJECT_IDENTIFIER, Field::ExtKeyUsage)
                .ok()
                .map(Oid::from_checked)
        })
    }

    /// The basic constraints (RFC 5280, section 4.2.1.9); `None` without the extension, which means that this is not
    /// a CA.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// The subject key identifier (RFC 5280, section 4.2.1.2).
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        self.extensions.subject_key_identifier
    }

    /// The authority key identifier (RFC 5280, section 4.2.1.1); `None` also if the extension is malformed.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<AuthorityKeyIdentifier<'a>> {
        let content = self.extensions.authority_key_identifier?;
        AuthorityKeyIdentifier::from_content(content).ok()
    }

    /// All entries of the `subjectAltName`, in encoded order; none without the extension.
    #[must_use]
    pub fn subject_alternative_names(&self) -> GeneralNames<'a> {
        GeneralNames::from_checked(self.extensions.subject_alternative_name.all)
    }

    /// The user principal names in the `subjectAltName`, in encoded order.
    ///
    /// Windows sends one of several, and no source says which: see [`SeveralNames`](crate::interpretation::SeveralNames).
    #[must_use]
    pub fn principal_names(&self) -> PrincipalNames<'a> {
        PrincipalNames::from_checked(self.extensions.subject_alternative_name)
    }

    /// The first principal name that is not empty. The API that Windows documents returns an empty string for "none".
    pub(crate) fn principal_name(&self) -> Option<NameString<'a>> {
        self.principal_names().find(|name| !name.as_bytes().is_empty())
    }

    /// The first rfc822Name that is not empty.
    pub(crate) fn rfc822_name(&self) -> Option<NameString<'a>> {
        self.rfc822_names().find(|name| !name.as_bytes().is_empty())
    }

    /// The e-mail addresses (`rfc822Name`) in the `subjectAltName`, in encoded order.
    #[must_use]
    pub fn rfc822_names(&self) -> Rfc822Names<'a> {
        Rfc822Names::from_checked(self.extensions.subject_alternative_name.all)
    }

    /// The certificate template, version 2 or later.
    #[must_use]
    pub fn template(&self) -> Option<Template<'a>> {
        self.extensions.template
    }

    /// The name of the version 1 certificate template.
    #[must_use]
    pub fn template_name(&self) -> Option<NameString<'a>> {
        self.extensions.template_name
    }

    /// The account's security identifier in the extension 1.3.6.1.4.1.311.25.2; `None` also if the extension contains
    /// something else, such as a binary identifier.
    #[must_use]
    pub fn security_identifier(&self) -> Option<SecurityIdentifier<'a>> {
        self.extensions
            .security_identifier
            .and_then(SecurityIdentifier::from_bytes)
    }

    /// The account's security identifier in a `tag:microsoft.com,2022-09-14:sid:` URI of the `subjectAltName`.
    #[must_use]
    pub fn security_identifier_uri(&self) -> Option<SecurityIdentifier<'a>> {
        self.subject_alternative_names().find_map(|name| match name {
            GeneralName::Uri(uri) => microsoft::security_identifier_of_uri(uri),
            _ => None,
        })
    }

    /// The issuer, whose content is checked only in a [`Certificate`].
    pub(super) fn issuer_unchecked(&self) -> DistinguishedName<'a> {
        self.issuer
    }

    /// The subject, whose content is checked only in a [`Certificate`].
    pub(super) fn subject_unchecked(&self) -> DistinguishedName<'a> {
        self.subject
    }

    /// The values of the known extensions.
    pub(super) fn known(&self) -> &Extensions<'a> {
        &self.extensions
    }
}
