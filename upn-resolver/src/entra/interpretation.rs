//! Interpretations for values, where the sources are silent or contradict each other.

use core::fmt;

use sha1::{Digest, Sha1};

use super::distinguished_name::MultiValueSeparator;
use crate::certificate::{Certificate, SerialNumber};

/// The interpretations used to build and compare values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ValueInterpretation {
    /// Separator between the values of a multi-valued part.
    pub multi_valued: MultiValueSeparator,
    /// Handling of the leading byte that only gives the sign of a serial number.
    pub serial_padding: SerialPadding,
    /// Input of the hash in `<SHA1-PUKEY>`.
    pub sha1_public_key: Sha1PublicKey,
}

impl ValueInterpretation {
    /// Returns a copy with another [`MultiValueSeparator`].
    #[must_use]
    pub const fn with_multi_valued(self, multi_valued: MultiValueSeparator) -> Self {
        Self { multi_valued, ..self }
    }

    /// Returns a copy with another [`SerialPadding`].
    #[must_use]
    pub const fn with_serial_padding(self, serial_padding: SerialPadding) -> Self {
        Self {
            serial_padding,
            ..self
        }
    }

    /// Returns a copy with another [`Sha1PublicKey`].
    #[must_use]
    pub const fn with_sha1_public_key(self, sha1_public_key: Sha1PublicKey) -> Self {
        Self {
            sha1_public_key,
            ..self
        }
    }

    /// Returns a copy with one interpretation set by name: `multi-valued` is `space` or `plus`; `serial-padding` is
    /// `kept` or `dropped`; `sha1-public-key` is `certificate`, `public-key` or `subject-public-key-info`. The first
    /// value is the default.
    ///
    /// ```
    /// use upn_resolver::entra::{SerialPadding, ValueInterpretation};
    ///
    /// let interpretation = ValueInterpretation::default().with_named("serial-padding", "dropped")?;
    /// assert_eq!(interpretation, ValueInterpretation::default().with_serial_padding(SerialPadding::Dropped));
    /// # Ok::<(), upn_resolver::entra::UnknownValueInterpretation>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the interpretation or its value does not exist.
    pub fn with_named(self, name: &str, value: &str) -> Result<Self, UnknownValueInterpretation> {
        Ok(match (name, value) {
            ("multi-valued", "space") => self.with_multi_valued(MultiValueSeparator::Space),
            ("multi-valued", "plus") => self.with_multi_valued(MultiValueSeparator::Plus),
            ("serial-padding", "kept") => self.with_serial_padding(SerialPadding::Kept),
            ("serial-padding", "dropped") => self.with_serial_padding(SerialPadding::Dropped),
            ("sha1-public-key", "certificate") => self.with_sha1_public_key(Sha1PublicKey::Certificate),
            ("sha1-public-key", "public-key") => self.with_sha1_public_key(Sha1PublicKey::PublicKey),
            ("sha1-public-key", "subject-public-key-info") => {
                self.with_sha1_public_key(Sha1PublicKey::SubjectPublicKeyInfo)
            }
            _ => return Err(UnknownValueInterpretation),
        })
    }

    /// The bytes of a serial number in a value, most significant byte first.
    pub(super) fn serial_bytes(self, serial: SerialNumber<'_>) -> &[u8] {
        match self.serial_padding {
            SerialPadding::Dropped => serial.without_sign_byte(),
            SerialPadding::Kept => serial.as_bytes(),
        }
    }
}

/// Error for an unknown interpretation or value: see [`ValueInterpretation::with_named`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValueInterpretation;

impl fmt::Display for UnknownValueInterpretation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the interpretation are multi-valued=space|plus, serial-padding=kept|dropped and \
             sha1-public-key=certificate|public-key|subject-public-key-info",
        )
    }
}

impl core::error::Error for UnknownValueInterpretation {}

/// Handling of the leading byte of a serial number that only gives its sign: 00 before a bit that is set, FF before a
/// bit that is not.
///
/// The sources contradict each other. The page of [`CERT_INFO`] says that leading 00 and FF bytes are removed from
/// the number that Windows stores, and refers to [`CertCompareIntegerBlob`], which removes a 00 only if the first bit
/// of the next byte is not set, while one row of its table removes it regardless. [SSSD] writes the number without
/// it. In contrast, .NET on Windows returns the 00 of that very structure ([issue][n]), and Microsoft's cmdlet is
/// based on .NET.
///
/// [`CERT_INFO`]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/ns-wincrypt-cert_info
/// [`CertCompareIntegerBlob`]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certcompareintegerblob
/// [SSSD]: https://github.com/SSSD/sssd/blob/master/src/man/sss-certmap.5.xml
/// [n]: https://github.com/dotnet/corefx/issues/3893
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SerialPadding {
    /// Omitted, as documented for `CERT_INFO` and as in SSSD.
    Dropped,
    /// Written like the other bytes, at the end. This is the default because Windows was observed to do so, and
    /// because the remark of `CertCompareIntegerBlob` explains the contradiction: it removes superfluous bytes, which
    /// do not occur in DER, and the sign byte is not one of them.
    #[default]
    Kept,
}

/// Input of the SHA-1 hash in `<SHA1-PUKEY>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sha1PublicKey {
    /// The whole certificate, so that the hash is its thumbprint. Microsoft's own [cmdlet] computes this, and Samba
    /// observed it on Windows ([bug 16001]). A renewed certificate has another value.
    ///
    /// [cmdlet]: https://learn.microsoft.com/en-us/powershell/module/microsoft.entra.certificatebasedauthentication/get-entrausercertificateuseridsfromcertificate
    /// [bug 16001]: https://bugzilla.samba.org/show_bug.cgi?id=16001
    #[default]
    Certificate,
    /// The content of `subjectPublicKey`, as in [\[MS-PKCA\]]: "SHA1 hash of the public key".
    ///
    /// [\[MS-PKCA\]]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pkca/282ed46a-97c2-4fab-8456-a6bd67b9ba71
    PublicKey,
    /// The whole `SubjectPublicKeyInfo`, another interpretation of the same sentence.
    SubjectPublicKeyInfo,
}

impl Sha1PublicKey {
    pub(super) fn hash(self, certificate: &Certificate<'_>) -> [u8; 20] {
        let bytes = match self {
            Self::Certificate => certificate.as_der(),
            Self::PublicKey => certificate.public_key().key_bytes(),
            Self::SubjectPublicKeyInfo => certificate.public_key().as_der(),
        };
        Sha1::digest(bytes).into()
    }
}
