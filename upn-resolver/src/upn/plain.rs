//! Fast check for names in the usual form, on bytes. Names that fail it are checked character by character.

/// Bytes per step. The compiler turns a step into a few vector instructions.
const STEP: usize = 16;

/// Whether the name consists of visible ASCII without the backslash, and European letters, with one `@` that has text
/// on both sides.
///
/// The letters are U+00C0 to U+033F, which include no white space, control or invisible character. The caller checks
/// that the bytes are UTF-8.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let [first, .., last] = bytes else { return false };
    let mut seen = Seen::default();
    let steps = bytes.chunks_exact(STEP);
    let rest = steps.remainder();
    for step in steps.filter_map(<[u8]>::first_chunk) {
        seen.add(step);
    }
    // The last step is padded with a harmless letter.
    let mut padded = [b'a'; STEP];
    if let Some(place) = padded.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    seen.add(&padded);
    let (separators, outside) = seen.total();
    !outside && separators == 1 && *first != b'@' && *last != b'@'
}

/// What the bytes in each place of the steps were.
#[derive(Default)]
struct Seen {
    /// The number of `@` characters, at most 255.
    separators: [u8; STEP],
    /// Not 0 if there was a byte that no plain name contains.
    outside: [u8; STEP],
}

impl Seen {
    #[inline]
    fn add(&mut self, step: &[u8; STEP]) {
        for ((separators, outside), byte) in self.separators.iter_mut().zip(&mut self.outside).zip(step) {
            *separators = separators.saturating_add(u8::from(*byte == b'@'));
            *outside |= u8::from(!is_inside(*byte)) | u8::from(*byte == b'\\');
        }
    }

    /// The number of `@` characters, exactly if it is 0 or 1, and whether a byte is outside.
    fn total(&self) -> (u32, bool) {
        let separators = self
            .separators
            .iter()
            .fold(0, |sum, count| sum + u32::from(*count));
        let outside = self.outside.iter().fold(0, |found, outside| found | outside);
        (separators, outside != 0)
    }
}

/// Whether the byte is a visible ASCII character, the first byte of U+00C0 to U+033F in UTF-8, or a continuation
/// byte.
#[inline]
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, 0x80..=0xBF | 0xC3..=0xCC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ascii_character_is_treated_alike_in_every_position() {
        for byte in 0..=0x7F {
            for place in 0..19 {
                let mut name = *b"abcdefghi@klmnopqrs";
                name[place] = byte;
                let at_signs = name.split(|byte| *byte == b'@').count() - 1;
                let is_visible = matches!(byte, b'!'..=b'~') && byte != b'\\';
                let is_inside = name[0] != b'@' && name[18] != b'@';
                assert_eq!(
                    is_plain(&name),
                    is_visible && at_signs == 1 && is_inside,
                    "{byte:#04x} at {place}"
                );
            }
        }
    }

    #[test]
    fn the_fast_check_accepts_nothing_that_the_full_check_refuses() {
        let mut passed = 0;
        // Miri is far slower; none beyond passes.
        let last = if cfg!(miri) { '\u{400}' } else { char::MAX };
        for character in '\u{80}'..=last {
            let name = alloc::format!("a{character}b@contoso.com");
            if is_plain(name.as_bytes()) {
                assert_eq!(super::super::check_characters(&name), Ok(()), "{character:?}");
                passed += 1;
            }
        }
        assert_eq!(passed, 0x340 - 0xC0);
    }

    #[test]
    fn every_length_is_looked_at_to_its_end() {
        for length in 0..40 {
            let mut name = [b'a'; 40];
            let name = &mut name[..length];
            assert!(!is_plain(name));
            if let Some(place) = length.checked_sub(2).filter(|place| *place > 0) {
                name[place] = b'@';
                assert!(is_plain(name), "{length}");
                name[length - 1] = b' ';
                assert!(!is_plain(name), "{length}");
            }
        }
    }
}
