//! Looking at text eight octets at a time.

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;
const SPACES: u64 = 0x2020_2020_2020_2020;

/// Every octet is below 0x80.
#[inline(always)]
pub(super) fn is_ascii(text: &[u8]) -> bool {
    no_octet(text, |octets| octets & HIGH_BITS)
}

/// Every octet is a visible ASCII character or a blank (0x20 to 0x7E).
#[inline(always)]
pub(super) fn is_printable(text: &[u8]) -> bool {
    // Below 0x20 the subtraction borrows into the high bit, 0x7F carries into it, 0x80 and up have it. A borrow or
    // carry into the next octet only ever comes from an octet that is already caught.
    no_octet(text, |octets| {
        (octets | octets.wrapping_sub(SPACES) | octets.wrapping_add(ONES)) & HIGH_BITS
    })
}

/// No octet is 0x80.
#[inline(always)]
pub(super) fn has_no_0x80(octets: &[u8]) -> bool {
    // With the high bits inverted, it is the octet 0: the only one from which the subtraction borrows.
    no_octet(octets, |octets| {
        let inverted = octets ^ HIGH_BITS;
        inverted.wrapping_sub(ONES) & !inverted & HIGH_BITS
    })
}

/// No octet is caught by `caught`, which gets eight octets and returns 0 when all of them pass.
#[inline(always)]
fn no_octet(text: &[u8], caught: impl Fn(u64) -> u64) -> bool {
    let mut found = 0;
    let mut rest = text;
    while let Some((eight, tail)) = rest.split_first_chunk::<8>() {
        found |= caught(u64::from_le_bytes(*eight));
        rest = tail;
    }
    if !rest.is_empty() {
        // The last eight octets again, overlapping; text that is shorter is filled up with blanks.
        let last = match text.last_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => rest
                .iter()
                .fold(SPACES, |octets, octet| octets << 8 | u64::from(*octet)),
        };
        found |= caught(last);
    }
    found == 0
}
