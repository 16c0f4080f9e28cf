//! Strings in certificates: their types, and checks of their text.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::error::{Field, Flaw};
use super::{ascii, der};

/// The ASN.1 type of a string (X.680, clause 41).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StringType {
    /// `BMPString`: two bytes per character. Surrogate pairs are read as UTF-16.
    Bmp,
    /// `IA5String`: ASCII.
    Ia5,
    /// Not a string: the tag byte of another type.
    NotAString(u8),
    /// `NumericString`.
    Numeric,
    /// `PrintableString`.
    Printable,
    /// `TeletexString` (also called `T61String`). It is read as UTF-8 or, if it is not valid UTF-8, as one character
    /// per byte, as documented for [`CertNameToStr`] under `CERT_NAME_STR_DISABLE_IE4_UTF8_FLAG`.
    ///
    /// [`CertNameToStr`]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certnametostrw
    Teletex,
    /// `UniversalString`: four bytes per character.
    Universal,
    /// `UTF8String`.
    Utf8,
    /// `VisibleString`.
    Visible,
}

impl StringType {
    fn from_tag(tag: u8) -> Self {
        match tag {
            der::BMP_STRING => Self::Bmp,
            der::IA5_STRING => Self::Ia5,
            der::NUMERIC_STRING => Self::Numeric,
            der::PRINTABLE_STRING => Self::Printable,
            der::TELETEX_STRING => Self::Teletex,
            der::UNIVERSAL_STRING => Self::Universal,
            der::UTF8_STRING => Self::Utf8,
            der::VISIBLE_STRING => Self::Visible,
            _ => Self::NotAString(tag),
        }
    }
}

impl fmt::Display for StringType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bmp => "BMPString",
            Self::Ia5 => "IA5String",
            Self::NotAString(tag) => return write!(f, "type with tag {tag:02X}"),
            Self::Numeric => "NumericString",
            Self::Printable => "PrintableString",
            Self::Teletex => "TeletexString",
            Self::Universal => "UniversalString",
            Self::Utf8 => "UTF8String",
            Self::Visible => "VisibleString",
        })
    }
}

/// A string in a certificate.
///
/// [`text`](Self::text) returns its text, unless the text could deceive the reader of a screen or a log.
#[derive(Clone, Copy)]
pub struct NameString<'a> {
    tag: u8,
    content: Content<'a>,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    Bytes(&'a [u8]),
    /// Content that is known to be UTF-8.
    Utf8(&'a str),
}

impl<'a> NameString<'a> {
    #[inline]
    pub(super) fn new(tag: u8, bytes: &'a [u8]) -> Self {
        let content = Content::Bytes(bytes);
        Self { tag, content }
    }

    /// Checks a value of an open type that usually is a string, and whose text will be needed.
    #[inline(always)]
    pub(super) fn read(tag: u8, bytes: &'a [u8], field: Field) -> Result<Self, Flaw> {
        let content = if tag == der::UTF8_STRING && ascii::is_ascii(bytes) {
            Content::Bytes(bytes)
        } else if tag == der::UTF8_STRING {
            Content::Utf8(der::utf8_string(bytes, field)?)
        } else {
            der::check_open_type(tag, bytes, field)?;
            Content::Bytes(bytes)
        };
        Ok(Self { tag, content })
    }

    #[inline]
    pub(super) fn tag(self) -> u8 {
        self.tag
    }

    /// The type of the string.
    #[must_use]
    pub fn string_type(self) -> StringType {
        StringType::from_tag(self.tag)
    }

