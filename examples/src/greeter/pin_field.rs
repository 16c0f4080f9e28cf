//! The PIN while it is typed: a buffer of fixed size that is wiped when it is dropped.

use card_access::Pin;
use zeroize::Zeroizing;

/// More than any card accepts (PIV: 8; PKCS#11 tokens: rarely more than 64), so that the buffer never grows.
const ROOM: usize = 128;

/// The characters typed so far. Only their number is shown.
pub(super) struct PinField(Zeroizing<String>);

impl PinField {
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(String::with_capacity(ROOM)))
    }

    /// Adds a character if there is space.
    pub(super) fn push(&mut self, character: char) {
        if self.0.len() + character.len_utf8() <= ROOM {
            self.0.push(character);
        }
    }

    /// Removes the last character.
    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// The number of characters.
    pub(super) fn length(&self) -> usize {
        self.0.chars().count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the PIN without copying it, and leaves an empty field.
    pub(super) fn take(&mut self) -> Pin {
        Pin::new(std::mem::replace(&mut *self.0, String::with_capacity(ROOM)))
    }
}

#[cfg(test)]
mod tests {
    use super::{PinField, ROOM};

    #[test]
    fn the_buffer_stays_where_it_is_and_is_handed_over_whole() {
        let mut field = PinField::new();
        let place = field.0.as_ptr();
        for _ in 0..ROOM + 10 {
            field.push('7');
        }
        assert_eq!((field.length(), field.0.as_ptr()), (ROOM, place));
        field.pop();
        let pin = field.take();
        assert_eq!((pin.as_bytes().len(), pin.as_bytes().as_ptr()), (ROOM - 1, place));
        assert!(field.is_empty());
    }
}
