//! Parsing of `certificateUserIds` values, and comparison with a certificate.

use core::fmt;

use super::distinguished_name::{NameOrder, WindowsName};
use super::field::CertificateField;
use super::fold;
use super::interpretation::{Sha1PublicKey, ValueInterpretation};
use super::spacing;
use crate::certificate::{Certificate, DistinguishedName, SerialNumber, is_printable};
use crate::responsible::Responsible;

/// Maximum length of a value of `certificateUserIds`, in characters.
///
/// Source: [Certificate user IDs](https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids).
pub const MAX_VALUE_LENGTH: usize = 1024;

/// A parsed value of `certificateUserIds`.
///
/// The prefix and the tags are case-sensitive. A space after a tag, as in two examples of the documentation, is
/// ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoredUserId<'a> {
    /// `X509:<I>issuer<SR>serial`.
    IssuerAndSerialNumber {
        /// The issuer's name.
        issuer: &'a str,
        /// The serial number in hexadecimal, least significant byte first.
        serial: &'a str,
    },
    /// `X509:<I>issuer<S>subject`.
    IssuerAndSubject {
        /// The issuer's name.
        issuer: &'a str,
        /// The subject's name.
        subject: &'a str,
    },
    /// `X509:<PN>name`.
    PrincipalName(&'a str),
    /// `X509:<RFC822>address`.
    Rfc822Name(&'a str),
    /// `X509:<SHA1-PUKEY>hash`, in hexadecimal.
    Sha1PublicKey(&'a str),
    /// `X509:<S>subject`.
    Subject(&'a str),
    /// `X509:<SKI>identifier`, in hexadecimal.
    SubjectKeyIdentifier(&'a str),
}

impl<'a> StoredUserId<'a> {
    /// Parses a value.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot match any certificate.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::entra::{MalformedUserId, StoredUserId};
    ///
    /// assert_eq!(
    ///     StoredUserId::parse("X509:<PN>bob@woodgrove"),
    ///     Ok(StoredUserId::PrincipalName("bob@woodgrove"))
    /// );
    /// assert_eq!(StoredUserId::parse("x509:<PN>bob@woodgrove"), Err(MalformedUserId::NoPrefix));
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, MalformedUserId> {
        if text.len() > MAX_VALUE_LENGTH && text.chars().count() > MAX_VALUE_LENGTH {
            return Err(MalformedUserId::TooLong);
        }
        if contains_control(text) {
            return Err(MalformedUserId::Control);
        }
        let (tag, value) = text
            .strip_prefix("X509:<")
            .and_then(split_tag)
            .ok_or(MalformedUserId::NoPrefix)?;
        let value = value.trim_start_matches(' ');
        if contains_prefix(value) {
            return Err(MalformedUserId::SeveralValues);
        }
        if value.is_empty() {
            return Err(MalformedUserId::Empty);
        }
        match tag {
            "I" => Self::parse_issuer(value),
            "PN" => Ok(Self::PrincipalName(value)),
            "RFC822" => Ok(Self::Rfc822Name(value)),
            "S" => Ok(Self::Subject(value)),
            "SHA1-PUKEY" if value.len() == 40 => hexadecimal(value).map(Self::Sha1PublicKey),
            "SHA1-PUKEY" => Err(MalformedUserId::NotHexadecimal),
            "SKI" => hexadecimal(value).map(Self::SubjectKeyIdentifier),
            _ => Err(MalformedUserId::UnknownTag),
        }
    }

    /// The certificate field that the value is compared with.
    #[must_use]
    pub fn field(&self) -> CertificateField {
        match self {
            Self::IssuerAndSerialNumber { .. } => CertificateField::IssuerAndSerialNumber,
            Self::IssuerAndSubject { .. } => CertificateField::IssuerAndSubject,
            Self::PrincipalName(_) => CertificateField::PrincipalName,
            Self::Rfc822Name(_) => CertificateField::Rfc822Name,
            Self::Sha1PublicKey(_) => CertificateField::Sha1PublicKey,
            Self::Subject(_) => CertificateField::Subject,
            Self::SubjectKeyIdentifier(_) => CertificateField::SubjectKeyIdentifier,
        }
    }

    /// Whether the value matches the certificate. The comparison ignores case, which differs between the
    /// documentation's own examples, and does not allocate.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate<'_>, interpretation: ValueInterpretation) -> bool {
        let same = |text, name| same_name(text, name, NameOrder::Encoded, interpretation);
        match *self {
            Self::IssuerAndSerialNumber { issuer, serial } => {
                let ours = interpretation.serial_bytes(certificate.serial_number());
                same_bytes(serial, ours.iter().rev()) && same(issuer, certificate.issuer())
            }
            Self::IssuerAndSubject { issuer, subject } => {
                same(issuer, certificate.issuer()) && same(subject, certificate.subject())
            }
            Self::PrincipalName(name) => first_equals(certificate.principal_name(), name),
            Self::Rfc822Name(name) => first_equals(certificate.rfc822_name(), name),
            Self::Sha1PublicKey(hash) => {
                same_bytes(hash, interpretation.sha1_public_key.hash(certificate).iter())
            }
            Self::Subject(subject) => same(subject, certificate.subject()),
            Self::SubjectKeyIdentifier(identifier) => certificate
                .subject_key_identifier()
                .is_some_and(|ours| same_bytes(identifier, ours.iter())),
        }
    }

    /// A mistake in the value itself, which prevents any match although its form is valid: a space after a comma in a
    /// name, as shown by viewers.
    #[must_use]
    pub fn mistake(self) -> Option<MalformedUserId> {
        let names = match self {
            Self::IssuerAndSerialNumber { issuer, .. } => [issuer, ""],
            Self::IssuerAndSubject { issuer, subject } => [issuer, subject],
            Self::Subject(subject) => [subject, ""],
            _ => return None,
        };
        names
            .into_iter()
            .any(|name| spacing::without(name).is_some())
            .then_some(MalformedUserId::SpacedName)
    }

    /// Finds a common mistake that prevents the value from matching the certificate.
    #[must_use]
    pub fn near_miss(
        &self,
        certificate: &Certificate<'_>,
        interpretation: ValueInterpretation,
    ) -> Option<NearMiss> {
        if self.matches(certificate, interpretation) {
            return None;
        }
        if let Some(mistake) = self.spaced_near_miss(certificate, interpretation) {
            return Some(mistake);
        }
        let either_way = |text, name| {
            [NameOrder::Encoded, NameOrder::Reversed]
                .iter()
                .any(|order| same_name(text, name, *order, interpretation))
        };
        match *self {
            Self::IssuerAndSerialNumber { issuer, serial } if either_way(issuer, certificate.issuer()) => {
                let ours = interpretation.serial_bytes(certificate.serial_number());
                if same_bytes(serial, ours.iter().rev()) {
                    Some(NearMiss::NameReversed)
                } else {
                    serial_near_miss(serial, certificate.serial_number())
                }
            }
            Self::IssuerAndSubject { issuer, subject } => (either_way(issuer, certificate.issuer())
                && either_way(subject, certificate.subject()))
            .then_some(NearMiss::NameReversed),
            Self::Sha1PublicKey(hash) => [
                Sha1PublicKey::Certificate,
                Sha1PublicKey::PublicKey,
                Sha1PublicKey::SubjectPublicKeyInfo,
            ]
            .iter()
            .any(|interpretation| same_bytes(hash, interpretation.hash(certificate).iter()))
            .then_some(NearMiss::OtherHash),
            Self::Subject(subject) => {
                either_way(subject, certificate.subject()).then_some(NearMiss::NameReversed)
            }
            _ => None,
        }
    }

    /// Finds a mistake in the value other than spaces between the parts of its names.
    fn spaced_near_miss(
        &self,
        certificate: &Certificate<'_>,
        interpretation: ValueInterpretation,
    ) -> Option<NearMiss> {
        self.mistake()?;
        let bare = |name: &str| spacing::without(name).unwrap_or_else(|| name.into());
        let (issuer, subject);
        let closer = match *self {
            Self::IssuerAndSerialNumber { issuer: name, serial } => {
                issuer = bare(name);
                StoredUserId::IssuerAndSerialNumber {
                    issuer: &issuer,
                    serial,
                }
            }
            Self::IssuerAndSubject {
                issuer: name,
                subject: other,
            } => {
                (issuer, subject) = (bare(name), bare(other));
                StoredUserId::IssuerAndSubject {
                    issuer: &issuer,
                    subject: &subject,
                }
            }
            Self::Subject(name) => {
                subject = bare(name);
                StoredUserId::Subject(&subject)
            }
            _ => return None,
        };
        if closer.matches(certificate, interpretation) {
            Some(NearMiss::SpacedName)
        } else {
            closer.near_miss(certificate, interpretation)
        }
    }

    fn parse_issuer(value: &'a str) -> Result<Self, MalformedUserId> {
        let (issuer, tag, rest) = ["<SR>", "<S>"]
            .into_iter()
            .find_map(|tag| value.rsplit_once(tag).map(|(issuer, rest)| (issuer, tag, rest)))
            .ok_or(MalformedUserId::IssuerAlone)?;
        let rest = rest.trim_start_matches(' ');
        if issuer.is_empty() || rest.is_empty() {
            return Err(MalformedUserId::Empty);
        }
        if tag == "<S>" {
            return Ok(Self::IssuerAndSubject {
                issuer,
                subject: rest,
            });
        }
        Ok(Self::IssuerAndSerialNumber {
            issuer,
            serial: hexadecimal(rest)?,
        })
    }
}

/// Reason why a text is not a value of `certificateUserIds` that can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MalformedUserId {
    /// A control character.
    Control,
    /// No content after the tag.
    Empty,
    /// `<I>` without `<S>` or `<SR>`.
    IssuerAlone,
    /// It does not begin with `X509:<`, with a capital X.
    NoPrefix,
    /// Not pairs of hexadecimal digits, or not 40 of them for `<SHA1-PUKEY>`.
    NotHexadecimal,
    /// A second `X509:<`: several values that were joined.
    SeveralValues,
    /// A name with a space after a comma.
    SpacedName,
    /// Longer than [`MAX_VALUE_LENGTH`].
    TooLong,
    /// An unknown tag. Tags are case-sensitive.
    UnknownTag,
}

impl MalformedUserId {
    /// Who has to act: the administrator of the tenant.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::Administrator
    }
}

impl fmt::Display for MalformedUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "it contains a control character",
            Self::Empty => "a tag without content",
            Self::IssuerAlone => "<I> must be followed by <S> or <SR>",
            Self::NoPrefix => "it must begin with X509:< (with a capital X)",
            Self::NotHexadecimal => {
                "a key identifier or serial number requires pairs of hexadecimal digits, a hash 40 digits"
            }
            Self::SeveralValues => "it contains several values; add each as a separate value",
            Self::SpacedName => "a name has spaces between its parts; write CN=Contoso CA,O=Contoso instead of CN=Contoso CA, O=Contoso",
            Self::TooLong => "it is longer than 1024 characters",
            Self::UnknownTag => "the tag must be <PN>, <RFC822>, <S>, <I>…<S>, <I>…<SR>, <SKI> or <SHA1-PUKEY>",
        })
    }
}

