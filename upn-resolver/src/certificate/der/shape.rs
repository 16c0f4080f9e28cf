//! Common chains of headers, recognized in one step.
//!
//! Certificates repeat themselves: nearly every relative name is one X.520 attribute, nearly every distribution point
//! is one URI. A [`Shape`] is such a chain of headers, down to the length of the innermost content, from which the
//! enclosing lengths follow. Anything else, even if it is valid DER, is left to the [`Reader`](super::Reader).

/// A chain of headers with `N` bytes.
///
/// The pattern is written like the encoding: bytes in hexadecimal, `??` for any byte, `{` for the length of an
/// element that ends with the innermost content. Only the last length is free; it stays below 128.
///
/// ```text
/// 31{ 30{ 06 03 55 04 ?? ?? {        a relative name: one attribute 2.5.4.n whose value has the tag m
/// ```
#[derive(Clone, Copy)]
pub(crate) struct Shape<const N: usize> {
    /// The bytes, eight at a time; the last eight overlap with those before.
    words: [Word; 3],
    /// The longest innermost content for which every enclosing length stays below 128.
    max_content: u8,
}

/// Condition on eight bytes: `bytes & mask == fixed + length * enclosing`.
#[derive(Clone, Copy)]
struct Word {
    mask: [u8; 8],
    fixed: [u8; 8],
    /// 1 at each length that encloses the innermost content.
    enclosing: [u8; 8],
}

/// Input that starts with a [`Shape`].
pub(crate) struct Stripped<'a, const N: usize> {
    pub(crate) headers: &'a [u8; N],
    pub(crate) content: &'a [u8],
    pub(crate) rest: &'a [u8],
}

impl<const N: usize> Shape<N> {
    /// Parses the pattern. An invalid one does not compile.
    pub(crate) const fn new(pattern: &str) -> Self {
        let bytes = parse::<N>(pattern.as_bytes());
        let mut words = [Word::ANY; 3];
        let mut max_content = 0x7F;
        let mut enclosed = 0;
        let mut position = N;
        while position > 0 {
            position -= 1;
            let mut word = 0;
            while word < 3 {
                let start = start_of::<N>(word);
                if start <= position && position < start + 8 {
                    words[word] = words[word].with(position - start, bytes[position], enclosed);
                }
                word += 1;
            }
            if let Byte::Length = bytes[position] {
                max_content = 0x7F - enclosed;
            }
            enclosed += 1;
        }
        Self { words, max_content }
    }

    /// Strips the headers and the innermost content from the input, if it has this shape.
    #[inline(always)]
    pub(crate) fn strip<'a>(&self, input: &'a [u8]) -> Option<Stripped<'a, N>> {
        let (headers, rest) = input.split_first_chunk::<N>()?;
        let [.., length] = *headers.as_slice() else {
            return None;
        };
        let fits = length <= self.max_content
            && self.word_fits(0, input, length)
            && self.word_fits(1, input, length)
            && self.word_fits(2, input, length);
        if !fits {
            return None;
        }
        let (content, rest) = rest.split_at_checked(usize::from(length))?;
        Some(Stripped {
            headers,
            content,
            rest,
        })
    }

    /// After inlining, everything except the bytes and the length is constant.
    #[inline(always)]
    fn word_fits(&self, word: usize, input: &[u8], length: u8) -> bool {
        let start = start_of::<N>(word);
        let bytes = input.get(start..).and_then(|bytes| bytes.first_chunk::<8>());
        let number = u64::from_le_bytes;
        match (bytes, self.words.get(word)) {
            (Some(bytes), Some(word)) => {
                number(*bytes) & number(word.mask)
                    == number(word.fixed) + u64::from(length) * number(word.enclosing)
            }
            _ => false,
        }
    }
}

/// Offset of the eight bytes of a word. A short shape also reads the bytes after it, and is not recognized at the
/// very end of the input.
const fn start_of<const N: usize>(word: usize) -> usize {
    if 8 * word + 8 <= N {
        8 * word
    } else {
        N.saturating_sub(8)
    }
}

impl Word {
    const ANY: Self = Self {
        mask: [0; 8],
        fixed: [0; 8],
        enclosing: [0; 8],
    };

