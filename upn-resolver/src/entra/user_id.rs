//! The values that tie a certificate to an account: Entra's `certificateUserIds`, Active Directory's
//! `altSecurityIdentities`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use sha1::{Digest, Sha1};

use super::distinguished_name::{MultiValuedJoint, WindowsName};
use crate::certificate::{Certificate, DistinguishedName, NameProblem, SerialNumber};

/// A field of a certificate that can be bound to an attribute of a user.
///
/// Source: the table "Understand the username binding policy" of
/// [Microsoft Entra certificate-based authentication technical deep dive][dd].
///
/// [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CertificateField {
    /// `X509:<I>issuer<SR>serial`.
    IssuerAndSerialNumber,
    /// `X509:<I>issuer<S>subject`.
    IssuerAndSubject,
    /// `X509:<PN>name`: the first principal name.
    PrincipalName,
    /// `X509:<RFC822>address`: the first rfc822Name.
    Rfc822Name,
    /// `X509:<SHA1-PUKEY>hash`.
    Sha1PublicKey,
    /// `X509:<S>subject`.
    Subject,
    /// `X509:<SKI>identifier`.
    SubjectKeyIdentifier,
}

impl CertificateField {
    /// Every field, in alphabetical order.
    pub const ALL: [Self; 7] = [
        Self::IssuerAndSerialNumber,
        Self::IssuerAndSubject,
        Self::PrincipalName,
        Self::Rfc822Name,
        Self::Sha1PublicKey,
        Self::Subject,
        Self::SubjectKeyIdentifier,
    ];

    /// The name that Microsoft Graph gives it (`x509CertificateField`).
    #[must_use]
    pub const fn graph_name(self) -> &'static str {
        match self {
            Self::IssuerAndSerialNumber => "IssuerAndSerialNumber",
            Self::IssuerAndSubject => "IssuerAndSubject",
            Self::PrincipalName => "PrincipalName",
            Self::Rfc822Name => "RFC822Name",
            Self::Sha1PublicKey => "SHA1PublicKey",
            Self::Subject => "Subject",
            Self::SubjectKeyIdentifier => "SubjectKeyIdentifier",
        }
    }

    /// The field of a Graph name; `SKI`, as the admin center calls it, is accepted too.
    #[must_use]
    pub fn from_graph_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("SKI") {
            return Some(Self::SubjectKeyIdentifier);
        }
        Self::ALL
            .into_iter()
            .find(|field| field.graph_name().eq_ignore_ascii_case(name))
    }

    /// How hard the field is to come by for somebody else.
    ///
    /// The deep dive's text counts three mappings of low affinity, its table four; this is the table.
    #[must_use]
    pub const fn affinity(self) -> Affinity {
        match self {
            Self::IssuerAndSerialNumber | Self::Sha1PublicKey | Self::SubjectKeyIdentifier => Affinity::High,
            Self::IssuerAndSubject | Self::PrincipalName | Self::Rfc822Name | Self::Subject => Affinity::Low,
        }
    }
}

impl fmt::Display for CertificateField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.graph_name())
    }
}

/// The affinity of a username binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Affinity {
    /// Bound by a name, which another certificate may carry too.
    Low,
    /// Bound by a key, a certificate or its serial number.
    High,
}

impl fmt::Display for Affinity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::High => "high",
        })
    }
}

/// How to read what the sources leave open or contradict each other on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ValueReadings {
    /// How the values of a part with several attributes are joined.
    pub multi_valued: MultiValuedJoint,
    /// What becomes of the zero octet that keeps a serial number positive.
    pub serial_padding: SerialPadding,
    /// What `<SHA1-PUKEY>` is the hash of.
    pub sha1_public_key: Sha1PublicKey,
}

impl ValueReadings {
    /// Chooses a reading by name: `multi-valued` is `blank` or `plus`; `serial-padding` is `kept` or `dropped`;
    /// `sha1-public-key` is `certificate`, `public-key` or `subject-public-key-info`. The first of each is the default.
    ///
    /// # Errors
    ///
    /// When there is no such reading.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownValueReading> {
        match (name, value) {
            ("multi-valued", "blank") => self.multi_valued = MultiValuedJoint::Blank,
            ("multi-valued", "plus") => self.multi_valued = MultiValuedJoint::Plus,
            ("serial-padding", "kept") => self.serial_padding = SerialPadding::Kept,
            ("serial-padding", "dropped") => self.serial_padding = SerialPadding::Dropped,
            ("sha1-public-key", "certificate") => self.sha1_public_key = Sha1PublicKey::Certificate,
            ("sha1-public-key", "public-key") => self.sha1_public_key = Sha1PublicKey::PublicKey,
            ("sha1-public-key", "subject-public-key-info") => {
                self.sha1_public_key = Sha1PublicKey::SubjectPublicKeyInfo;
            }
            _ => return Err(UnknownValueReading),
        }
        Ok(())
    }

    /// The octets of a serial number that a value has, most significant octet first.
    pub(super) fn serial_octets(self, serial: SerialNumber<'_>) -> &[u8] {
        match self.serial_padding {
            SerialPadding::Dropped => serial.magnitude(),
            SerialPadding::Kept => serial.as_octets(),
        }
    }
}

