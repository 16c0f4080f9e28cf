//! Encoding of values in a frame: numbers big-endian, text and bytes after their length.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

/// Maximum length of a frame: larger than any certificate listing.
const MAX_LENGTH: u32 = 1 << 24;

/// Content of a frame. It may contain a PIN, so it is wiped on drop.
pub(super) type Frame = Zeroizing<Vec<u8>>;

/// Writes a frame: four bytes of length, then the content.
pub(super) fn send(to: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len())
        .ok()
        .filter(|length| *length <= MAX_LENGTH);
    let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(frame)?;
    to.flush()
}

/// Reads a frame.
pub(super) fn receive(from: &mut impl Read) -> io::Result<Frame> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = Some(u32::from_be_bytes(length)).filter(|length| *length <= MAX_LENGTH);
    let length = length.and_then(|length| usize::try_from(length).ok());
    // Allocated at once: a growing buffer would leave copies of a PIN behind.
    let mut frame = Frame::new(vec![
        0;
        length.ok_or_else(|| io::Error::from(
            io::ErrorKind::InvalidData
        ))?
    ]);
    from.read_exact(&mut frame)?;
    Ok(frame)
}

/// Appends values to a frame.
#[derive(Default)]
pub(super) struct Writer(Frame);

impl Writer {
    pub(super) fn finish(self) -> Frame {
        self.0
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.extend(&[value]);
    }

    pub(super) fn number(&mut self, value: u64) {
        self.extend(&value.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        // Content too long for a frame is refused when it is sent.
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.extend(&length.to_be_bytes());
        self.extend(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// Appends the content of another frame.
    pub(super) fn append(&mut self, content: &[u8]) {
        self.extend(content);
    }

    /// An optional value is a list with no or one element.
    pub(super) fn list<T>(&mut self, values: impl ExactSizeIterator<Item = T>, put: impl Fn(&mut Self, T)) {
        let length = u32::try_from(values.len()).unwrap_or(u32::MAX);
        self.extend(&length.to_be_bytes());
        values.for_each(|value| put(self, value));
    }

    fn extend(&mut self, bytes: &[u8]) {
        // A plain reallocation would leave a copy of the content, possibly a PIN, in freed memory.
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Frame::new(Vec::with_capacity((self.0.len() + bytes.len()) * 2));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }
}

/// Takes values from a frame; `None` for anything malformed.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_be_bytes(self.array()?)).ok()?;
        let (value, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn list<T>(&mut self, take: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = u32::from_be_bytes(self.array()?);
        (0..length).map(|_| take(self)).collect()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Writer, receive, send};

    #[test]
    fn values_read_back_as_they_were_written() {
        let mut writer = Writer::default();
        writer.byte(7);
        writer.number(u64::MAX);
        writer.text("Käse");
        writer.list(["a", "", "c"].into_iter(), Writer::text);
        let mut pipe = Vec::new();
        send(&mut pipe, &writer.finish()).unwrap();
        let frame = receive(&mut pipe.as_slice()).unwrap();
        let mut reader = Reader(&frame);
        assert_eq!(reader.byte(), Some(7));
        assert_eq!(reader.number(), Some(u64::MAX));
        assert_eq!(reader.text(), Some("Käse"));
        assert_eq!(reader.list(Reader::text), Some(vec!["a", "", "c"]));
        assert_eq!(reader.byte(), None);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        assert!(receive(&mut [0xFF, 0, 0, 0, 1].as_slice()).is_err());
        assert!(receive(&mut [0, 0, 0, 2, 1].as_slice()).is_err());
        assert_eq!(Reader(&[0, 0, 0, 2, 1]).bytes(), None);
        assert_eq!(Reader(&[0xFF, 0xFF, 0xFF, 0xFF]).list(Reader::byte), None);
    }
}
