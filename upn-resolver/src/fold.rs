//! Case-insensitive comparison of names, as in a directory.

use alloc::string::String;

/// Whether a directory treats both names as equal.
///
/// ASCII letters are compared without case, other characters by their Unicode lower case. Entra user names are ASCII;
/// how Active Directory compares other letters in these attributes is not published. An ASCII name never equals one
/// with other characters, so that U+212A, the Kelvin sign, cannot stand in for a `k`.
pub(crate) fn equal(left: &str, right: &str) -> bool {
    // Most names are spelled the same everywhere.
    if left == right {
        return true;
    }
    if left.is_ascii() || right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars()
        .flat_map(char::to_lowercase)
        .eq(right.chars().flat_map(char::to_lowercase))
}

/// Key that is equal for two names exactly if they are [`equal`].
pub(crate) fn key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut key: String = text.chars().flat_map(char::to_lowercase).collect();
    if key.is_ascii() {
        // U+212A is not the lower case of any character, so no other key contains it.
        key.push('\u{212A}');
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_exactly_for_what_is_equal() {
        let names = [
            "bob@kontoso.com",
            "BOB@Kontoso.com",
            "bob@\u{212A}ontoso.com",
            "Bob@\u{212A}ontoso.com",
            "élodie@kontoso.com",
            "ÉLODIE@\u{212A}ontoso.com",
            "ada@kontoso.com",
            "",
        ];
        for left in names {
            for right in names {
                assert_eq!(equal(left, right), key(left) == key(right), "{left} {right}");
            }
        }
        assert!(!equal(names[0], names[2]));
        assert!(equal(names[2], names[3]));
    }
}
