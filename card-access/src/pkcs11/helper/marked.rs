//! Frames behind a random marker, in an output to which a module may print too.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use super::wire::{self, Frame};

/// Length of a marker: 128 random bits in hexadecimal.
pub(super) const MARKER: usize = 32;

/// Chooses a marker.
pub(super) fn marker() -> io::Result<String> {
    let mut random = [0; MARKER / 2];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let mut marker = String::with_capacity(MARKER);
    for byte in random {
        write!(marker, "{byte:02x}").map_err(io::Error::other)?;
    }
    Ok(marker)
}

/// Writes the marker before each frame.
pub(super) struct Marked<W> {
    to: W,
    marker: Vec<u8>,
    is_new: bool,
}

impl<W> Marked<W> {
    pub(super) fn new(to: W, marker: String) -> Self {
        Self {
            to,
            marker: marker.into_bytes(),
            is_new: true,
        }
    }
}

impl<W: Write> Write for Marked<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.is_new {
            self.to.write_all(&self.marker)?;
            self.is_new = false;
        }
        self.to.write(buffer)
    }

    /// A frame ends with it.
    fn flush(&mut self) -> io::Result<()> {
        self.is_new = true;
        self.to.flush()
    }
}

/// Discards everything up to the marker, and reads the frame behind it.
pub(super) fn receive_after(from: &mut impl Read, marker: &[u8]) -> io::Result<Frame> {
    let mut last = Vec::with_capacity(marker.len() + 1);
    while last != marker {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        last.extend_from_slice(&byte);
        if last.len() > marker.len() {
            last.remove(0);
        }
    }
    wire::receive(from)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{MARKER, Marked, marker, receive_after, wire};

    #[test]
    fn what_a_module_prints_between_answers_is_discarded() {
        let marker = marker().unwrap();
        assert_eq!(marker.len(), MARKER);
        let mut to = Marked::new(Vec::new(), marker.clone());
        wire::send(&mut to, b"first").unwrap();
        // Half of a marker in front of a whole one, and a length that lies.
        to.to.write_all(&[0xFF; 9]).unwrap();
        to.to.write_all(&marker.as_bytes()[..MARKER / 2]).unwrap();
        wire::send(&mut to, b"second").unwrap();
        wire::send(&mut to, b"").unwrap();
        let mut from = to.to.as_slice();
        for expected in [&b"first"[..], b"second", b""] {
            assert_eq!(&**receive_after(&mut from, marker.as_bytes()).unwrap(), expected);
        }
        assert!(receive_after(&mut from, marker.as_bytes()).is_err());
    }
}
