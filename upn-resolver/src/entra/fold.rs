//! Comparing names as a directory does: without regard to case.

use core::hash::Hasher;

/// Whether a directory would take both for the same value.
///
/// ASCII letters are folded, and other characters through their Unicode lower case. Entra user names are ASCII;
/// what Active Directory does with other letters is not published for these attributes. A text in ASCII never equals
/// one that is not, so that U+212A, the Kelvin sign, can't stand in for a `k`.
pub(crate) fn equal(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
        || !left.is_ascii()
            && !right.is_ascii()
            && left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase))
}

/// Feeds the text to the hasher so that [`equal`] texts feed equal bytes.
pub(crate) fn hash(text: &str, hasher: &mut impl Hasher) {
    if text.is_ascii() {
        let mut buffer = [0; 64];
        for chunk in text.as_bytes().chunks(buffer.len()) {
            if let Some(folded) = buffer.get_mut(..chunk.len()) {
                folded.copy_from_slice(chunk);
                folded.make_ascii_lowercase();
                hasher.write(folded);
            }
        }
    } else {
        for character in text.chars().flat_map(char::to_lowercase) {
            hasher.write(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}
