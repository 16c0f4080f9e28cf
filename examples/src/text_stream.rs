//! Text of any length from a file or pipe, in pieces of whole lines or whole records of CSV.

use std::io::{self, BufRead, BufReader, Read};
use std::mem;

use upn_resolver::entra::{CsvHeader, CsvPlace};

/// Size of the pieces, unless a line or record is longer.
const PIECE_SIZE: usize = 1 << 20;

/// Text that is read piece by piece. UTF-16 is converted to UTF-8, which is checked by whoever takes a piece.
pub struct TextStream {
    input: Box<dyn Read + Send>,
    /// Bytes that were read and not taken yet.
    buffer: Vec<u8>,
    is_end: bool,
}

impl TextStream {
    /// Detects the encoding from the first bytes.
    ///
    /// # Errors
    /// The input cannot be read, or has bytes that no text has: a device may return them without end.
    pub fn new(input: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(PIECE_SIZE, input);
        let mut buffer = Vec::new();
        // PowerShell redirects output with a byte order mark or without.
        let input: Box<dyn Read + Send> = match input.fill_buf()? {
            [0xFF, 0xFE, ..] | [1..=0xFF, 0, 1..=0xFF, 0, ..] => {
                Box::new(Utf16::new(input, u16::from_le_bytes))
            }
            [0xFE, 0xFF, ..] | [0, 1..=0xFF, 0, 1..=0xFF, ..] => {
                Box::new(Utf16::new(input, u16::from_be_bytes))
            }
            bytes if bytes.contains(&0) => return Err(io::ErrorKind::InvalidData.into()),
            bytes => {
                // The rest is read without another copy.
                buffer.extend(bytes);
                input.into_inner()
            }
        };
        Ok(Self {
            input,
            buffer,
            is_end: false,
        })
    }

    /// Returns the first line that is not empty, without spaces around it, and its number. The line remains in the stream; empty
    /// lines before it are removed.
    ///
    /// # Errors
    /// The input cannot be read, or is not text.
    pub fn first_line(&mut self) -> io::Result<(u32, String)> {
        let mut number = 0_u32;
        loop {
            self.fill(PIECE_SIZE)?;
            let mut passed = 0;
            for line in self.buffer.split_inclusive(|byte| *byte == b'\n') {
                let is_whole = line.ends_with(b"\n") || self.is_end;
                if !is_whole {
                    break;
                }
                number = number.saturating_add(1);
                let text = str::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
                let bare = text.trim_start_matches('\u{feff}').trim();
                if !bare.is_empty() {
                    let bare = bare.to_owned();
                    self.buffer.drain(..passed);
                    return Ok((number, bare));
                }
                passed += line.len();
            }
            self.buffer.drain(..passed);
            if self.is_end {
                return Ok((number.max(1), String::new()));
            }
            if passed == 0 {
                self.read_to_line_end()?;
            }
        }
    }

    fn read_to_line_end(&mut self) -> io::Result<()> {
        while !self.is_end {
            let from = self.buffer.len();
            self.fill(from + PIECE_SIZE)?;
            if self.buffer[from..].contains(&b'\n') {
                break;
            }
        }
        Ok(())
    }

    /// Returns the text that was read after the last piece, and whether it is the end.
    #[must_use]
    pub fn known(&self) -> (&[u8], bool) {
        (&self.buffer, self.is_end)
    }

    /// Takes this many bytes.
    pub fn take(&mut self, size: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(size.min(self.buffer.len()));
        mem::replace(&mut self.buffer, rest)
    }

    /// The whole rest.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        self.input.read_to_end(&mut self.buffer)?;
        self.is_end = true;
        Ok(mem::take(&mut self.buffer))
    }

    /// Some whole lines; `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn next_lines(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut from = 0;
        loop {
            self.fill(self.buffer.len().max(from) + PIECE_SIZE)?;
            if self.is_end {
                let rest = mem::take(&mut self.buffer);
                return Ok(Some(rest).filter(|rest| !rest.is_empty()));
            }
            if let Some(last) = self.buffer[from..].iter().rposition(|byte| *byte == b'\n') {
                return Ok(Some(self.take(from + last + 1)));
            }
            from = self.buffer.len();
        }
    }

    /// Some whole records of CSV from this place on, and the place where they begin, which then is that of the next ones;
    /// `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn next_records(
        &mut self,
        header: &CsvHeader,
        place: &mut CsvPlace,
    ) -> io::Result<Option<(CsvPlace, Vec<u8>)>> {
        loop {
            self.fill(self.buffer.len() + PIECE_SIZE)?;
            let (mut size, mut after) = header.whole_records(*place, &self.buffer, self.is_end);
            if size == 0 && after != *place {
                // A quote is never closed.
                *place = after;
                (size, after) = header.whole_records(*place, &self.buffer, self.is_end);
            }
            if size > 0 {
                return Ok(Some((mem::replace(place, after), self.take(size))));
            }
            if self.is_end {
                return Ok(None);
            }
        }
    }

    /// Reads until this much is known, or all.
    fn fill(&mut self, size: usize) -> io::Result<()> {
        let missing = size.saturating_sub(self.buffer.len());
        if missing > 0 && !self.is_end {
            let limit = u64::try_from(missing).unwrap_or(u64::MAX);
            self.buffer.reserve(missing);
            let read = self.input.by_ref().take(limit).read_to_end(&mut self.buffer)?;
            self.is_end = read < missing;
        }
        Ok(())
    }
}

