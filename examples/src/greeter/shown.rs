//! Untrusted text on the screen, from certificates, cards, readers and servers.

use std::fmt::Write as _;

use upn_resolver::certificate::NameProblem;

/// The text with escapes for every character that controls a terminal, or hides or reorders text. Line ends become spaces.
///
/// Names from the resolver are already safe; all other text needs this.
pub(super) fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => safe.push(' '),
            _ if is_unfit(character) => {
                // Writing to a string cannot fail.
                let _ = write!(safe, "<U+{:04X}>", u32::from(character));
            }
            _ => safe.push(character),
        }
    }
    safe
}

/// Whether a character must not reach the terminal.
pub(super) fn is_unfit(character: char) -> bool {
    NameProblem::of_character(character).is_some()
}

/// A message as a complete sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = shown(text);
    let mut characters = text.trim_end().chars();
    let Some(first) = characters.next() else {
        return text;
    };
    let mut sentence: String = first.to_uppercase().chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::{sentence, shown};

    #[test]
    fn deceptive_characters_are_escaped() {
        let hostile = "\u{1b}[2J\u{202e}moc\u{200b}.\u{9b}31m\u{7}\nnext";
        assert_eq!(
            shown(hostile),
            "<U+001B>[2J<U+202E>moc<U+200B>.<U+009B>31m<U+0007> next"
        );
        assert_eq!(shown("Zoë Ωmega 李"), "Zoë Ωmega 李");
    }

    #[test]
    fn a_sentence_has_a_capital_and_an_end() {
        assert_eq!(sentence("the PIN is wrong"), "The PIN is wrong.");
        assert_eq!(sentence("Type it again."), "Type it again.");
        assert_eq!(sentence(""), "");
    }
}