impl core::error::Error for MalformedUserId {}

/// A common mistake in a value, which prevents it from matching the intended certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NearMiss {
    /// A name in the order shown by viewers, instead of the encoded order.
    NameReversed,
    /// `<SHA1-PUKEY>` with the hash of another part of the certificate.
    OtherHash,
    /// The serial number in the order shown by viewers, which is what Microsoft's cmdlet writes
    /// ([issue](https://github.com/microsoftgraph/entra-powershell/pull/1511)).
    SerialNotReversed,
    /// A serial number that differs in the leading byte that only gives its sign.
    SerialPadding,
    /// A name with spaces between its parts.
    SpacedName,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameReversed => "a name is in the order shown by viewers; write it in encoded order",
            Self::OtherHash => "the hash is that of another part of the certificate",
            Self::SerialNotReversed => {
                "the serial number is in the order shown by viewers; reverse its bytes"
            }
            Self::SerialPadding => "the serial number differs in the leading byte that only gives its sign",
            Self::SpacedName => "a name has spaces between its parts, as shown by viewers; remove them",
        })
    }
}

/// The tag and the value after it. Tags are short.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == b'>')?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// Whether the text has a control character.
pub(super) fn contains_control(text: &str) -> bool {
    !is_printable(text.as_bytes()) && text.contains(char::is_control)
}

