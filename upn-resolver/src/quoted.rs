//! Values of files in messages.

use core::fmt::{self, Write as _};

/// Maximum number of characters that a message shows of a value, because nothing limits the length of values in a file.
const MAX_CHARACTERS: usize = 100;

/// A value in quotes, with escapes for what a reader would not see, and shortened if it is long.
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((end, _)) = self.0.char_indices().nth(MAX_CHARACTERS) else {
            return write!(f, "{:?}", self.0);
        };
        write!(f, "{:?}", self.0.get(..end).unwrap_or_default())?;
        f.write_char('…')?;
        write!(f, " ({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn only_a_long_value_is_shortened() {
        assert_eq!(Quoted("a\n\u{202e}é").to_string(), "\"a\\n\\u{202e}é\"");
        let long = "é".repeat(MAX_CHARACTERS);
        assert_eq!(Quoted(&long).to_string(), alloc::format!("{long:?}"));
        let longer = long.clone() + "x";
        assert_eq!(
            Quoted(&longer).to_string(),
            alloc::format!("{long:?}… (201 bytes)")
        );
    }
}