    /// Adds this byte at this place, with the given number of bytes of the shape after it.
    const fn with(mut self, place: usize, byte: Byte, before: u8) -> Self {
        match byte {
            Byte::Any => {}
            Byte::Is(value) => {
                self.mask[place] = 0xFF;
                self.fixed[place] = value;
            }
            Byte::Length => {
                self.mask[place] = 0xFF;
                self.fixed[place] = before;
                self.enclosing[place] = 1;
            }
        }
        self
    }
}

/// One byte of a pattern.
#[derive(Clone, Copy)]
enum Byte {
    Any,
    Is(u8),
    Length,
}

const fn parse<const N: usize>(pattern: &[u8]) -> [Byte; N] {
    let mut bytes = [Byte::Any; N];
    let (mut position, mut at) = (0, 0);
    while at < pattern.len() {
        let character = pattern[at];
        at += 1;
        if character == b' ' {
            continue;
        }
        if character == b'{' {
            bytes[position] = Byte::Length;
        } else {
            if character != b'?' {
                bytes[position] = Byte::Is(digit(character) << 4 | digit(pattern[at]));
            }
            at += 1;
        }
        position += 1;
    }
    assert!(
        position == N && N <= 24 && matches!(bytes[N - 1], Byte::Length),
        "N bytes, at most 24, the last of which is the innermost length"
    );
    bytes
}

const fn digit(character: u8) -> u8 {
    match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'F' => character - b'A' + 10,
        _ => panic!("a digit of a hexadecimal number, in upper case"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELATIVE_NAME: Shape<11> = Shape::new("31{ 30{ 06 03 55 04 ?? ?? {");

    fn strip(input: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
        let Stripped {
            headers: [.., kind, tag, _],
            content,
            rest,
        } = RELATIVE_NAME.strip(input)?;
        Some((*kind, *tag, content, rest))
    }

    #[test]
    fn the_shape_is_stripped() {
        let input = b"\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x03Adarest";
        assert_eq!(strip(input), Some((3, 0x0C, &b"Ada"[..], &b"rest"[..])));
    }

    #[test]
    fn any_other_byte_is_another_shape() {
        let input = b"\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x03Ada";
        for position in 0..11 {
            for byte in 0..=u8::MAX {
                let mut changed = *input;
                changed[position] = byte;
                let is_free = position == 8 || position == 9;
                assert_eq!(
                    strip(&changed).is_some(),
                    is_free || byte == input[position],
                    "{position} {byte:02X}"
                );
            }
        }
    }

    #[test]
    fn every_length_that_fits_is_stripped() {
        for length in 0..=u8::MAX {
            let mut input = std::vec![0x31, length.wrapping_add(9), 0x30, length.wrapping_add(7)];
            input.extend(b"\x06\x03\x55\x04\x03\x0C");
            input.push(length);
            input.extend(std::vec![b'x'; usize::from(length)]);
            assert_eq!(strip(&input).is_some(), length <= 0x7F - 9, "{length}");
            // The same, cut off.
            input.pop();
            assert!(strip(&input).is_none(), "{length}");
        }
    }

    #[test]
    fn shapes_of_every_length() {
        fn check<const N: usize>(pattern: &str, input: &[u8]) {
            let shape = Shape::<N>::new(pattern);
            let stripped = shape.strip(input).expect(pattern);
            assert_eq!(stripped.content, b"x", "{pattern}");
            for position in 0..N {
                let mut changed = input.to_vec();
                changed[position] ^= 0x40;
                assert!(shape.strip(&changed).is_none(), "{pattern} {position}");
            }
        }
        check::<4>("30{ 06{", b"\x30\x03\x06\x01xrest");
        check::<8>("30{ A0{ A0{ 86{", b"\x30\x07\xA0\x05\xA0\x03\x86\x01x");
        check::<9>("30{ 06 03 55 1D 0E 04{", b"\x30\x08\x06\x03\x55\x1D\x0E\x04\x01x");
        check::<16>(
            "A0{ 06 0A 01 02 03 04 05 06 07 08 09 0A A0{",
            b"\xA0\x0F\x06\x0A\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\xA0\x01x",
        );
        check::<17>(
            "31{ 30{ 06 09 01 02 03 04 05 06 07 08 09 16{",
            b"\x31\x10\x30\x0E\x06\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09\x16\x01x",
        );
        check::<24>(
            "31{ 30{ 06 10 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 16{",
            b"\x31\x17\x30\x15\x06\x10\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10\x16\x01x",
        );
    }
}
