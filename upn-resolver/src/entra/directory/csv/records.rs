//! Records of a CSV text with their lines. A malformed record does not hide those after it.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Reads records from a text.
pub(super) struct Records<'t> {
    rest: &'t str,
    line: u32,
    separator: u8,
    reader: Reader,
    /// Whether a quote was never closed. After that, no record continues on the next line.
    line_by_line: bool,
    fields: Vec<u8>,
    ends: Vec<usize>,
}

impl<'t> Records<'t> {
    /// Skips the byte order mark, and the lines that state the type and the separator.
    pub(super) fn of(text: &'t str) -> Self {
        let mut records = Self {
            rest: text.trim_start_matches('\u{feff}'),
            line: 1,
            separator: b',',
            reader: Reader::new(),
            line_by_line: false,
            fields: vec![0; 1024],
            ends: vec![0; 64],
        };
        let mut separator = None;
        loop {
            records.skip_empty_lines();
            let (line, _) = records.first_line();
            let bare = line.trim().trim_matches('"');
            let starts = |word: &str| {
                bare.get(..word.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(word))
            };
            if starts("sep=") {
                let mark = bare.as_bytes().get(4);
                separator = mark.or(line.trim_start().as_bytes().get(4)).copied();
            } else if !starts("#TYPE") {
                records.separator = separator.unwrap_or_else(|| most_frequent(line));
                records.reader = ReaderBuilder::new().delimiter(records.separator).build();
                return records;
            }
            records.skip_line();
        }
    }

    /// Reads the next record into `fields`. Returns its line, and its error if there is one.
    pub(super) fn next_into(&mut self, fields: &mut Vec<String>) -> Option<(u32, Result<(), &'static str>)> {
        fields.clear();
        self.skip_empty_lines();
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let input = if self.line_by_line {
            self.first_line().0
        } else {
            self.rest
        };
        let read = self.read(input);
        let record = input.get(..read.length).unwrap_or(input);
        if let Err(reason) = quotes(record, self.separator) {
            self.line_by_line |= reason == UNCLOSED;
            self.skip_line();
            return Some((line, Err(reason)));
        }
        let mut start = 0;
        for end in self.ends.iter().take(read.fields) {
            let field = self.fields.get(start..*end).unwrap_or_default();
            fields.push(String::from_utf8_lossy(field).into_owned());
            start = *end;
        }
        self.skip(read.length);
        Some((line, Ok(())))
    }

    fn read(&mut self, input: &str) -> Read {
        self.reader.reset();
        let (mut length, mut written, mut fields) = (0, 0, 0);
        loop {
            let (result, read, output, ends) = self.reader.read_record(
                input.as_bytes().get(length..).unwrap_or_default(),
                self.fields.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(fields..).unwrap_or_default(),
            );
            length += read;
            written += output;
            fields += ends;
            match result {
                // The end of the text ends the record; an empty input signals it to the reader.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return Read { length, fields },
            }
        }
    }

    /// The first line, and its length with the line end.
    fn first_line(&self) -> (&'t str, usize) {
        match self.rest.find(['\n', '\r']) {
            Some(end) => {
                let (line, after) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
                let line_end = if after.starts_with("\r\n") { 2 } else { 1 };
                (line, end + line_end)
            }
            None => (self.rest, self.rest.len()),
        }
    }

    fn skip_line(&mut self) {
        let (_, length) = self.first_line();
        self.skip(length);
    }

    fn skip_empty_lines(&mut self) {
        while self.rest.starts_with(['\n', '\r']) {
            self.skip_line();
        }
    }

    /// Skips this many bytes of the text, and counts their lines.
    fn skip(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        let bytes = passed.as_bytes();
        let lone = |pair: &&[u8]| matches!(pair, [b'\r', other] if *other != b'\n');
        let lines = passed.matches('\n').count()
            + bytes.windows(2).filter(lone).count()
            + usize::from(bytes.ends_with(b"\r") && !rest.starts_with('\n'));
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
    }
}

const UNCLOSED: &str = "a quote is never closed";

/// The reader allows quotes anywhere; here each one opens a field, closes it, or is doubled within it.
fn quotes(record: &str, separator: u8) -> Result<(), &'static str> {
    enum At {
        Start,
        Bare,
        Quoted,
        /// After a quote in a quoted field.
        Closed,
    }
    let mut at = At::Start;
    for byte in record.bytes() {
        let ends = byte == separator || matches!(byte, b'\n' | b'\r');
        at = match (at, byte) {
            (At::Bare, b'"') => return Err("a quote in a field that does not begin with one"),
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) | (At::Start | At::Closed, b'"') => At::Quoted,
            (_, _) if ends => At::Start,
            (At::Closed, _) => return Err("text after a closing quote"),
            (At::Start | At::Bare, _) => At::Bare,
        };
    }
    match at {
        At::Quoted => Err(UNCLOSED),
        _ => Ok(()),
    }
}

/// The length of a record in the text, and its number of fields.
struct Read {
    length: usize,
    fields: usize,
}

fn most_frequent(header: &str) -> u8 {
    let count = |mark: &u8| header.matches(char::from(*mark)).count();
    // If two are equally frequent, the last one here is used.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}
