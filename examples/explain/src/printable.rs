//! Text without characters that control a terminal or hide or reorder text.

use std::fmt::Write as _;

use upn_resolver::certificate::NameProblem;

/// Text of several lines, or JSON, without characters that control a terminal or hide or reorder text. Those are escaped in the
/// way of JSON. Text from servers, cards, readers and files is not trusted.
#[must_use]
pub fn printable(text: &str) -> String {
    escape(text, |character| character != '\n')
}

/// The same on one line, for a name. A name with a line break could imitate a line of the program.
#[must_use]
pub fn printable_line(text: &str) -> String {
    escape(text, |_| true)
}

fn escape(text: &str, looked_at: impl Fn(char) -> bool) -> String {
    let mut fit = String::with_capacity(text.len());
    for character in text.chars() {
        if looked_at(character) && NameProblem::of_character(character).is_some() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(fit, "\\u{unit:04x}");
            }
        } else {
            fit.push(character);
        }
    }
    fit
}

#[cfg(test)]
mod tests {
    use super::{printable, printable_line};

    #[test]
    fn json_stays_json_and_text_keeps_its_lines() {
        let hostile = "a\u{1b}[2J\u{202e}b\n\u{e0041}c é 李";
        assert_eq!(printable(hostile), "a\\u001b[2J\\u202eb\n\\udb40\\udc41c é 李");
        assert_eq!(printable_line("a\nb"), "a\\u000ab");
        let json = serde_json::json!({ "name": hostile }).to_string();
        let read: serde_json::Value = serde_json::from_str(&printable(&json)).unwrap();
        assert_eq!(read["name"], hostile);
    }
}