/// There is no such reading: see [`ValueReadings::set`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValueReading;

impl fmt::Display for UnknownValueReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the readings are multi-valued=blank|plus, serial-padding=kept|dropped and \
             sha1-public-key=certificate|public-key|subject-public-key-info",
        )
    }
}

impl core::error::Error for UnknownValueReading {}

/// What becomes of the zero octet in front of a serial number whose first bit is set, which keeps it positive.
///
/// No source says whether `<SR>` has it; that it does is inferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SerialPadding {
    /// Left out: the number alone.
    Dropped,
    /// Written like the other octets, at the end: Windows [keeps the octet][n], and Microsoft's cmdlet builds on .NET's
    /// `GetSerialNumber`, which hands it out.
    ///
    /// [n]: https://github.com/dotnet/corefx/issues/3893
    #[default]
    Kept,
}

/// What `<SHA1-PUKEY>` is the SHA-1 of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sha1PublicKey {
    /// The whole certificate, that is its thumbprint: what Microsoft's own [cmdlet] computes, and what Samba found
    /// Windows to do ([bug 16001]). A renewed certificate has another value.
    ///
    /// [cmdlet]: https://learn.microsoft.com/en-us/powershell/module/microsoft.entra.certificatebasedauthentication/get-entrausercertificateuseridsfromcertificate
    /// [bug 16001]: https://bugzilla.samba.org/show_bug.cgi?id=16001
    #[default]
    Certificate,
    /// The octets of `subjectPublicKey`: the words of [\[MS-PKCA\]], "SHA1 hash of the public key".
    ///
    /// [\[MS-PKCA\]]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pkca/282ed46a-97c2-4fab-8456-a6bd67b9ba71
    PublicKey,
    /// The whole `SubjectPublicKeyInfo`, another reading of the same words.
    SubjectPublicKeyInfo,
}

impl Sha1PublicKey {
    pub(super) fn hash(self, certificate: &Certificate<'_>) -> [u8; 20] {
        let octets = match self {
            Self::Certificate => certificate.as_der(),
            Self::PublicKey => certificate.public_key().key_octets(),
            Self::SubjectPublicKeyInfo => certificate.public_key().as_der(),
        };
        Sha1::digest(octets).into()
    }
}

/// One value of `certificateUserIds` that a certificate answers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateUserId {
    field: CertificateField,
    value: String,
}

impl CertificateUserId {
    /// The value for one field; `None` when the certificate does not have the field.
    ///
    /// Format: [Certificate user IDs][cuid]. The serial number is written byte by byte from its end, as that page's
    /// example has it; Microsoft's cmdlet writes it the other way round, in a form that never matches ([issue][sr]).
    /// Hexadecimal digits are written as that cmdlet and that page write them, and compared without case.
    ///
    /// # Errors
    ///
    /// When the name in that field holds characters that must not be shown or compared.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::Certificate;
    /// use upn_resolver::entra::{CertificateField, CertificateUserId, ValueReadings};
    ///
    /// # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
    /// let certificate = Certificate::from_der(der)?;
    /// let field = CertificateField::PrincipalName;
    /// let value = CertificateUserId::of(&certificate, field, ValueReadings::default())?;
    /// assert_eq!(value.unwrap().as_str(), "X509:<PN>ada.example@contoso.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
    /// [sr]: https://github.com/microsoftgraph/entra-powershell/pull/1511
    pub fn of(
        certificate: &Certificate<'_>,
        field: CertificateField,
        readings: ValueReadings,
    ) -> Result<Option<Self>, NameProblem> {
        let value = match field {
            CertificateField::IssuerAndSerialNumber => {
                let issuer = name(certificate.issuer(), readings)?;
                Some(alloc::format!(
                    "X509:<I>{issuer}<SR>{}",
                    ReversedSerial(readings.serial_octets(certificate.serial_number()))
                ))
            }
            CertificateField::IssuerAndSubject | CertificateField::Subject
                if certificate.subject().is_empty() =>
            {
                None
            }
            CertificateField::IssuerAndSubject => {
                let (issuer, subject) = (
                    name(certificate.issuer(), readings)?,
                    name(certificate.subject(), readings)?,
                );
                Some(alloc::format!("X509:<I>{issuer}<S>{subject}"))
            }
            CertificateField::PrincipalName => match certificate.principal_names().next() {
                Some(name) => Some(alloc::format!("X509:<PN>{}", name.text()?)),
                None => None,
            },
            CertificateField::Rfc822Name => match certificate.rfc822_names().next() {
                Some(name) => Some(alloc::format!("X509:<RFC822>{}", name.text()?)),
                None => None,
            },
            CertificateField::Sha1PublicKey => {
                let hash = readings.sha1_public_key.hash(certificate);
                Some(alloc::format!("X509:<SHA1-PUKEY>{}", UpperHex(&hash)))
            }
            CertificateField::Subject => Some(alloc::format!(
                "X509:<S>{}",
                name(certificate.subject(), readings)?
            )),
            CertificateField::SubjectKeyIdentifier => certificate
                .subject_key_identifier()
                .map(|identifier| alloc::format!("X509:<SKI>{}", UpperHex(identifier))),
        };
        Ok(value.map(|value| Self { field, value }))
    }