/// UTF-16 as UTF-8.
struct Utf16<R> {
    input: R,
    unit: fn([u8; 2]) -> u16,
    /// Bytes of an incomplete character.
    incomplete: Vec<u8>,
    converted: Vec<u8>,
    returned: usize,
}

impl<R: BufRead> Utf16<R> {
    fn new(input: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self {
            input,
            unit,
            incomplete: Vec::new(),
            converted: Vec::new(),
            returned: 0,
        }
    }

    /// Converts the next bytes; returns whether there were any.
    fn convert(&mut self) -> io::Result<bool> {
        let bytes = self.input.fill_buf()?;
        let size = bytes.len();
        self.incomplete.extend(bytes);
        self.input.consume(size);
        self.converted.clear();
        self.returned = 0;

        let mut units: Vec<u16> = self
            .incomplete
            .chunks_exact(2)
            .filter_map(|pair| Some((self.unit)(pair.try_into().ok()?)))
            .collect();
        // The second half of a pair may not be there yet.
        if size > 0 && matches!(units.last(), Some(0xD800..=0xDBFF)) {
            units.pop();
        }
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.map_err(|_| io::ErrorKind::InvalidData)?;
            self.converted
                .extend(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.incomplete.drain(..units.len() * 2);
        if size == 0 && !self.incomplete.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(size > 0)
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.returned == self.converted.len() {
            if !self.convert()? {
                return Ok(0);
            }
        }
        let size = buffer.len().min(self.converted.len() - self.returned);
        buffer[..size].copy_from_slice(&self.converted[self.returned..][..size]);
        self.returned += size;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn stream(bytes: Vec<u8>) -> TextStream {
        TextStream::new(Box::new(Cursor::new(bytes))).unwrap()
    }

    #[test]
    fn utf16_is_converted_wherever_its_pieces_end() {
        let text = "\u{feff}Jos\u{e9} \u{1f600}\u{1f600} x".repeat(1_000);
        for (units, unit) in [
            (
                u16::to_le_bytes as fn(u16) -> [u8; 2],
                u16::from_le_bytes as fn([u8; 2]) -> u16,
            ),
            (u16::to_be_bytes, u16::from_be_bytes),
        ] {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(units).collect();
            for capacity in [1, 2, 3, 5, 1 << 16] {
                let mut converted = String::new();
                Utf16::new(BufReader::with_capacity(capacity, Cursor::new(&bytes)), unit)
                    .read_to_string(&mut converted)
                    .unwrap();
                assert_eq!(converted, text, "{capacity}");
            }
            let whole = stream(bytes.clone()).rest().unwrap();
            assert_eq!(whole, text.as_bytes());
            for broken in [&bytes[..bytes.len() - 1], &[&bytes[..], &units(0xD83D)].concat()] {
                assert_eq!(
                    stream(broken.to_vec()).rest().unwrap_err().kind(),
                    io::ErrorKind::InvalidData
                );
            }
        }
    }

    #[test]
    fn lines_stay_whole_however_long_they_are() {
        let text = [
            "short\n",
            &"x".repeat(3 * PIECE_SIZE),
            "\n",
            &"line\n".repeat(PIECE_SIZE),
            "end",
        ]
        .concat();
        let mut lines = stream(text.clone().into_bytes());
        let mut pieces = Vec::new();
        while let Some(piece) = lines.next_lines().unwrap() {
            pieces.push(piece);
        }
        assert!(pieces.len() > 5);
        assert!(
            pieces[..pieces.len() - 1]
                .iter()
                .all(|piece| piece.ends_with(b"\n"))
        );
        assert_eq!(pieces.concat(), text.into_bytes());
    }

    #[test]
    fn blank_lines_before_the_first_are_counted() {
        for (text, expected) in [
            ("\u{feff}\n \r\n\u{feff}{a}\r\nb", (3, "{a}")),
            ("a", (1, "a")),
            ("", (1, "")),
            (" \n\n", (2, "")),
        ] {
            let mut lines = stream(text.as_bytes().to_vec());
            let (number, line) = lines.first_line().unwrap();
            assert_eq!((number, line.as_str()), expected);
        }
        let blank = "\n".repeat(3 * PIECE_SIZE) + &"y".repeat(2 * PIECE_SIZE) + "\nz";
        let mut lines = stream(blank.into_bytes());
        let (number, line) = lines.first_line().unwrap();
        assert_eq!(number, u32::try_from(3 * PIECE_SIZE).unwrap() + 1);
        assert_eq!(line.len(), 2 * PIECE_SIZE);
        assert!(lines.rest().unwrap().starts_with(b"yy"));
    }
}
