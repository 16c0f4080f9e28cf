//! Recognition of files that are mistaken for certificates, for error messages.

use core::fmt;

use super::der::{
    BIT_STRING, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, UTC_TIME,
};
use super::pem::Blocks;
use crate::text_file::decode_text;

/// Probable content of a file that contains no certificate, judged by its first elements.
///
/// The text says what it seems to be and what to do.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OtherContent {
    /// DER that is shorter than its first element states.
    Truncated,
    /// PKCS#12 (RFC 7292, section 4).
    Pkcs12,
    /// PKCS#7 or CMS (RFC 5652, section 3).
    Pkcs7,
    /// A private key: PKCS#8, encrypted or not (RFC 5958, sections 2 and 3), PKCS#1 (RFC 8017, appendix A.1.2), or an
    /// elliptic-curve key (RFC 5915, section 3).
    PrivateKey,
    /// A public key (RFC 5280, section 4.1.2.7).
    PublicKey,
    /// A certification request (RFC 2986, section 4).
    Request,
    /// A certificate revocation list (RFC 5280, section 5.1).
    RevocationList,
}

impl OtherContent {
    /// Examines DER or BER that [`Certificate::from_der`](super::Certificate::from_der) refused, or a file that
    /// [`first_in_file`](super::first_in_file) refused; for PEM, its labels. `None` means unknown: the file can be a
    /// certificate with an error.
    ///
    /// ```
    /// use upn_resolver::certificate::{Certificate, OtherContent};
    ///
    /// // How a file of PKCS#12 begins.
    /// let file = b"\x30\x82\x0A\x00\x02\x01\x03\x30\x82\x09\xC6\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01";
    /// assert!(Certificate::from_der(file).is_err());
    /// assert_eq!(OtherContent::detect(file), Some(OtherContent::Pkcs12));
    /// ```
    #[must_use]
    pub fn detect(file: &[u8]) -> Option<Self> {
        let Some(whole) = Element::first(file).filter(|whole| whole.tag == SEQUENCE) else {
            return Self::of_text(file);
        };
        // As in `first_in_file`: with a length below 80, it could be text that begins with the digit 0.
        let is_cut = whole.is_cut && file.get(1).is_some_and(|length| *length >= 0x80);
        Self::of_content(whole.content).or(is_cut.then_some(Self::Truncated))
    }

    /// Recognizes the labels of PEM: RFC 7468, and those of OpenSSL, Windows (`NEW CERTIFICATE REQUEST`) and SSH.
    fn of_text(text: &[u8]) -> Option<Self> {
        const LABELS: &[(&str, OtherContent)] = &[
            ("CERTIFICATE REQUEST", OtherContent::Request),
            ("CMS", OtherContent::Pkcs7),
            ("DSA PRIVATE KEY", OtherContent::PrivateKey),
            ("EC PRIVATE KEY", OtherContent::PrivateKey),
            ("ENCRYPTED PRIVATE KEY", OtherContent::PrivateKey),
            ("NEW CERTIFICATE REQUEST", OtherContent::Request),
            ("OPENSSH PRIVATE KEY", OtherContent::PrivateKey),
            ("PKCS #7 SIGNED DATA", OtherContent::Pkcs7),
            ("PKCS7", OtherContent::Pkcs7),
            ("PRIVATE KEY", OtherContent::PrivateKey),
            ("PUBLIC KEY", OtherContent::PublicKey),
            ("RSA PRIVATE KEY", OtherContent::PrivateKey),
            ("RSA PUBLIC KEY", OtherContent::PublicKey),
            ("X509 CRL", OtherContent::RevocationList),
        ];
        let text = decode_text(text).ok()?;
        Blocks::of(text.as_bytes()).find_map(|block| {
            let known = LABELS.iter().find(|(label, _)| block.has_label(label));
            known.map(|(_, content)| *content)
        })
    }

