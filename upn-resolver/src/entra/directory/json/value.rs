//! Values and names in JSON, which are decoded when they are used.

use alloc::borrow::Cow;
use alloc::string::String;

/// A value. Those with elements are as encoded in the text, and well-formed.
#[derive(Clone, Copy)]
pub(super) enum Value<'t> {
    List(&'t str),
    Null,
    Object(&'t str),
    /// A number or a truth value.
    Other,
    Text(Text<'t>),
}

impl<'t> Value<'t> {
    /// The text that it is; `None` also for a text with half a surrogate pair.
    #[inline]
    pub(super) fn text(self) -> Option<Cow<'t, str>> {
        match self {
            Self::Text(text) => text.decoded(),
            _ => None,
        }
    }
}

/// The name of a member, as encoded in the text.
#[derive(Clone, Copy)]
pub(super) struct Name<'t> {
    content: &'t [u8],
    has_escapes: bool,
}

impl<'t> Name<'t> {
    #[inline]
    pub(super) fn new(content: &'t [u8], has_escapes: bool) -> Self {
        Self { content, has_escapes }
    }

    /// Whether it is this ASCII name, without regard to case.
    #[inline]
    pub(super) fn is(self, wanted: &str) -> bool {
        let (name, wanted) = (self.content, wanted.as_bytes());
        if self.has_escapes {
            return self.is_when_decoded(wanted);
        }
        // Most are spelled the same everywhere.
        name.len() == wanted.len() && (name == wanted || name.eq_ignore_ascii_case(wanted))
    }

    #[cold]
    fn is_when_decoded(self, wanted: &[u8]) -> bool {
        let name = core::str::from_utf8(self.content).ok().and_then(unescaped);
        name.is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(wanted))
    }
}

/// A text, as encoded in the text.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    content: &'t str,
    has_escapes: bool,
}

impl<'t> Text<'t> {
    #[inline]
    pub(super) fn new(content: &'t str, has_escapes: bool) -> Self {
        Self { content, has_escapes }
    }

    /// The characters of the string; `None` if half a surrogate pair is among them.
    #[inline]
    fn decoded(self) -> Option<Cow<'t, str>> {
        if self.has_escapes {
            unescaped(self.content).map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(self.content))
        }
    }
}

#[cold]
fn unescaped(mut content: &str) -> Option<String> {
    let mut text = String::with_capacity(content.len());
    while let Some((plain, escape)) = content.split_once('\\') {
        text.push_str(plain);
        let mut characters = escape.chars();
        text.push(match characters.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let units = escape_units(escape);
                let character = char::decode_utf16(units).next()?.ok()?;
                let rest = escape.get(5..)?;
                let second = if character.len_utf16() == 2 { 6 } else { 0 };
                characters = rest.get(second..)?.chars();
                character
            }
            other => other,
        });
        content = characters.as_str();
    }
    text.push_str(content);
    Some(text)
}

/// The code units of `uXXXX`, and of a `\uXXXX` that follows at once.
fn escape_units(escape: &str) -> impl Iterator<Item = u16> {
    let bytes = escape.as_bytes();
    let first = bytes.get(1..).and_then(code_unit);
    let second = bytes
        .get(5..)
        .and_then(|rest| rest.strip_prefix(b"\\u"))
        .and_then(code_unit);
    [first, second].into_iter().flatten()
}

/// The number that four hexadecimal digits are.
pub(super) fn code_unit(digits: &[u8]) -> Option<u16> {
    digits.first_chunk::<4>()?.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}
