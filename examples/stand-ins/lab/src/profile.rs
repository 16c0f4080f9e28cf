//! What a card should hold.

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
    /// The key reference as Yubico's program and SP 800-73 write it.
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
    /// RSA with 3072 bits, which a card takes many seconds to make
    Rsa3072,
    /// RSA with 4096 bits, which a card takes a minute to make
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

/// Whose certificate a card or token holds, on which keys, and with which PIN.
///
/// As it starts: an RSA-2048 key in 9A, a current certificate of the trusted authority with subject, principal name and
/// rfc822Name of the user, for smart card logon and client authentication, and the PIN 654321.
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

/// How certificates lie on the card (NIST SP 800-73-4 part 1, table 10, `CertInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Compression {
    Gzip,
    None,
}

/// What a card shows of itself beside its memory.
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
    /// The profile of `user`@corp.example.
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

    /// Other principal names (UPNs), none or several, in the order of the subjectAltName.
    #[must_use]
    pub fn principal_names<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.principal_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Other rfc822Names, none or several; they follow the principal names.
    #[must_use]
    pub fn rfc822_names<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.rfc822_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Another subject, in OpenSSL's form `/O=Corp/CN=alice`.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = subject.into();
        self
    }

    /// Other extended key usages, in OpenSSL's names or dotted.
    #[must_use]
    pub fn extended_key_usage<'n>(mut self, usages: impl IntoIterator<Item = &'n str>) -> Self {
        self.extended_key_usage = usages.into_iter().map(Into::into).collect();
        self
    }

    /// One more extension, as a line of OpenSSL's configuration.
    #[must_use]
    pub fn extension(mut self, line: &str) -> Self {
        self.extensions.push(line.into());
        self
    }

    /// A security extension with this SID (1.3.6.1.4.1.311.25.2, [MS-WCCE] 2.2.2.7.7.4), by which a domain maps the certificate
    /// strongly.
    #[must_use]
    pub fn sid(mut self, sid: &str) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// Other keys, each with a certificate of the same names.
    #[must_use]
    pub fn keys(mut self, keys: impl IntoIterator<Item = (Slot, Algorithm)>) -> Self {
        self.keys = keys.into_iter().collect();
        self
    }

    /// Another time of validity.
    #[must_use]
    pub fn validity(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    /// Certificates of the authority that nothing trusts.
    #[must_use]
    pub fn unknown_issuer(mut self) -> Self {
        self.issuer = Issuer::Unknown;
        self
    }

    /// Certificates compressed with gzip on the card. Only cards take notice, not tokens.
    #[must_use]
    pub fn compressed_certificates(mut self) -> Self {
        self.compression = Compression::Gzip;
        self
    }

    /// A card whose answer to reset announces extended lengths. They are used in
    /// [readers that take them](crate::Readers::with_extended_lengths).
    #[must_use]
    pub fn extended_lengths(mut self) -> Self {
        self.persona.extended_lengths = true;
        self
    }

    /// A card that is a `YubiKey` 5 by its answer to reset, which announces extended lengths too, and answers Yubico's
    /// commands for version, serial number and a key's policy.
    #[must_use]
    pub fn yubikey(mut self, serial: u32) -> Self {
        self.persona.yubikey = Some(serial);
        self
    }

    /// A card that thinks about each command for a while, as real ones do, without work for the processor. Whole
    /// milliseconds count.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.persona.delay = delay;
        self
    }

    /// Another PIN, of six to eight digits.
    #[must_use]
    pub fn pin(mut self, pin: &str) -> Self {
        self.pin = pin.into();
        self
    }
}
