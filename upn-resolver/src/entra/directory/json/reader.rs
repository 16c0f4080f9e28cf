//! Reader of JSON (RFC 8259) in one pass, without allocations for texts and members.
//!
//! It is ours because of two things that are needed here: a mistake in one user must not hide the next one, and most members are not
//! wanted. With `serde_json`, a member had to be read once to find its end and once more for its content, and a list in an object three
//! times. DESIGN has the measurement. A property test compares it with `serde_json`.

use alloc::vec::Vec;

use super::value::{Name, Text, Value, code_unit};
use crate::entra::directory::eight::from_special;

/// A text, and what of it has not been read.
pub(super) struct Reader<'t> {
    text: &'t str,
    rest: &'t [u8],
}

/// Violation of the grammar. The rest of the text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) reason: &'static str,
}

const ENDS: &str = "the text ends within a value";

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let rest = text.as_bytes();
        Self { text, rest }
    }

    /// The first byte of the next value, or the mark after a value, and its position. White space before it is skipped.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(u8, usize)> {
        self.peek().map(|byte| (byte, self.at()))
    }

    #[inline]
    fn peek(&mut self) -> Option<u8> {
        while let [byte, rest @ ..] = self.rest {
            if *byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.rest = rest;
        }
        None
    }

    #[inline]
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    #[inline]
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Reads the members of an object. `member` gets their names, and reads their values.
    ///
    /// The next byte is the opening brace.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Name<'t>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.elements(b'}', |reader| {
            let name = reader.name()?;
            member(reader, name)
        })
    }

    /// Reads the elements of a list with `element`.
    ///
    /// The next byte is the opening bracket.
    #[inline]
    pub(super) fn list(&mut self, element: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.elements(b']', element)
    }

    /// Passes over the next value, and returns it.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Value<'t>, Fault> {
        let (begin, start) = self.begin()?;
        if let Begin::Elements { close } = begin {
            self.pass_nested(close)?;
        }
        let text = |start, end| self.text.get(start..end).unwrap_or_default();
        Ok(match begin {
            Begin::Null => Value::Null,
            Begin::Other => Value::Other,
            Begin::Text { has_escapes } => {
                Value::Text(Text::new(text(start + 1, self.at() - 1), has_escapes))
            }
            Begin::Elements { close: b']' } => Value::List(text(start, self.at())),
            Begin::Elements { .. } => Value::Object(text(start, self.at())),
        })
    }

    /// Passes over the next value.
    #[inline]
    pub(super) fn pass(&mut self) -> Result<(), Fault> {
        match self.begin()? {
            (Begin::Elements { close }, _) => self.pass_nested(close),
            _ => Ok(()),
        }
    }

    #[inline]
    fn elements(
        &mut self,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.skip(1);
        if self.is_next(close) {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.is_next(close) {
                return Ok(());
            }
            self.comma(close)?;
        }
    }

    /// Passes over the mark if it is next.
    #[inline]
    fn is_next(&mut self, mark: u8) -> bool {
        self.peek();
        match self.rest {
            [byte, rest @ ..] if *byte == mark => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline]
    fn comma(&mut self, close: u8) -> Result<(), Fault> {
        if self.is_next(b',') {
            return Ok(());
        }
        Err(self.unexpected(if close == b'}' {
            "a comma or } is expected after a member"
        } else {
            "a comma or ] is expected after an element"
        }))
    }

    /// The name of a member, with the colon after it.
    #[expect(
        clippy::inline_always,
        reason = "saves 5 % of the instructions to load a user"
    )]
    #[inline(always)]
    fn name(&mut self) -> Result<Name<'t>, Fault> {
        if !self.is_next(b'"') {
            return Err(self.unexpected("the name of a member is expected, in double quotes"));
        }
        let (content, has_escapes) = self.string()?;
        if self.is_next(b':') {
            Ok(Name::new(content, has_escapes))
        } else {
            Err(self.unexpected("a colon is expected after the name of a member"))
        }
    }

    /// Passes over a value without elements, or over the first byte of one with elements. Returns the position of the first byte.
    #[inline]
    fn begin(&mut self) -> Result<(Begin, usize), Fault> {
        self.peek();
        let start = self.at();
        let begin = match self.rest {
            [b'"', rest @ ..] => {
                self.rest = rest;
                let (_, has_escapes) = self.string()?;
                Begin::Text { has_escapes }
            }
            [b'{', rest @ ..] => {
                self.rest = rest;
                Begin::Elements { close: b'}' }
            }
            [b'[', rest @ ..] => {
                self.rest = rest;
                Begin::Elements { close: b']' }
            }
            [b'n', b'u', b'l', b'l', rest @ ..] => {
                self.rest = rest;
                Begin::Null
            }
            [b't', b'r', b'u', b'e', rest @ ..] | [b'f', b'a', b'l', b's', b'e', rest @ ..] => {
                self.rest = rest;
                Begin::Other
            }
            _ => {
                self.number()?;
                Begin::Other
            }
        };
        Ok((begin, start))
    }

    /// Passes over the rest of an object or list. Nesting is not limited by the stack of the thread.
    fn pass_nested(&mut self, mut close: u8) -> Result<(), Fault> {
        let mut outer = Vec::new();
        let mut is_first = true;
        loop {
            if self.is_next(close) {
                let Some(outer) = outer.pop() else { return Ok(()) };
                (close, is_first) = (outer, false);
                continue;
            }
            if !is_first {
                self.comma(close)?;
            }
            if close == b'}' {
                self.name()?;
            }
            is_first = false;
            if let (Begin::Elements { close: inner }, _) = self.begin()? {
                outer.push(close);
                (close, is_first) = (inner, true);
            }
        }
    }

    /// Passes over a string whose opening quote is passed. Returns its content, and whether that has escapes.
    #[expect(
        clippy::inline_always,
        reason = "saves 5 % of the instructions to load a user"
    )]
    #[inline(always)]
    fn string(&mut self) -> Result<(&'t [u8], bool), Fault> {
        let content = self.rest;
        let mut has_escapes = false;
        loop {
            self.rest = from_special(self.rest, b'\\');
            match self.rest {
                [b'"', rest @ ..] => {
                    let size = content.len() - self.rest.len();
                    self.rest = rest;
                    return Ok((content.get(..size).unwrap_or_default(), has_escapes));
                }
                [b'\\', ..] => {
                    has_escapes = true;
                    self.escape()?;
                }
                [_, ..] => return Err(self.fault("a control character in a string")),
                [] => return Err(self.fault(ENDS)),
            }
        }
    }

    #[cold]
    fn escape(&mut self) -> Result<(), Fault> {
        let size = match self.rest {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', digits @ ..] if code_unit(digits).is_some() => 6,
            [_] => return Err(self.fault(ENDS)),
            _ => return Err(self.fault("an escape that JSON does not have")),
        };
        self.skip(size);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.rest;
        self.skip_one_of(b"-");
        let whole = self.digits();
        let mut is_number = matches!(whole, [b'0'] | [b'1'..=b'9', ..]);
        if self.skip_one_of(b".") {
            is_number &= !self.digits().is_empty();
        }
        if self.skip_one_of(b"eE") {
            self.skip_one_of(b"+-");
            is_number &= !self.digits().is_empty();
        }
        if is_number {
            return Ok(());
        }
        if !self.rest.is_empty() {
            self.rest = start;
        }
        Err(self.unexpected("a value is expected"))
    }

    fn skip_one_of(&mut self, bytes: &[u8]) -> bool {
        let is_one = self.rest.first().is_some_and(|byte| bytes.contains(byte));
        self.skip(usize::from(is_one));
        is_one
    }

    /// Passes over digits.
    fn digits(&mut self) -> &'t [u8] {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(count).unwrap_or_default();
        self.rest = rest;
        digits
    }

    #[cold]
    fn unexpected(&self, reason: &'static str) -> Fault {
        self.fault(if self.rest.is_empty() { ENDS } else { reason })
    }

    #[cold]
    fn fault(&self, reason: &'static str) -> Fault {
        Fault {
            at: self.at(),
            reason,
        }
    }
}

/// The beginning of a value with elements, or another value.
#[derive(Clone, Copy)]
enum Begin {
    /// An object or list that ends with this byte.
    Elements {
        close: u8,
    },
    Null,
    Other,
    Text {
        has_escapes: bool,
    },
}
