//! Search for the bytes that end a text in JSON and CSV, eight at a time.

/// The bytes from the first quote, control character or `other` on, which is an ASCII character, too.
#[inline]
pub(super) fn from_special(mut bytes: &[u8], other: u8) -> &[u8] {
    while let Some((eight, rest)) = bytes.split_first_chunk() {
        let found = special(u64::from_le_bytes(*eight), other);
        if found != 0 {
            let before = usize::try_from(found.trailing_zeros() / 8).unwrap_or_default();
            return bytes.get(before..).unwrap_or_default();
        }
        bytes = rest;
    }
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == other;
    let before = bytes.iter().position(is_special).unwrap_or(bytes.len());
    bytes.get(before..).unwrap_or_default()
}

/// The high bit of the first of eight bytes that is special, and perhaps of later ones; 0 if none is.
#[inline]
fn special(bytes: u64, other: u8) -> u64 {
    // This exchanges the quote and the space. Below 0x21 are then the quote and the control characters, from which the
    // subtraction borrows into the high bit. It borrows from the next byte only if this one is found.
    let quote_or_control = (bytes ^ each(0x02)).wrapping_sub(each(0x21));
    let other = (bytes ^ each(other)).wrapping_sub(each(1));
    (quote_or_control | other) & !bytes & each(0x80)
}

/// This byte eight times.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place_of_every_length() {
        for length in 0..30 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = [b'!'; 30];
                    text[place] = byte;
                    for other in [b'\\', b';', b'\t', 0x7F, 0] {
                        let is_special = byte == b'"' || byte < b' ' || byte == other;
                        let expected = if is_special { place } else { length };
                        assert_eq!(from_special(&text[..length], other), &text[expected..length]);
                    }
                }
            }
        }
    }
}
