//! Keyed, case-insensitive hash of a name.
//!
//! This is `SipHash-1-3` ([Aumasson and Bernstein](https://www.aumasson.jp/siphash/siphash.pdf)) of an encoding of the name. The words
//! are folded as they are hashed, which a crate can only do after a copy of the name.

use crate::fold;

/// Returns the hash of the name. Apart from collisions, two names have the same hash exactly if they are
/// [equal](fold::equal).
pub(super) fn hash(key: (u64, u64), name: &str) -> u64 {
    of_ascii(key, name.as_bytes()).unwrap_or_else(|| of_any(key, name))
}

/// The hash of an ASCII name of eight bytes or more. Its words are eight bytes each, the last of which overlaps the one before it.
fn of_ascii(key: (u64, u64), name: &[u8]) -> Option<u64> {
    let last = name.last_chunk()?;
    let mut hash = SipHash::new(key);
    let mut high_bits = 0;
    let mut add = |eight: [u8; 8]| {
        let word = u64::from_le_bytes(eight);
        high_bits |= word;
        hash.add(lower_case(word));
    };
    let mut rest = name;
    while let Some((eight, more)) = rest.split_first_chunk() {
        add(*eight);
        rest = more;
    }
    add(*last);
    (high_bits & HIGH_BITS == 0).then(|| hash.finish(name.len()))
}

/// The hash of any other name. Its last word is filled with zeros.
fn of_any(key: (u64, u64), name: &str) -> u64 {
    let folded = fold::key(name);
    let mut hash = SipHash::new(key);
    for word in folded.as_bytes().chunks(8) {
        let word = word
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash.add(word);
    }
    hash.finish(folded.len())
}

/// The state of `SipHash-1-3`.
struct SipHash {
    state: [u64; 4],
    words: u64,
}

impl SipHash {
    fn new((k0, k1): (u64, u64)) -> Self {
        let state = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        Self { state, words: 0 }
    }

    fn add(&mut self, word: u64) {
        let [.., v3] = &mut self.state;
        *v3 ^= word;
        self.round();
        let [v0, ..] = &mut self.state;
        *v0 ^= word;
        self.words += 1;
    }

    /// Adds the length of the name in seven bytes, and the number of all bytes in one, as the specification says.
    fn finish(mut self, length: usize) -> u64 {
        let length = u64::try_from(length).unwrap_or(u64::MAX) & (u64::MAX >> 8);
        let all = self.words * 8 + 7;
        self.add(all << 56 | length);
        let [_, _, v2, _] = &mut self.state;
        *v2 ^= 0xFF;
        for _ in 0..3 {
            self.round();
        }
        self.state.iter().fold(0, |hash, part| hash ^ part)
    }

    fn round(&mut self) {
        let [mut v0, mut v1, mut v2, mut v3] = self.state;
        v0 = v0.wrapping_add(v1);
        v2 = v2.wrapping_add(v3);
        v1 = v1.rotate_left(13) ^ v0;
        v3 = v3.rotate_left(16) ^ v2;
        v0 = v0.rotate_left(32);
        v2 = v2.wrapping_add(v1);
        v0 = v0.wrapping_add(v3);
        v1 = v1.rotate_left(17) ^ v2;
        v3 = v3.rotate_left(21) ^ v0;
        v2 = v2.rotate_left(32);
        self.state = [v0, v1, v2, v3];
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

/// Eight ASCII characters in lower case.
fn lower_case(word: u64) -> u64 {
    // The high bit of each byte says whether it is at least `A`, or beyond `Z`. Without it, no addition carries.
    let ascii = word & !HIGH_BITS;
    let from_a = ascii + (0x80 - u64::from(b'A')) * ONES;
    let beyond_z = ascii + (0x7F - u64::from(b'Z')) * ONES;
    let is_upper = from_a & !beyond_z & HIGH_BITS;
    // 0x20 distinguishes the cases.
    word | is_upper >> 2
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use siphasher::sip::SipHasher13;

    use super::{hash, lower_case};
    use crate::fold;

    #[test]
    fn names_have_one_hash_exactly_when_they_are_equal() {
        let key = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let long = "Long.Name".repeat(100);
        let names = [
            "",
            "ada@contoso.com",
            "ADA@contoso.com",
            "b",
            "\u{c9}lodie",
            "\u{e9}LODIE",
            "\u{212a}im",
            "kim",
            &long,
            "aaaaaaaaaaaaaaaa",
            "AAAAAAAAAAAAAAAAa",
            "aaaaaaaaaaaaaaaa\u{e9}",
        ];
        for one in names {
            for other in names {
                assert_eq!(
                    hash(key, one) == hash(key, other),
                    fold::equal(one, other),
                    "{one} {other}"
                );
            }
        }
        assert_eq!(hash(key, &long), hash(key, &long.to_uppercase()));
        assert_ne!(hash(key, "ada"), hash((key.1, key.0), "ada"));
    }

    #[test]
    fn only_capital_letters_change() {
        for byte in 0..=0x7F_u8 {
            for place in 0..8 {
                let mut word = *b"azAZ@[`{";
                word[place] = byte;
                let lower = word.map(|byte| byte.to_ascii_lowercase());
                assert_eq!(lower_case(u64::from_le_bytes(word)).to_le_bytes(), lower);
            }
        }
    }

    /// The crate `siphasher` gets the same words as bytes.
    #[test]
    fn it_is_siphash() {
        let text = "0123456789abcdefghijklmnopqrstuvwxyz\u{e9}\u{fc}\u{4e2d}";
        let (k0, k1) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        for (end, _) in text.char_indices().skip(1) {
            let name = &text[..end];
            let mut message: Vec<u8> = name.into();
            if name.is_ascii() && end >= 8 {
                message.truncate(end / 8 * 8);
                message.extend(&name.as_bytes()[end - 8..]);
            }
            message.resize(message.len().next_multiple_of(8), 0);
            let length = u64::try_from(end).unwrap();
            message.extend(&length.to_le_bytes()[..7]);
            assert_eq!(
                hash((k0, k1), name),
                SipHasher13::new_with_keys(k0, k1).hash(&message),
                "{name}"
            );
        }
    }
}