/// Whether another value begins in the text, in any case.
fn contains_prefix(text: &str) -> bool {
    const PREFIX: &[u8] = b"X509:<";
    // A name or a hash has no such bracket.
    let text = text.as_bytes();
    text.contains(&b'<')
        && text
            .windows(PREFIX.len())
            .any(|window| window.eq_ignore_ascii_case(PREFIX))
}

fn serial_near_miss(stored: &str, serial: SerialNumber<'_>) -> Option<NearMiss> {
    let (whole, bare) = (serial.as_bytes(), serial.without_sign_byte());
    if same_bytes(stored, whole.iter()) || same_bytes(stored, bare.iter()) {
        return Some(NearMiss::SerialNotReversed);
    }
    let padded = same_bytes(stored, whole.iter().rev()) || same_bytes(stored, bare.iter().rev());
    (padded && whole != bare).then_some(NearMiss::SerialPadding)
}

fn first_equals(name: Option<crate::certificate::NameString<'_>>, text: &str) -> bool {
    name.and_then(|name| name.text().ok())
        .is_some_and(|name| fold::equal(&name, text))
}

fn same_name(
    text: &str,
    name: DistinguishedName<'_>,
    order: NameOrder,
    interpretation: ValueInterpretation,
) -> bool {
    let name = WindowsName::new(name)
        .with_separator(interpretation.multi_valued)
        .with_order(order);
    fold::prints(text, name) && name.problem().is_none()
}

/// Whether the text is the bytes in hexadecimal, in any case.
fn same_bytes<'o>(text: &str, bytes: impl ExactSizeIterator<Item = &'o u8>) -> bool {
    text.len() == bytes.len() * 2
        && text
            .as_bytes()
            .chunks_exact(2)
            .zip(bytes)
            .all(|(digits, byte)| match digits {
                [high, low] => digit(*high)
                    .zip(digit(*low))
                    .is_some_and(|(high, low)| high << 4 | low == *byte),
                _ => false,
            })
}

fn digit(character: u8) -> Option<u8> {
    char::from(character)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

fn hexadecimal(text: &str) -> Result<&str, MalformedUserId> {
    // Every byte is examined, which is faster than stopping at the first match.
    let all = |all: bool, byte: &u8| all & byte.is_ascii_hexdigit();
    if text.len() % 2 == 0 && text.as_bytes().iter().fold(true, all) {
        Ok(text)
    } else {
        Err(MalformedUserId::NotHexadecimal)
    }
}
