//! Whether a name is of the expected form, seen by its octets alone. Nearly every name is; what is not is looked at
//! character by character.

/// So many octets are looked at in one step: the compiler makes a few vector instructions of it.
const STEP: usize = 16;

/// Only visible ASCII without the backslash and letters of Europe, and one `@` with something on both sides.
///
/// The letters are U+00C0 to U+033F: none of them is white space, a control or an invisible character. Whether the octets
/// are UTF-8 at all is for the caller to know.
pub(super) fn is_plain(octets: &[u8]) -> bool {
    let [first, .., last] = octets else { return false };
    let steps = octets.chunks_exact(STEP);
    // What is missing from the last step is filled with a harmless letter.
    let mut padded = [b'a'; STEP];
    padded
        .iter_mut()
        .zip(steps.remainder())
        .for_each(|(place, octet)| *place = *octet);
    let (mut separators, mut outside) = count(padded);
    for step in steps.filter_map(|step| step.try_into().ok()) {
        let (more_separators, more_outside) = count(step);
        separators += more_separators;
        outside |= more_outside;
    }
    !outside && separators == 1 && *first != b'@' && *last != b'@'
}

/// How many `@` there are, and whether there is an octet that no plain name has.
#[inline]
fn count(octets: [u8; STEP]) -> (u32, bool) {
    let (mut separators, mut outside) = (0, 0);
    for octet in octets {
        separators += u8::from(octet == b'@');
        outside |= u8::from(!is_inside(octet)) | u8::from(octet == b'\\');
    }
    (separators.into(), outside != 0)
}

/// A visible ASCII character, or in UTF-8 the first octet of U+00C0 to U+033F, or an octet that is never a first one.
#[inline]
fn is_inside(octet: u8) -> bool {
    octet.is_ascii_graphic() || matches!(octet, 0x80..=0xBF | 0xC3..=0xCC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ascii_character_is_judged_the_same_in_every_place() {
        for octet in 0..=0x7F {
            for place in 0..19 {
                let mut name = *b"abcdefghi@klmnopqrs";
                name[place] = octet;
                let at_signs = name.split(|octet| *octet == b'@').count() - 1;
                let is_visible = matches!(octet, b'!'..=b'~') && octet != b'\\';
                let is_inside = name[0] != b'@' && name[18] != b'@';
                assert_eq!(
                    is_plain(&name),
                    is_visible && at_signs == 1 && is_inside,
                    "{octet:#04x} at {place}"
                );
            }
        }
    }

    #[test]
    fn no_character_passes_that_the_closer_look_refuses() {
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
