//! Profiles: the content of a card or token.

use std::time::Duration;

use crate::{Error, Validity};

/// A PIV key slot (NIST SP 800-73-4 part 1, table 4b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Slot {
    /// 9A
    Authentication,
    /// 9E
    CardAuthentication,
    /// 9D
    KeyManagement,
    /// 82, the first of the retired key management keys
    Retired1,
    /// 9C
    Signature,
}

impl Slot {
    /// The key reference in hexadecimal, as in Yubico's program and SP 800-73.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authentication => "9a",
            Self::CardAuthentication => "9e",
            Self::KeyManagement => "9d",
            Self::Retired1 => "82",
            Self::Signature => "9c",
        }
    }
}

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256
    P256,
    /// ECDSA on P-384
    P384,
    /// RSA with 2048 bits
    Rsa2048,
    /// RSA with 3072 bits, which takes a card many seconds to generate
    Rsa3072,
    /// RSA with 4096 bits, which takes a card a minute to generate
    Rsa4096,
}

impl Algorithm {
    pub(crate) fn name_for_yubico(self) -> &'static str {
        match self {
            Self::P256 => "ECCP256",
            Self::P384 => "ECCP384",
            Self::Rsa2048 => "RSA2048",
            Self::Rsa3072 => "RSA3072",
            Self::Rsa4096 => "RSA4096",
        }
    }

    pub(crate) fn name_for_pkcs11_tool(self) -> &'static str {
        match self {
            Self::P256 => "EC:prime256v1",
            Self::P384 => "EC:secp384r1",
            Self::Rsa2048 => "rsa:2048",
            Self::Rsa3072 => "rsa:3072",
            Self::Rsa4096 => "rsa:4096",
        }
    }

    pub(crate) fn arguments_for_openssl(self) -> &'static [&'static str] {
        match self {
            Self::P256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Self::P384 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            Self::Rsa2048 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            Self::Rsa3072 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
            Self::Rsa4096 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
        }
    }
}

/// The content of a card or token: user, keys, certificates and PIN.
///
/// The default is an RSA-2048 key in 9A, a valid certificate of the trusted authority with subject, principal name and rfc822Name of
/// the user, for smart card logon and client authentication, and the PIN 654321.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    pub(crate) compression: Compression,
    pub(crate) extended_key_usage: Vec<String>,
    pub(crate) extensions: Vec<String>,
    pub(crate) issuer: Issuer,
    pub(crate) keys: Vec<(Slot, Algorithm)>,
    pub(crate) persona: Persona,
    pub(crate) pin: String,
    pub(crate) principal_names: Vec<String>,
    pub(crate) rfc822_names: Vec<String>,
    pub(crate) sid: Option<String>,
    pub(crate) subject: String,
    pub(crate) user: String,
    pub(crate) validity: Validity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Issuer {
    Trusted,
    Unknown,
}

/// Encoding of certificates on the card (NIST SP 800-73-4 part 1, table 10, `CertInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Compression {
    Gzip,
    None,
}

/// Properties of a card apart from its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Persona {
    pub(crate) delay: Duration,
    pub(crate) extended_lengths: bool,
    pub(crate) yubikey: Option<u32>,
}

impl Issuer {
    pub(crate) fn authority(self) -> Result<crate::Authority, Error> {
        match self {
            Self::Trusted => crate::Authority::trusted(),
            Self::Unknown => crate::Authority::unknown(),
        }
    }
}

impl Profile {
    /// The default profile of `user`@corp.example.
    #[must_use]
    pub fn new(user: &str) -> Self {
        Self {
            compression: Compression::None,
            extended_key_usage: vec!["1.3.6.1.4.1.311.20.2.2".into(), "clientAuth".into()],
            extensions: Vec::new(),
            issuer: Issuer::Trusted,
            keys: vec![(Slot::Authentication, Algorithm::Rsa2048)],
            persona: Persona::default(),
            pin: "654321".into(),
            principal_names: vec![format!("{user}@corp.example")],
            rfc822_names: vec![format!("{user}@corp.example")],
            sid: None,
            subject: format!("/O=Corp/CN={user}"),
            user: user.into(),
            validity: Validity::Current,
        }
    }

    /// Sets the principal names (UPNs), none or several, in the order of the subjectAltName.
    #[must_use]
    pub fn principal_names<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.principal_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the rfc822Names, none or several; they follow the principal names.
    #[must_use]
    pub fn rfc822_names<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.rfc822_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the subject, in OpenSSL's form `/O=Corp/CN=alice`.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = subject.into();
        self
    }

    /// Sets the extended key usages, as OpenSSL's names or dotted.
    #[must_use]
    pub fn extended_key_usage<'n>(mut self, usages: impl IntoIterator<Item = &'n str>) -> Self {
        self.extended_key_usage = usages.into_iter().map(Into::into).collect();
        self
    }

    /// Adds an extension, as a line of OpenSSL's configuration.
    #[must_use]
    pub fn extension(mut self, line: &str) -> Self {
        self.extensions.push(line.into());
        self
    }

    /// Adds a security extension with this SID (1.3.6.1.4.1.311.25.2, [MS-WCCE] 2.2.2.7.7.4), so that the domain has a strong mapping of
    /// the certificate.
    #[must_use]
    pub fn sid(mut self, sid: &str) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// Sets the keys; each gets a certificate with the same names.
    #[must_use]
    pub fn keys(mut self, keys: impl IntoIterator<Item = (Slot, Algorithm)>) -> Self {
        self.keys = keys.into_iter().collect();
        self
    }

    /// Sets the validity.
    #[must_use]
    pub fn validity(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    /// Uses certificates of the untrusted authority.
    #[must_use]
    pub fn unknown_issuer(mut self) -> Self {
        self.issuer = Issuer::Unknown;
        self
    }

    /// Compresses the certificates with gzip. Applies to cards, not to tokens.
    #[must_use]
    pub fn compressed_certificates(mut self) -> Self {
        self.compression = Compression::Gzip;
        self
    }

    /// Announces extended lengths in the answer to reset. They are used in [readers with extended
    /// lengths](crate::Readers::with_extended_lengths).
    #[must_use]
    pub fn extended_lengths(mut self) -> Self {
        self.persona.extended_lengths = true;
        self
    }

    /// Makes the card a `YubiKey` 5 by its answer to reset, which announces extended lengths. It answers Yubico's commands for
    /// version, serial number and the policy of a key.
    #[must_use]
    pub fn yubikey(mut self, serial: u32) -> Self {
        self.persona.yubikey = Some(serial);
        self
    }

    /// Delays each command, as physical cards do, without processor time. The delay is in whole milliseconds.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.persona.delay = delay;
        self
    }

    /// Sets the PIN, of six to eight digits.
    #[must_use]
    pub fn pin(mut self, pin: &str) -> Self {
        self.pin = pin.into();
        self
    }
}
