//! Lines of the form `key : value`, between boxes and empty lines.

use alloc::vec::Vec;

/// The lines of a report, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lines<'a> {
    lines: Vec<(&'a str, &'a str)>,
}

impl<'a> Lines<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let lines = text
            .lines()
            .map(bare)
            .filter(|line| !line.starts_with(['+', '|']));
        // A key contains no colon; a value can contain several: times, URLs.
        let lines = lines.filter_map(|line| line.split_once(':'));
        let lines = lines
            .map(|(key, value)| (bare(key), bare(value)))
            .filter(|(key, _)| !key.is_empty());
        Self {
            lines: lines.collect(),
        }
    }

    /// The first value of a key that has one.
    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        self.lines
            .iter()
            .find(|(name, _)| is_same_key(name, key))
            .map(|(_, value)| *value)
            .filter(|value| !value.is_empty())
    }

    /// `YES` or `NO`; other values are ignored.
    pub(super) fn yes_or_no(&self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        if value.eq_ignore_ascii_case("YES") {
            Some(true)
        } else {
            value.eq_ignore_ascii_case("NO").then_some(false)
        }
    }

    /// The lines from a key up to one of the keys that end the part.
    pub(super) fn part(&self, from: &str, ends: &[&str]) -> Option<Self> {
        let start = self.lines.iter().position(|(name, _)| is_same_key(name, from))?;
        let (_, rest) = self.lines.split_at_checked(start + 1)?;
        let end = rest
            .iter()
            .position(|(name, _)| ends.iter().any(|end| is_same_key(name, end)));
        let part = rest.get(..end.unwrap_or(rest.len()))?;
        Some(Self { lines: part.to_vec() })
    }
}

/// Trims the text: white space, other kinds of spaces from mail and web pages, invisible characters, the remains of a
/// no-break space in a code page, and the `>` of a quoted mail.
fn bare(text: &str) -> &str {
    let is_space = |character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '\u{200b}' | '\u{2060}' | '\u{feff}' | char::REPLACEMENT_CHARACTER
            )
    };
    text.trim_start_matches(|character| is_space(character) || character == '>')
        .trim_end_matches(is_space)
}

/// Both `HTTP status` and `HTTP Status` occur.
fn is_same_key(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(key: &str) -> impl Iterator<Item = char> {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
}
