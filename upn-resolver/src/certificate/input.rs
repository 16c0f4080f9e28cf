//! Certificates as people have them in files: DER, PEM, or bare base64.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use super::der;

/// The DER of the first certificate in a file.
///
/// Taken are DER; PEM (RFC 7468), with any text around it and any line ends; and base64 without the BEGIN and END
/// lines. Text may be UTF-16 with a byte order mark, as PowerShell writes it. DER is borrowed, the others are decoded.
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
/// An [`InputError`] when there is no certificate in one of these forms. Whether the DER is good is for
/// [`Certificate::from_der`](super::Certificate::from_der) to say, and what else it may be for
/// [`OtherContent::of`](super::OtherContent::of).
pub fn first_in_file(file: &[u8]) -> Result<Cow<'_, [u8]>, InputError> {
    match file {
        [] => Err(InputError::Empty),
        // As text this would be the digit 0 and something beyond ASCII: no certificate starts so in base64.
        [der::SEQUENCE, 0x80..=0xFF, ..] => Ok(Cow::Borrowed(file)),
        [0xFF, 0xFE, text @ ..] => from_text(&narrow(text, u16::from_le_bytes)?).map(Cow::Owned),
        [0xFE, 0xFF, text @ ..] => from_text(&narrow(text, u16::from_be_bytes)?).map(Cow::Owned),
        text => from_text(text.strip_prefix(UTF8_MARK).unwrap_or(text)).map(Cow::Owned),
    }
}

/// Why there is no certificate in a file.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputError {
    /// A character that base64 does not have.
    Base64 {
        /// Its offset in the base64 text, in octets.
        offset: usize,
    },
    /// The base64 ends in the middle of an octet.
    Base64End,
    /// The file is empty.
    Empty,
    /// A BEGIN line without its END line.
    NoEndLine,
    /// PEM, but of something else than a certificate.
    OtherLabel,
    /// Neither DER nor PEM nor base64 of DER.
    UnknownForm,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 { offset } => {
                return write!(f, "character {offset} of the base64 text is none of base64");
            }
            Self::Base64End => "the base64 text ends in the middle of an octet: the file is cut short; copy or export it again",
            Self::Empty => "the file is empty",
            Self::NoEndLine => {
                "the PEM text has a BEGIN line and no END line: the file is cut short; copy or export it again"
            },
            Self::OtherLabel => {
                "the PEM text holds no certificate but something else (a key, a request, a PKCS#7?)"
            }
            Self::UnknownForm => "neither DER nor PEM nor base64 of a certificate",
        })
    }
}

impl core::error::Error for InputError {}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const BEGIN: &[u8] = b"-----BEGIN ";
const BEGIN_CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END ";

fn from_text(text: &[u8]) -> Result<Vec<u8>, InputError> {
    let der = if let Some((_, body)) = split_at(text, BEGIN_CERTIFICATE) {
        let (body, _) = split_at(body, END).ok_or(InputError::NoEndLine)?;
        base64(body)?
    } else if split_at(text, BEGIN).is_some() {
        return Err(InputError::OtherLabel);
    } else {
        base64(text).map_err(|error| {
            if text.first() == Some(&b'M') {
                error
            } else {
                InputError::UnknownForm
            }
        })?
    };
    if der.first() == Some(&der::SEQUENCE) {
        Ok(der)
    } else {
        Err(InputError::UnknownForm)
    }
}

/// What is before and after the first `separator`.
fn split_at<'t>(text: &'t [u8], separator: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let start = text
        .windows(separator.len())
        .position(|window| window == separator)?;
    let (before, rest) = text.split_at(start);
    Some((before, rest.strip_prefix(separator)?))
}

/// UTF-16 text that is all ASCII.
fn narrow(text: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Vec<u8>, InputError> {
    let units = text.chunks(2).map(|pair| <[u8; 2]>::try_from(pair).map(unit));
    units
        .map(|unit| {
            unit.ok()
                .and_then(|unit| u8::try_from(unit).ok())
                .ok_or(InputError::UnknownForm)
        })
        .collect()
}

/// RFC 4648, section 4, with blanks and line ends anywhere.
fn base64(text: &[u8]) -> Result<Vec<u8>, InputError> {
    let mut octets = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut ended) = (0_u32, 0_u8, false);
    for (offset, character) in text.iter().enumerate() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                ended = true;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return Err(InputError::Base64 { offset }),
        };
        if ended {
            return Err(InputError::Base64 { offset });
        }
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., octet] = (bits >> count).to_be_bytes();
            octets.push(octet);
        }
    }
    // Six bits left over are a character too many; fewer are what fills up the last octet.
    if count == 6 {
        Err(InputError::Base64End)
    } else {
        Ok(octets)
    }
}