    /// The content, in the encoding of the [string type](Self::string_type). It can contain anything.
    #[must_use]
    #[inline]
    pub fn as_bytes(self) -> &'a [u8] {
        match self.content {
            Content::Bytes(bytes) => bytes,
            Content::Utf8(text) => text.as_bytes(),
        }
    }

    /// The text of a string that needs no decoding, without checks.
    #[inline]
    pub(crate) fn borrowed(self) -> Option<&'a str> {
        match (self.content, self.tag) {
            (Content::Utf8(text), _) => Some(text),
            (Content::Bytes(bytes), der::UTF8_STRING) => core::str::from_utf8(bytes).ok(),
            (
                Content::Bytes(bytes),
                der::IA5_STRING | der::NUMERIC_STRING | der::PRINTABLE_STRING | der::VISIBLE_STRING,
            ) if ascii::is_ascii(bytes) => core::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The text: borrowed for UTF-8, IA5, printable, numeric and visible strings, decoded for others.
    ///
    /// # Errors
    ///
    /// Returns a [`NameProblem`] for text that must not be displayed or used as a name: text that cannot be decoded,
    /// or contains a control, bidirectional or invisible character.
    pub fn text(self) -> Result<Cow<'a, str>, NameProblem> {
        // Nearly all names consist of plain characters.
        if self.is_of_ascii() && ascii::is_printable(self.as_bytes()) {
            if let Ok(text) = core::str::from_utf8(self.as_bytes()) {
                return Ok(Cow::Borrowed(text));
            }
        }
        self.unusual_text()
    }

    /// Whether the string type encodes ASCII characters in one byte each.
    #[inline]
    fn is_of_ascii(self) -> bool {
        matches!(
            self.tag,
            der::IA5_STRING
                | der::NUMERIC_STRING
                | der::PRINTABLE_STRING
                | der::TELETEX_STRING
                | der::UTF8_STRING
                | der::VISIBLE_STRING
        )
    }

    #[inline(never)]
    fn unusual_text(self) -> Result<Cow<'a, str>, NameProblem> {
        let (text, warning) = self.decode()?;
        match warning.or_else(|| problems(&text).next()) {
            Some(problem) => Err(problem),
            None => Ok(text),
        }
    }

    /// The text as Windows writes it into a distinguished name, and its first problem.
    ///
    /// Unlike [`text`](Self::text), it can contain invisible characters: the joiners of Persian and Sinhala names,
    /// the variation selectors of Japanese ones. Eight-bit strings with bytes beyond ASCII are read as one character
    /// per byte: the page of [`CERT_RDN_ATTR`] lists their types as 8-bit characters. That the bytes are Latin-1 is
    /// inferred.
    ///
    /// [`CERT_RDN_ATTR`]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/ns-wincrypt-cert_rdn_attr
    pub(crate) fn windows_text(self) -> Result<WindowsText<'a>, NameProblem> {
        let (text, mut warning) = self.decode()?;
        for problem in problems(&text) {
            match problem {
                NameProblem::Invisible { .. } => warning = warning.or(Some(problem)),
                _ => return Err(problem),
            }
        }
        Ok(WindowsText { text, warning })
    }

    /// Returns the text without checks, and whether bytes were read as characters that the string type does not have.
    fn decode(self) -> Result<(Cow<'a, str>, Option<NameProblem>), NameProblem> {
        if let Some(text) = self.borrowed() {
            return Ok((Cow::Borrowed(text), None));
        }
        let bytes = self.as_bytes();
        let text = match self.string_type() {
            StringType::Bmp => decode_bmp(bytes)?,
            StringType::Teletex => match core::str::from_utf8(bytes) {
                Ok(text) => return Ok((Cow::Borrowed(text), None)),
                Err(_) => decode_eight_bit(bytes),
            },
            StringType::Universal => decode_universal(bytes)?,
            StringType::Ia5 | StringType::Numeric | StringType::Printable | StringType::Visible => {
                let text = Cow::Owned(decode_eight_bit(bytes));
                return Ok((text, Some(NameProblem::EightBit)));
            }
            StringType::Utf8 => return Err(NameProblem::Undecodable),
            StringType::NotAString(tag) => return Err(NameProblem::NotAString { tag }),
        };
        Ok((Cow::Owned(text), None))
    }
}

/// See [`NameString::windows_text`].
#[derive(Clone, Debug)]
pub(crate) struct WindowsText<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) warning: Option<NameProblem>,
}

