//! PEM ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)) as found in files: labelled blocks of base64.

use alloc::vec::Vec;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// A PEM block.
pub(super) struct Block<'t> {
    label: &'t [u8],
    /// The text between the BEGIN and the END line; `None` if there is no END line.
    pub(super) body: Option<&'t [u8]>,
}

impl Block<'_> {
    /// Whether the label consists of these words, in any case and with any spaces between them.
    pub(super) fn has_label(&self, label: &str) -> bool {
        let words = |text: &[u8]| {
            text.split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty())
                .map(<[u8]>::to_ascii_uppercase)
                .collect::<Vec<_>>()
        };
        words(self.label) == words(label.as_bytes())
    }
}

/// Returns the blocks of a text, in order.
pub(super) struct Blocks<'t> {
    rest: &'t [u8],
}

impl<'t> Blocks<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { rest: text }
    }
}

impl<'t> Iterator for Blocks<'t> {
    type Item = Block<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, after) = split_at(self.rest, BEGIN)?;
        let (label, after) = split_at(after, DASHES).unwrap_or((after, &[]));
        // A truncated block ends where the next one begins.
        let before_next = position(after, BEGIN).unwrap_or(after.len());
        let (within, _) = after.split_at_checked(before_next).unwrap_or((after, &[]));
        let body = split_at(within, END).map(|(body, _)| body);
        self.rest = after
            .get(body.map_or(before_next, <[u8]>::len)..)
            .unwrap_or_default();
        Some(Block { label, body })
    }
}

/// Splits at the first `separator`, in any case.
fn split_at<'t>(text: &'t [u8], separator: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let (before, rest) = text.split_at_checked(position(text, separator)?)?;
    Some((before, rest.get(separator.len()..)?))
}

fn position(text: &[u8], separator: &[u8]) -> Option<usize> {
    text.windows(separator.len())
        .position(|window| window.eq_ignore_ascii_case(separator))
}

/// Decodes RFC 4648, section 4, with white space anywhere and after optional headers ([RFC
/// 1421](https://www.rfc-editor.org/rfc/rfc1421), section 4.4), which end with an empty line.
pub(super) fn base64(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    let text = core::str::from_utf8(text).map_err(|error| Base64Error::Character {
        offset: error.valid_up_to(),
    })?;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut ended) = (0_u32, 0_u8, false);
    let start = headers(text);
    for (offset, character) in text.char_indices().skip_while(|(offset, _)| *offset < start) {
        let value = match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' if ended => {
                return Err(Base64Error::Character { offset });
            }
            'A'..='Z' => u32::from(character) - u32::from('A'),
            'a'..='z' => u32::from(character) - u32::from('a') + 26,
            '0'..='9' => u32::from(character) - u32::from('0') + 52,
            '+' => 62,
            '/' => 63,
            '=' => {
                ended = true;
                continue;
            }
            // Text copied from a web page or a document can contain other kinds of spaces, and invisible ones.
            '\u{200b}' | '\u{2060}' | '\u{feff}' => continue,
            space if space.is_whitespace() => continue,
            _ => return Err(Base64Error::Character { offset }),
        };
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    // Six remaining bits are one character too many; fewer are the padding of the last byte.
    if count == 6 {
        Err(Base64Error::End)
    } else {
        Ok(bytes)
    }
}

/// Why a text is not base64.
pub(super) enum Base64Error {
    /// A character that base64 does not have.
    Character { offset: usize },
    /// It ends in the middle of a byte.
    End,
}

/// Where the text after the headers begins; 0 without headers.
fn headers(text: &str) -> usize {
    let mut at = 0;
    let mut has_headers = false;
    for line in text.split_inclusive('\n') {
        let is_empty = line.trim().is_empty();
        let is_header = line.contains(':') || has_headers && line.starts_with([' ', '\t']);
        match (is_empty, is_header) {
            (true, _) if has_headers => return at + line.len(),
            (true, _) => {}
            (false, true) => has_headers = true,
            (false, false) if has_headers => return at,
            (false, false) => return 0,
        }
        at += line.len();
    }
    0
}
