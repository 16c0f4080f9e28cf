//! Checks of text, eight bytes at a time.

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;
const SPACES: u64 = 0x2020_2020_2020_2020;

/// Whether every byte is below 0x80.
#[inline(always)]
pub(super) fn is_ascii(text: &[u8]) -> bool {
    no_byte(text, |bytes| bytes & HIGH_BITS)
}

/// Whether every byte is a visible ASCII character or a space (0x20 to 0x7E).
#[inline(always)]
pub(crate) fn is_printable(text: &[u8]) -> bool {
    // Below 0x20 the subtraction borrows into the high bit, 0x7F carries into it, and 0x80 and above have it set. A
    // borrow or carry into the next byte comes only from a byte that already fails.
    no_byte(text, |bytes| {
        (bytes | bytes.wrapping_sub(SPACES) | bytes.wrapping_add(ONES)) & HIGH_BITS
    })
}

/// Whether no byte is 0x80.
#[inline(always)]
pub(super) fn has_no_0x80(bytes: &[u8]) -> bool {
    // With the high bits inverted, 0x80 becomes 0, the only byte from which the subtraction borrows.
    no_byte(bytes, |bytes| {
        let inverted = bytes ^ HIGH_BITS;
        inverted.wrapping_sub(ONES) & !inverted & HIGH_BITS
    })
}

/// Whether no byte fails. `caught` gets eight bytes and returns 0 if all of them pass.
///
/// The first and the last eight bytes are checked without a loop; in a short text they overlap.
#[inline(always)]
fn no_byte(text: &[u8], caught: impl Fn(u64) -> u64) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) else {
        return caught(short(text)) == 0;
    };
    let mut found = caught(u64::from_le_bytes(*first)) | caught(u64::from_le_bytes(*last));
    let (_, mut rest) = text.split_at(8);
    while let Some((eight, tail @ [_, ..])) = rest.split_first_chunk::<8>() {
        found |= caught(u64::from_le_bytes(*eight));
        rest = tail;
    }
    found == 0
}

/// Up to seven bytes, some of them twice, padded with spaces.
#[inline(always)]
fn short(text: &[u8]) -> u64 {
    match (text.first_chunk::<4>(), text.last_chunk::<4>(), text) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        (.., [first, middle, last]) => {
            SPACES << 24 | u64::from(*first) << 16 | u64::from(*middle) << 8 | u64::from(*last)
        }
        (.., [first, .., last]) => SPACES << 16 | u64::from(*first) << 8 | u64::from(*last),
        (.., [one]) => SPACES << 8 | u64::from(*one),
        _ => SPACES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place_of_every_length() {
        for length in 0..40 {
            let mut text = [b'x'; 40];
            let text = &mut text[..length];
            assert!(
                is_ascii(text) && is_printable(text) && has_no_0x80(text),
                "{length}"
            );
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    text[place] = byte;
                    assert_eq!(is_ascii(text), byte < 0x80);
                    assert_eq!(is_printable(text), matches!(byte, b' '..=b'~'));
                    assert_eq!(has_no_0x80(text), byte != 0x80);
                }
                text[place] = b'x';
            }
        }
    }
}
