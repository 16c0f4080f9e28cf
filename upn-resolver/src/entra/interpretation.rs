//! What the sources leave open about values, each as a choice of its own.

use core::fmt;

use sha1::{Digest, Sha1};

use super::distinguished_name::MultiValueSeparator;
use crate::certificate::{Certificate, SerialNumber};

/// How to read what the sources leave open or contradict each other on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ValueInterpretation {
    /// How the values of a part with several attributes are joined.
    pub multi_valued: MultiValueSeparator,
    /// What becomes of the leading byte that only gives the sign of a serial number.
    pub serial_padding: SerialPadding,
    /// What `<SHA1-PUKEY>` is the hash of.
    pub sha1_public_key: Sha1PublicKey,
}

impl ValueInterpretation {
    /// The same interpretation, but for [`MultiValueSeparator`].
    #[must_use]
    pub const fn with_multi_valued(self, multi_valued: MultiValueSeparator) -> Self {
        Self { multi_valued, ..self }
    }

    /// The same interpretation, but for [`SerialPadding`].
    #[must_use]
    pub const fn with_serial_padding(self, serial_padding: SerialPadding) -> Self {
        Self {
            serial_padding,
            ..self
        }
    }

    /// The same interpretation, but for [`Sha1PublicKey`].
    #[must_use]
    pub const fn with_sha1_public_key(self, sha1_public_key: Sha1PublicKey) -> Self {
        Self {
            sha1_public_key,
            ..self
        }
    }

    /// The same interpretation, but for the one of this name: `multi-valued` is `space` or `plus`; `serial-padding` is `kept` or
    /// `dropped`; `sha1-public-key` is `certificate`, `public-key` or `subject-public-key-info`. The first of each is the default.
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
    /// Fails if there is no such interpretation.
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

    /// The bytes of a serial number that a value has, most significant byte first.
    pub(super) fn serial_bytes(self, serial: SerialNumber<'_>) -> &[u8] {
        match self.serial_padding {
            SerialPadding::Dropped => serial.without_sign_byte(),
            SerialPadding::Kept => serial.as_bytes(),
        }
    }
}

/// There is no such interpretation: see [`ValueInterpretation::with_named`].
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

/// What becomes of the leading byte of a serial number that only gives its sign: 00 before a first bit that is set, or FF before
/// one that is not.
///
/// The sources contradict each other. The page of [`CERT_INFO`] says that leading 00 and FF bytes are removed from the number that
/// Windows holds, and refers to [`CertCompareIntegerBlob`], which removes a 00 only if the first bit of the next byte is not set,
/// while one row of its table removes it all the same. [SSSD] writes the number without it. On the other side, .NET on Windows hands out the 00 of that very structure ([issue][n]), and Microsoft's cmdlet builds on .NET.
///
/// [`CERT_INFO`]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/ns-wincrypt-cert_info
/// [`CertCompareIntegerBlob`]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certcompareintegerblob
/// [SSSD]: https://github.com/SSSD/sssd/blob/master/src/man/sss-certmap.5.xml
/// [n]: https://github.com/dotnet/corefx/issues/3893
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SerialPadding {
    /// Left out, as the page of `CERT_INFO` says and SSSD does: the number alone.
    Dropped,
    /// Written like the other bytes, at the end. This is the default because it is what Windows was seen to do, and because the
    /// remark of `CertCompareIntegerBlob` explains the contradiction: what is removed there are superfluous bytes, which DER does
    /// not have, and the sign byte is not one of them.
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
    /// The bytes of `subjectPublicKey`: the words of [\[MS-PKCA\]], "SHA1 hash of the public key".
    ///
    /// [\[MS-PKCA\]]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pkca/282ed46a-97c2-4fab-8456-a6bd67b9ba71
    PublicKey,
    /// The whole `SubjectPublicKeyInfo`, another interpretation of the same words.
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
