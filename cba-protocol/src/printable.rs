//! Text of the server, made safe for a terminal, a log and a report.
//!
//! Whoever answers chooses these texts, so each has a maximum length.

use upn_resolver::certificate::NameProblem;

/// Longest name, identifier or code, in characters: an AADSTS code, a correlation id and a token type have fewer.
pub(crate) const MAX_NAME: usize = 128;

/// Longest message, in characters. The published AADSTS messages have a few hundred.
pub(crate) const MAX_MESSAGE: usize = 1_000;

/// Longest text of a transcript, in characters: a message with the ids that follow it.
pub(crate) const MAX_TEXT: usize = 2_000;

/// Longest URL that is kept, in bytes: the limit of Internet Explorer, which services still observe.
pub(crate) const MAX_URL: usize = 2_083;

/// The text on one line, cut to `max` characters, so that nothing in it can pass for another field.
pub(crate) fn line(text: &str, max: usize) -> String {
    cut(&printable(text).replace('\n', " "), max)
}

/// The text without characters that control a terminal, or hide or reorder text. Line ends are those of Unix.
pub(crate) fn printable(text: &str) -> String {
    let unfit = |c: char| c != '\n' && NameProblem::of_character(c).is_some();
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if unfit(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// The text, or its first `max` characters followed by an ellipsis and its length.
pub(crate) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, line};

    #[test]
    fn only_a_longer_text_is_cut() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü… (8 bytes)");
        assert_eq!(line("a\r\nb\u{1b}c", 9), "a b\u{fffd}c");
    }
}
