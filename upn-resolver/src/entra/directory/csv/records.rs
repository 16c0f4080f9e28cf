//! Records of a CSV text with their lines. A malformed record does not hide those after it.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::entra::directory::eight::from_special;

/// Place in a CSV export between two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvPlace {
    /// The line of the next record, counted from 1.
    line: u32,
    /// Whether a quote was never closed. After that, no record continues on the next line.
    line_by_line: bool,
}

impl CsvPlace {
    /// Line of the next record, counted from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The same place, after which no record continues on the next line.
    pub(super) fn line_by_line(self) -> Self {
        Self {
            line_by_line: true,
            ..self
        }
    }
}

/// Reads records from a text, or from the part of a text that is known so far.
pub(super) struct Records<'t> {
    /// The text, if its fields are wanted.
    text: &'t str,
    rest: &'t [u8],
    separator: u8,
    place: CsvPlace,
    /// Whether nothing follows the text.
    is_end: bool,
}

/// Result of reading a record.
pub(super) enum Record {
    Whole {
        line: u32,
    },
    Malformed {
        line: u32,
        reason: &'static str,
        /// The number of bytes after its line that show that it is malformed.
        beyond: usize,
    },
    /// The text ends within it, and more text may follow.
    Incomplete,
}

impl<'t> Records<'t> {
    /// Skips the byte order mark, and the lines that state the type and the separator.
    pub(super) fn of(text: &'t str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let mut records = Self {
            text,
            rest: text.as_bytes(),
            separator: b',',
            place: CsvPlace {
                line: 1,
                line_by_line: false,
            },
            is_end: true,
        };
        let mut separator = None;
        loop {
            records.skip_empty_lines();
            let line = records.first_line();
            let bare = line.trim_ascii();
            let bare = bare.strip_prefix(b"\"").unwrap_or(bare);
            let starts = |word: &[u8]| {
                bare.get(..word.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(word))
            };
            if starts(b"sep=") {
                let mark = bare.get(4).filter(|mark| **mark != b'"');
                let mark = mark.or(line.trim_ascii_start().get(4)).copied();
                separator = mark.filter(u8::is_ascii);
            } else if !starts(b"#TYPE") {
                records.separator = separator.unwrap_or_else(|| most_frequent(line));
                return records;
            }
            records.skip_line();
        }
    }

    /// The records of a part of a text that begins in this place, and is complete.
    pub(super) fn part(text: &'t str, separator: u8, place: CsvPlace) -> Self {
        Self {
            text,
            ..Self::passed(text.as_bytes(), separator, place, true)
        }
    }

    /// The same for a text that may not be complete, whose records are only passed.
    pub(super) fn passed(text: &'t [u8], separator: u8, place: CsvPlace, is_end: bool) -> Self {
        Self {
            text: "",
            rest: text,
            separator,
            place,
            is_end,
        }
    }

    pub(super) fn rest(&self) -> &'t [u8] {
        self.rest
    }

    pub(super) fn separator(&self) -> u8 {
        self.separator
    }

    pub(super) fn place(&self) -> CsvPlace {
        self.place
    }

    /// Reads the next record into `fields`; `None` at the end of the text.
    pub(super) fn next_into(&mut self, fields: &mut Vec<Cow<'t, str>>) -> Option<Record> {
        fields.clear();
        let text = self.text;
        self.next(|start, field| {
            let raw = text.get(start..start + field.size).unwrap_or_default();
            fields.push(if field.has_doubled_quotes {
                Cow::Owned(raw.replace("\"\"", "\""))
            } else {
                Cow::Borrowed(raw)
            });
        })
    }

    /// Passes over the next record; `None` at the end of the text.
    pub(super) fn pass(&mut self) -> Option<Record> {
        self.next(|_, _| {})
    }

    fn next(&mut self, mut field: impl FnMut(usize, Field)) -> Option<Record> {
        self.skip_empty_lines();
        if self.rest.is_empty() {
            return None;
        }
        let line = self.place.line;
        let input = if self.place.line_by_line {
            self.first_line()
        } else {
            self.rest
        };
        let start = self.text.len().saturating_sub(self.rest.len());
        let each = |found: Field| field(start + found.start, found);
        Some(match scan(input, self.separator, each) {
            Scan::End { size, has_lines } if self.has_line_end(size) => {
                if has_lines {
                    self.skip(size);
                } else {
                    self.rest = self.rest.get(size..).unwrap_or_default();
                }
                self.skip_line_end();
                Record::Whole { line }
            }
            Scan::Malformed { at, reason } if self.has_line_end(self.first_line().len()) => {
                let before = self.rest.len();
                self.skip_line();
                let beyond = (at + 1).saturating_sub(before - self.rest.len());
                Record::Malformed { line, reason, beyond }
            }
            Scan::Unclosed if self.is_end || self.place.line_by_line && self.has_line_end(input.len()) => {
                self.place.line_by_line = true;
                self.skip_line();
                Record::Malformed {
                    line,
                    reason: UNCLOSED,
                    beyond: 0,
                }
            }
            _ => Record::Incomplete,
        })
    }

    /// Whether a line ends here for certain: of `\r\n`, the second half may not be there yet.
    fn has_line_end(&self, at: usize) -> bool {
        self.is_end || !matches!(self.rest.get(at..), None | Some([] | [b'\r']))
    }

    fn first_line(&self) -> &'t [u8] {
        let end = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.rest
            .get(..end.unwrap_or(self.rest.len()))
            .unwrap_or_default()
    }

    fn skip_line(&mut self) {
        self.skip(self.first_line().len());
        self.skip_line_end();
    }

    fn skip_line_end(&mut self) {
        let rest = self.rest;
        let size = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return,
        };
        self.rest = rest.get(size..).unwrap_or_default();
        self.place.line = self.place.line.saturating_add(1);
    }

    fn skip_empty_lines(&mut self) {
        while matches!(self.rest, [b'\n' | b'\r', ..]) && self.has_line_end(0) {
            self.skip_line_end();
        }
    }

    /// Skips this many bytes of the text, and counts their lines.
    fn skip(&mut self, size: usize) {
        let (passed, rest) = self.rest.split_at_checked(size).unwrap_or((self.rest, &[]));
        self.rest = rest;
        let lone = |pair: &&[u8]| matches!(pair, [b'\r', other] if *other != b'\n');
        let mut lines = count(passed, b'\n');
        if passed.contains(&b'\r') {
            lines += passed.windows(2).filter(lone).count()
                + usize::from(passed.ends_with(b"\r") && !rest.starts_with(b"\n"));
        }
        self.place.line = self
            .place
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
    }
}