    fn of_content(content: &[u8]) -> Option<Self> {
        let first = Element::first(content)?;
        let second = Element::first(first.rest).map(|second| second.tag);
        match (first.tag, first.content, second) {
            (INTEGER, [3], Some(SEQUENCE)) => Some(Self::Pkcs12),
            (INTEGER, [0], Some(INTEGER))
            | (INTEGER, [1], Some(OCTET_STRING))
            | (INTEGER, [0 | 1], Some(SEQUENCE))
            | (SEQUENCE, [OBJECT_IDENTIFIER, ..], Some(OCTET_STRING)) => Some(Self::PrivateKey),
            (SEQUENCE, [OBJECT_IDENTIFIER, ..], Some(BIT_STRING)) => Some(Self::PublicKey),
            (SEQUENCE, signed, _) if is_request(signed) => Some(Self::Request),
            (SEQUENCE, signed, _) if is_revocation_list(signed) => Some(Self::RevocationList),
            (OBJECT_IDENTIFIER, [kind @ .., _], _) if kind == PKCS_7 => Some(Self::Pkcs7),
            _ => None,
        }
    }
}

impl fmt::Display for OtherContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the file is truncated: copy or export it again",
            Self::Pkcs12 => {
                "it seems to be a PKCS#12 file (.p12, .pfx): export the certificate alone, without the key, in DER or PEM"
            }
            Self::Pkcs7 => {
                "it seems to be a PKCS#7 file (.p7b, .p7c), which can hold several certificates: export the one that is meant \
                 alone, in DER or PEM"
            }
            Self::PrivateKey => "it seems to be a private key: use the certificate that belongs to it",
            Self::PublicKey => "it seems to be a public key: use the certificate that contains it",
            Self::Request => "it seems to be a certificate request: use the certificate that was issued for it",
            Self::RevocationList => {
                "it seems to be a certificate revocation list: use the certificate itself"
            }
        })
    }
}

/// `[0]`, constructed.
const ATTRIBUTES: u8 = 0xA0;
/// 1.2.840.113549.1.7
const PKCS_7: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07";

/// Whether this is the signed part of a request: version 0, a name, a key and attributes. A version 1 certificate
/// with the serial number 0 has more sequences.
fn is_request(signed: &[u8]) -> bool {
    let mut rest = signed;
    for expected in [INTEGER, SEQUENCE, SEQUENCE] {
        match Element::first(rest) {
            Some(element) if element.tag == expected && (expected != INTEGER || element.content == [0]) => {
                rest = element.rest;
            }
            _ => return false,
        }
    }
    rest.first() == Some(&ATTRIBUTES)
}

/// Whether this is the signed part of a CRL: an optional version, an algorithm, a name and a time, where a
/// certificate has the sequence of two times.
fn is_revocation_list(signed: &[u8]) -> bool {
    let mut tags = [0; 4];
    let mut rest = signed;
    for tag in &mut tags {
        let Some(element) = Element::first(rest) else {
            break;
        };
        *tag = element.tag;
        rest = element.rest;
    }
    matches!(
        tags,
        [SEQUENCE, SEQUENCE, UTC_TIME | GENERALIZED_TIME, _]
            | [INTEGER, SEQUENCE, SEQUENCE, UTC_TIME | GENERALIZED_TIME]
    )
}

/// An element, possibly truncated: half of a file is enough to recognize it.
struct Element<'f> {
    tag: u8,
    content: &'f [u8],
    rest: &'f [u8],
    is_cut: bool,
}

impl<'f> Element<'f> {
    /// Reads DER, or BER with an indefinite length, whose end is not searched for.
    fn first(bytes: &'f [u8]) -> Option<Self> {
        let (length, content) = match bytes.get(1..)? {
            [0x80, content @ ..] => (content.len(), content),
            [short @ ..0x80, content @ ..] => (usize::from(*short), content),
            [0x81, a, content @ ..] => (usize::from(*a), content),
            [0x82, a, b, content @ ..] => (usize::from(u16::from_be_bytes([*a, *b])), content),
            [0x83, a, b, c, content @ ..] => {
                let length = u32::from_be_bytes([0, *a, *b, *c]);
                (usize::try_from(length).ok()?, content)
            }
            _ => return None,
        };
        let (content, rest) = content.split_at_checked(length).unwrap_or((content, &[]));
        Some(Self {
            tag: *bytes.first()?,
            content,
            rest,
            is_cut: content.len() < length,
        })
    }
}