/// The characters that are a problem in a name.
fn problems(text: &str) -> impl Iterator<Item = NameProblem> + '_ {
    let plain = ascii::is_printable(text.as_bytes());
    // European letters are settled by one comparison each, the others by the table.
    let doubtful = |character: &char| !matches!(character, ' '..='~' | '\u{AE}'..='\u{34E}');
    let text = if plain { "" } else { text };
    text.chars()
        .filter(doubtful)
        .filter_map(NameProblem::of_character)
}

impl PartialEq for NameString<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.tag, self.as_bytes()) == (other.tag, other.as_bytes())
    }
}

impl Eq for NameString<'_> {}

impl Hash for NameString<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.tag, self.as_bytes()).hash(state);
    }
}

/// Prints the text only if it is safe to display.
impl fmt::Debug for NameString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Ok(text) => write!(f, "{}({text:?})", self.string_type()),
            Err(problem) => write!(f, "{}({problem})", self.string_type()),
        }
    }
}

/// One character per byte: Latin-1.
fn decode_eight_bit(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().map(|byte| char::from(*byte)));
    text
}

fn decode_bmp(bytes: &[u8]) -> Result<String, NameProblem> {
    // Two bytes become at most three in UTF-8.
    let mut text = String::with_capacity(bytes.len() / 2 * 3);
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    for character in char::decode_utf16(units) {
        text.push(character.map_err(|_| NameProblem::Undecodable)?);
    }
    Ok(text)
}

fn decode_universal(bytes: &[u8]) -> Result<String, NameProblem> {
    let mut text = String::with_capacity(bytes.len());
    for four in bytes.chunks_exact(4) {
        let code = four.iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
        text.push(char::from_u32(code).ok_or(NameProblem::Undecodable)?);
    }
    Ok(text)
}

/// Reason why a string cannot be used as a name.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameProblem {
    /// A character that changes the writing direction, so that the name looks like another one.
    Bidi {
        /// The character.
        character: char,
    },
    /// A control character, including NUL and line ends.
    Control {
        /// The character.
        character: char,
    },
    /// Bytes beyond ASCII in a string type that does not have them, such as Latin-1 in a `PrintableString`.
    EightBit,
    /// A character without width, which makes different names look the same.
    Invisible {
        /// The character.
        character: char,
    },
    /// A value that is not a string.
    NotAString {
        /// The tag byte of the type.
        tag: u8,
    },
    /// Bytes that are not characters of the string type.
    Undecodable,
}

impl NameProblem {
    /// Stable machine name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Bidi { .. } => "bidi-character",
            Self::Control { .. } => "control-character",
            Self::EightBit => "eight-bit",
            Self::Invisible { .. } => "invisible-character",
            Self::NotAString { .. } => "not-a-string",
            Self::Undecodable => "undecodable",
        }
    }

    /// The problem with `character` in a name, if there is one.
    ///
    /// The characters are those with the Unicode property `Bidi_Control`, the general categories Cc, Zl and Zp, and
    /// `Default_Ignorable_Code_Point` (Unicode Standard Annex 44).
    #[must_use]
    pub fn of_character(character: char) -> Option<Self> {
        match character {
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' => {
                Some(Self::Control { character })
            }
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                Some(Self::Bidi { character })
            }
            '\u{AD}'
            | '\u{34F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200D}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}' => Some(Self::Invisible { character }),
            _ => None,
        }
    }
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, character) = match self {
            Self::Bidi { character } => ("a bidirectional control character", character),
            Self::Control { character } => ("a control character", character),
            Self::Invisible { character } => ("an invisible character", character),
            Self::EightBit => {
                return f.write_str("contains bytes beyond ASCII, which its string type does not have");
            }
            Self::NotAString { tag } => return write!(f, "is not a string but a value with tag {tag:02X}"),
            Self::Undecodable => {
                return f.write_str("contains bytes that are not characters of its string type");
            }
        };
        write!(f, "contains {what}, U+{:04X}", u32::from(*character))
    }
}

impl core::error::Error for NameProblem {}
