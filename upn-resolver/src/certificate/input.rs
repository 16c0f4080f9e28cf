//! Certificates in files: DER, PEM, or base64 alone.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use super::der;
use super::pem::{Base64Error, Blocks, base64};
use crate::responsible::Responsible;
use crate::text_file::decode_text;

/// Returns the DER of the first certificate in a file.
///
/// The accepted forms are DER; PEM (RFC 7468), with any surrounding text and any line endings; and base64 without
/// BEGIN and END lines. The PEM labels `CERTIFICATE`, `X509 CERTIFICATE` and OpenSSL's `TRUSTED CERTIFICATE` are
/// accepted, in any case. Text can be UTF-16, as written by PowerShell. DER is borrowed, the other forms are decoded.
///
/// ```
/// use upn_resolver::certificate::first_in_file;
///
/// let pem = b"subject: Ada\r\n-----BEGIN CERTIFICATE-----\r\nMAMC\r\nAQE=\r\n-----END CERTIFICATE-----\r\n";
/// assert_eq!(first_in_file(pem)?, &b"\x30\x03\x02\x01\x01"[..]);
/// # Ok::<(), upn_resolver::certificate::InputError>(())
/// ```
///
/// # Errors
///
/// Fails if the file contains no certificate in one of these forms.
/// [`Certificate::from_der`](super::Certificate::from_der) checks the DER itself, and
/// [`OtherContent::detect`](super::OtherContent::detect) recognizes other kinds of files.
pub fn first_in_file(file: &[u8]) -> Result<Cow<'_, [u8]>, InputError> {
    match Form::of(file)? {
        Form::Der(file) => Ok(Cow::Borrowed(split_der(file).0)),
        Form::Text(text) => from_pem(&text)
            .next()
            .unwrap_or_else(|| without_labels(&text))
            .map(Cow::Owned),
    }
}

/// Returns the DER of every certificate in a file, in the order of the file.
///
/// The forms are those of [`first_in_file`]. DER can contain several certificates in sequence, and PEM any number of
/// blocks; blocks with other labels are skipped. The result is never empty: a file without a certificate has one
/// error. A block that cannot be decoded does not hide the others.
///
/// ```
/// use upn_resolver::certificate::{InputError, all_in_file};
///
/// let pem = b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n\
///     -----BEGIN X509 CERTIFICATE-----\nMAMCAQI=\n-----END X509 CERTIFICATE-----\n";
/// let ders = all_in_file(pem).into_iter().collect::<Result<Vec<_>, InputError>>()?;
/// assert_eq!(*ders[0], *b"\x30\x03\x02\x01\x01");
/// assert_eq!(*ders[1], *b"\x30\x03\x02\x01\x02");
/// # Ok::<(), InputError>(())
/// ```
#[must_use]
pub fn all_in_file(file: &[u8]) -> Vec<Result<Cow<'_, [u8]>, InputError>> {
    let text = match Form::of(file) {
        Ok(Form::Der(file)) => {
            let mut rest = file;
            let certificates = core::iter::from_fn(|| {
                let (first, after) = split_der(rest);
                rest = after;
                (!first.is_empty()).then_some(Ok(Cow::Borrowed(first)))
            });
            return certificates.collect();
        }
        Ok(Form::Text(text)) => text,
        Err(error) => return [Err(error)].into(),
    };
    let found: Vec<_> = from_pem(&text).map(|der| der.map(Cow::Owned)).collect();
    if found.is_empty() {
        [without_labels(&text).map(Cow::Owned)].into()
    } else {
        found
    }
}

/// Reason why a file contains no certificate.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputError {
    /// An invalid base64 character.
    Base64 {
        /// Its offset in the base64 text, in bytes.
        offset: usize,
    },
    /// Base64 that ends in the middle of a byte.
    Base64End,
    /// The file is empty.
    Empty,
    /// A BEGIN line without its END line.
    NoEndLine,
    /// PEM with another label.
    OtherLabel,
    /// Not DER, PEM or base64 of DER.
    UnknownForm,
}