/// A field, without the enclosing quotes.
#[derive(Clone, Copy)]
struct Field {
    start: usize,
    size: usize,
    has_doubled_quotes: bool,
}

enum Scan {
    /// The record ends here, at a line end or with the text.
    End {
        size: usize,
        /// Whether line ends are in its fields.
        has_lines: bool,
    },
    /// The byte is not allowed in this position.
    Malformed {
        at: usize,
        reason: &'static str,
    },
    Unclosed,
}

const UNCLOSED: &str = "a quote is never closed";

/// Finds the fields of the first record. A quote opens a field, closes it, or is doubled inside of it (RFC 4180, section 2).
fn scan(text: &[u8], separator: u8, mut field: impl FnMut(Field)) -> Scan {
    let (mut at, mut has_lines) = (0, false);
    loop {
        let rest = text.get(at..).unwrap_or_default();
        if let [b'"', quoted @ ..] = rest {
            let Some(quoted) = Quoted::of(quoted) else {
                return Scan::Unclosed;
            };
            field(Field {
                start: at + 1,
                size: quoted.size,
                has_doubled_quotes: quoted.has_doubled_quotes,
            });
            has_lines |= quoted.has_lines;
            at += quoted.size + 2;
        } else {
            let size = size_without_quotes(rest, separator);
            field(Field {
                start: at,
                size,
                has_doubled_quotes: false,
            });
            at += size;
        }
        match text.get(at) {
            Some(byte) if *byte == separator => at += 1,
            None | Some(b'\n' | b'\r') => return Scan::End { size: at, has_lines },
            Some(b'"') => {
                return Scan::Malformed {
                    at,
                    reason: "a quote in a field that does not begin with one",
                };
            }
            Some(_) => {
                return Scan::Malformed {
                    at,
                    reason: "text after a closing quote",
                };
            }
        }
    }
}

/// The size of a field that does not begin with a quote.
#[inline]
fn size_without_quotes(text: &[u8], separator: u8) -> usize {
    let is_end = |byte| byte == separator || matches!(byte, b'\n' | b'\r' | b'"');
    let mut rest = text;
    loop {
        rest = from_special(rest, separator);
        match rest {
            [byte, after @ ..] if !is_end(*byte) => rest = after,
            _ => return text.len() - rest.len(),
        }
    }
}

/// What is in front of a closing quote.
struct Quoted {
    size: usize,
    has_doubled_quotes: bool,
    has_lines: bool,
}

impl Quoted {
    fn of(text: &[u8]) -> Option<Self> {
        let mut quoted = Self {
            size: 0,
            has_doubled_quotes: false,
            has_lines: false,
        };
        loop {
            let rest = from_special(text.get(quoted.size..)?, b'"');
            quoted.size = text.len() - rest.len();
            match rest {
                [b'"', b'"', ..] => {
                    quoted.has_doubled_quotes = true;
                    quoted.size += 2;
                }
                [b'"', ..] => return Some(quoted),
                [control, ..] => {
                    quoted.has_lines |= matches!(control, b'\n' | b'\r');
                    quoted.size += 1;
                }
                [] => return None,
            }
        }
    }
}

fn count(bytes: &[u8], wanted: u8) -> usize {
    bytes
        .iter()
        .fold(0, |count, byte| count + usize::from(*byte == wanted))
}

fn most_frequent(header: &[u8]) -> u8 {
    // If two are equally frequent, the last one here is used.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|mark| count(header, *mark))
        .unwrap_or(b',')
}
