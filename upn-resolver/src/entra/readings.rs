//! What the sources leave open about values, each as a choice of its own.

use core::fmt;

use sha1::{Digest, Sha1};

use super::distinguished_name::MultiValuedJoint;
use crate::certificate::{Certificate, SerialNumber};

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