impl InputError {
    /// Who has to act: the user, with another file.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::User
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 { offset } => {
                return write!(f, "character {offset} of the base64 text is not a base64 character");
            }
            Self::Base64End => "the base64 text ends in the middle of a byte: the file is truncated; copy or export it again",
            Self::Empty => "the file is empty",
            Self::NoEndLine => {
                "the PEM text has a BEGIN line but no END line: the file is truncated; copy or export it again"
            }
            Self::OtherLabel => {
                "the PEM text contains something other than a certificate (a key, a request or PKCS#7)"
            }
            Self::UnknownForm => "not a certificate in DER, PEM or base64",
        })
    }
}

impl core::error::Error for InputError {}

impl From<Base64Error> for InputError {
    fn from(error: Base64Error) -> Self {
        match error {
            Base64Error::Character { offset } => Self::Base64 { offset },
            Base64Error::End => Self::Base64End,
        }
    }
}

/// Form of a file.
enum Form<'f> {
    Der(&'f [u8]),
    /// Text without its byte order mark.
    Text(Cow<'f, [u8]>),
}

impl<'f> Form<'f> {
    fn of(file: &'f [u8]) -> Result<Self, InputError> {
        Ok(match file {
            [] => return Err(InputError::Empty),
            // As text, this would be the digit 0 and a character beyond ASCII, which is not base64.
            [der::SEQUENCE, 0x80..=0xFF, ..] => Self::Der(file),
            // The text around PEM can be in any code page.
            _ => Self::Text(match decode_text(file) {
                Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
                Ok(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
                Err(_) => Cow::Borrowed(file),
            }),
        })
    }
}

/// Labels of RFC 7468, sections 5.1 and 5.3, and OpenSSL's for a certificate followed by trust settings.
const LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", TRUSTED];
const TRUSTED: &str = "TRUSTED CERTIFICATE";

fn from_pem(text: &[u8]) -> impl Iterator<Item = Result<Vec<u8>, InputError>> {
    Blocks::of(text)
        .filter(|block| LABELS.iter().any(|label| block.has_label(label)))
        .map(|block| {
            let mut der = sequence(base64(block.body.ok_or(InputError::NoEndLine)?)?)?;
            if block.has_label(TRUSTED) {
                if let Some(length) = length_of(&der) {
                    der.truncate(length);
                }
            }
            Ok(der)
        })
}

/// Base64 without BEGIN and END lines.
fn without_labels(text: &[u8]) -> Result<Vec<u8>, InputError> {
    if Blocks::of(text).next().is_some() {
        return Err(InputError::OtherLabel);
    }
    let der = base64(text).map_err(|error| {
        if text.first() == Some(&b'M') {
            error.into()
        } else {
            InputError::UnknownForm
        }
    })?;
    sequence(der)
}

fn sequence(der: Vec<u8>) -> Result<Vec<u8>, InputError> {
    if der.first() == Some(&der::SEQUENCE) {
        Ok(der)
    } else {
        Err(InputError::UnknownForm)
    }
}

/// Returns the first certificate and the rest if that is another certificate. Other trailing bytes stay, and are
/// refused later.
fn split_der(file: &[u8]) -> (&[u8], &[u8]) {
    match length_of(file).and_then(|length| file.split_at_checked(length)) {
        Some((first, rest @ [der::SEQUENCE, 0x81..=0x83, ..])) => (first, rest),
        _ => (file, &[]),
    }
}

/// The length of the first element, header included (X.690, clause 8.1.3), if it is complete.
fn length_of(der: &[u8]) -> Option<usize> {
    let (header, content) = match der {
        [_, 0x83, a, b, c, ..] => (5, u32::from_be_bytes([0, *a, *b, *c])),
        [_, 0x82, a, b, ..] => (4, u32::from_be_bytes([0, 0, *a, *b])),
        [_, 0x81, a, ..] => (3, u32::from(*a)),
        [_, short @ 0..=0x7F, ..] => (2, u32::from(*short)),
        _ => return None,
    };
    usize::try_from(content)
        .ok()?
        .checked_add(header)
        .filter(|length| *length <= der.len())
}
