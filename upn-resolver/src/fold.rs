//! Comparison of names as a directory compares them: without regard to case.

use alloc::string::String;

/// Whether a directory would take both for the same value.
///
/// ASCII letters are folded, and other characters through their Unicode lower case. Entra user names are ASCII; what
/// Active Directory does with other letters is not published for these attributes. A text in ASCII never equals one
/// that is not, so that U+212A, the Kelvin sign, can't stand in for a `k`.
pub(crate) fn equal(left: &str, right: &str) -> bool {
    // Nearly all names are written alike everywhere.
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

/// A text that is the same for two values exactly when they are [`equal`].
pub(crate) fn key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut key: String = text.chars().flat_map(char::to_lowercase).collect();
    if key.is_ascii() {
        // U+212A is no character's lower case, so that no other key has it.
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
