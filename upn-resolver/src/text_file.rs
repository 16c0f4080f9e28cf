//! Decoding of text files as Windows and Unix write them.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// Returns the text of a file in UTF-8 or UTF-16, with or without a byte order mark. The mark is removed.
///
/// UTF-16 without a mark is recognized by its first two characters, which are ASCII in every format that this crate
/// reads.
///
/// ```
/// use upn_resolver::decode_text;
///
/// let powershell: Vec<u8> = "\u{feff}{}\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
/// assert_eq!(decode_text(&powershell)?, "{}\r\n");
/// assert!(decode_text(b"Jos\xe9").is_err());
/// # Ok::<(), upn_resolver::NotText>(())
/// ```
///
/// # Errors
///
/// Fails if the bytes are in another encoding, such as a code page, or are not text.
pub fn decode_text(file: &[u8]) -> Result<Cow<'_, str>, NotText> {
    match Encoding::of(file) {
        (Encoding::Utf8, text) => core::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| NotText),
        (Encoding::Utf16(unit), text) => utf16(text, unit).map(Cow::Owned),
    }
}

/// Encoding of a text.
pub(crate) enum Encoding {
    Utf8,
    /// UTF-16, with the byte order of its units.
    Utf16(fn([u8; 2]) -> u16),
}

impl Encoding {
    /// Returns the encoding, and the text without its byte order mark.
    pub(crate) fn of(file: &[u8]) -> (Self, &[u8]) {
        match file {
            [0xFF, 0xFE, text @ ..] => (Self::Utf16(u16::from_le_bytes), text),
            [0xFE, 0xFF, text @ ..] => (Self::Utf16(u16::from_be_bytes), text),
            [1..=0xFF, 0, 1..=0xFF, 0, ..] => (Self::Utf16(u16::from_le_bytes), file),
            [0, 1..=0xFF, 0, 1..=0xFF, ..] => (Self::Utf16(u16::from_be_bytes), file),
            _ => (Self::Utf8, file.strip_prefix(UTF8_MARK).unwrap_or(file)),
        }
    }
}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

fn utf16(text: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let mut pairs = text.chunks_exact(2);
    let units = pairs
        .by_ref()
        .filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    let decoded = char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map_err(|_| NotText)?;
    if pairs.remainder().is_empty() {
        Ok(decoded)
    } else {
        Err(NotText)
    }
}

/// Error for a file that is not text in UTF-8 or UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NotText;

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not text in UTF-8 or UTF-16; export the file again in one of these encodings")
    }
}

impl core::error::Error for NotText {}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{NotText, decode_text};

    #[test]
    fn every_encoding_gives_the_same_text() {
        const TEXT: &str = "{\"name\": \"Jos\u{e9} \u{1f600}\"}";
        let units = |order: fn(u16) -> [u8; 2]| TEXT.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        for (mark, bytes) in [
            (&b"\xEF\xBB\xBF"[..], TEXT.as_bytes().to_vec()),
            (b"\xFF\xFE", units(u16::to_le_bytes)),
            (b"\xFE\xFF", units(u16::to_be_bytes)),
        ] {
            assert_eq!(decode_text(&bytes), Ok(TEXT.into()));
            assert_eq!(decode_text(&[mark, &bytes].concat()), Ok(TEXT.into()));
        }
        assert_eq!(decode_text(b""), Ok("".into()));
    }

    #[test]
    fn what_is_not_a_text_is_refused() {
        // A code page, half a unit, half a surrogate pair.
        for bytes in [&b"Jos\xe9"[..], b"\xFF\xFEa\0b", b"\xFF\xFE\x3D\xD8"] {
            assert_eq!(decode_text(bytes), Err(NotText));
        }
    }
}