    /// The values for all fields that the certificate has, in the order of [`CertificateField::ALL`]; a field whose
    /// name can't be used is left out.
    #[must_use]
    pub fn all_of(certificate: &Certificate<'_>, readings: ValueReadings) -> Vec<Self> {
        let of = |field| Self::of(certificate, field, readings).ok().flatten();
        CertificateField::ALL.into_iter().filter_map(of).collect()
    }

    /// The field that it is the value of.
    #[must_use]
    pub fn field(&self) -> CertificateField {
        self.field
    }

    /// The value, as it is written into the attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for CertificateUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

/// One value of Active Directory's `altSecurityIdentities` that a certificate answers to.
///
/// Source: [\[MS-PKCA\]], the sections on explicit mappings and their strength.
///
/// [\[MS-PKCA\]]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pkca/95c6f0e3-3565-41d7-80ed-2333c4c5e107
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AltSecurityIdentity {
    value: String,
    strength: MappingStrength,
}

/// Whether a domain controller accepts a mapping on its own since the certificate changes of KB5014754.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MappingStrength {
    /// Accepted: by a key, a certificate or its serial number.
    Strong,
    /// By a name: refused once the domain controller enforces strong mapping.
    Weak,
}

impl fmt::Display for MappingStrength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strong => "strong",
            Self::Weak => "weak",
        })
    }
}

impl AltSecurityIdentity {
    /// The values that the certificate answers to. There is none for the principal name, which Active Directory looks
    /// up in `userPrincipalName` itself.
    ///
    /// The last one, `X509:<I>…<SID>…`, is in the newest revision of the specification only.
    #[must_use]
    pub fn all_of(certificate: &Certificate<'_>, readings: ValueReadings) -> Vec<Self> {
        let mut values: Vec<Self> = CertificateUserId::all_of(certificate, readings)
            .into_iter()
            .filter(|value| value.field() != CertificateField::PrincipalName)
            .map(|value| Self {
                strength: match value.field().affinity() {
                    Affinity::High => MappingStrength::Strong,
                    Affinity::Low => MappingStrength::Weak,
                },
                value: value.value,
            })
            .collect();
        if let (Some(sid), Ok(issuer)) = (
            certificate.security_identifier(),
            name(certificate.issuer(), readings),
        ) {
            let value = alloc::format!("X509:<I>{issuer}<SID>{sid}");
            values.push(Self {
                value,
                strength: MappingStrength::Strong,
            });
        }
        values
    }

    /// The value, as it is written into the attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Whether it suffices on its own.
    #[must_use]
    pub fn strength(&self) -> MappingStrength {
        self.strength
    }
}

impl fmt::Display for AltSecurityIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

fn name(name: DistinguishedName<'_>, readings: ValueReadings) -> Result<String, NameProblem> {
    let name = WindowsName::new(name).joined_with(readings.multi_valued);
    match name.problem() {
        Some(problem) => Err(problem),
        None => Ok(name.to_string()),
    }
}

/// The serial number from its last octet to its first: how Windows holds it in memory, and how both directories write
/// it.
struct ReversedSerial<'a>(&'a [u8]);

impl fmt::Display for ReversedSerial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

struct UpperHex<'o>(&'o [u8]);

impl fmt::Display for UpperHex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}
