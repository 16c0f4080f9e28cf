//! Values of Entra's `certificateUserIds`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::distinguished_name::WindowsName;
use super::field::CertificateField;
use super::interpretation::ValueInterpretation;
use crate::certificate::{Certificate, DistinguishedName, NameProblem};

/// A value of `certificateUserIds` that matches a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateUserId {
    field: CertificateField,
    pub(super) value: String,
    warning: Option<NameProblem>,
}

impl CertificateUserId {
    /// Returns the value for one field; `None` if the certificate does not have the field.
    ///
    /// Format: [Certificate user IDs][cuid]. The serial number is written in reverse byte order, as in that page's
    /// example; Microsoft's cmdlet writes it in the original order, in a form that never matches ([issue][sr]).
    /// Hexadecimal digits are written as by that cmdlet and page, and compared without case.
    ///
    /// # Errors
    ///
    /// Fails if a name in that field contains text that cannot be decoded, or control or bidirectional characters.
    /// Other peculiarities are a [`warning`](Self::warning).
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::Certificate;
    /// use upn_resolver::entra::{CertificateField, CertificateUserId, ValueInterpretation};
    ///
    /// # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
    /// let certificate = Certificate::from_der(der)?;
    /// let field = CertificateField::PrincipalName;
    /// let value = CertificateUserId::of(&certificate, field, ValueInterpretation::default())?;
    /// assert_eq!(value.unwrap().as_str(), "X509:<PN>ada.example@contoso.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
    /// [sr]: https://github.com/microsoftgraph/entra-powershell/pull/1511
    pub fn of(
        certificate: &Certificate<'_>,
        field: CertificateField,
        interpretation: ValueInterpretation,
    ) -> Result<Option<Self>, NameProblem> {
        let (issuer, subject) = (certificate.issuer(), certificate.subject());
        let names: &[DistinguishedName<'_>] = match field {
            CertificateField::IssuerAndSerialNumber => &[issuer],
            CertificateField::IssuerAndSubject => &[issuer, subject],
            CertificateField::Subject => &[subject],
            _ => &[],
        };
        let warning = names.iter().find_map(|name| WindowsName::new(*name).warning());
        let value = match field {
            CertificateField::IssuerAndSerialNumber => {
                let issuer = name(issuer, interpretation)?;
                Some(alloc::format!(
                    "X509:<I>{issuer}<SR>{}",
                    ReversedSerial(interpretation.serial_bytes(certificate.serial_number()))
                ))
            }
            CertificateField::IssuerAndSubject | CertificateField::Subject if subject.is_empty() => None,
            CertificateField::IssuerAndSubject => {
                let (issuer, subject) = (name(issuer, interpretation)?, name(subject, interpretation)?);
                Some(alloc::format!("X509:<I>{issuer}<S>{subject}"))
            }
            CertificateField::PrincipalName => match certificate.principal_name() {
                Some(name) => Some(alloc::format!("X509:<PN>{}", name.text()?)),
                None => None,
            },
            CertificateField::Rfc822Name => match certificate.rfc822_name() {
                Some(name) => Some(alloc::format!("X509:<RFC822>{}", name.text()?)),
                None => None,
            },
            CertificateField::Sha1PublicKey => {
                let hash = interpretation.sha1_public_key.hash(certificate);
                Some(alloc::format!("X509:<SHA1-PUKEY>{}", UpperHex(&hash)))
            }
            CertificateField::Subject => Some(alloc::format!("X509:<S>{}", name(subject, interpretation)?)),
            CertificateField::SubjectKeyIdentifier => certificate
                .subject_key_identifier()
                .filter(|identifier| !identifier.is_empty())
                .map(|identifier| alloc::format!("X509:<SKI>{}", UpperHex(identifier))),
        };
        Ok(value.map(|value| Self {
            field,
            value,
            warning,
        }))
    }

    /// Returns the values for all fields of the certificate, in the order of [`CertificateField::ALL`]. Fields with
    /// unusable names are omitted.
    #[must_use]
    pub fn all_of(certificate: &Certificate<'_>, interpretation: ValueInterpretation) -> Vec<Self> {
        let of = |field| Self::of(certificate, field, interpretation).ok().flatten();
        CertificateField::ALL.iter().copied().filter_map(of).collect()
    }

    /// The field that the value is compared with.
    #[must_use]
    pub fn field(&self) -> CertificateField {
        self.field
    }

    /// The value as it is written into the attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// A warning to check before the value is used: see [`WindowsName::warning`].
    #[must_use]
    pub fn warning(&self) -> Option<NameProblem> {
        self.warning
    }
}

impl fmt::Display for CertificateUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

/// The name in the form used in values.
pub(super) fn name(
    name: DistinguishedName<'_>,
    interpretation: ValueInterpretation,
) -> Result<String, NameProblem> {
    let name = WindowsName::new(name).with_separator(interpretation.multi_valued);
    match name.problem() {
        Some(problem) => Err(problem),
        None => Ok(name.to_string()),
    }
}

/// The serial number in reverse byte order, as Windows stores it and both directories write it.
struct ReversedSerial<'a>(&'a [u8]);

impl fmt::Display for ReversedSerial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

struct UpperHex<'o>(&'o [u8]);

impl fmt::Display for UpperHex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}
