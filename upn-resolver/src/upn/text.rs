//! Characters that make a name look like another one.

/// Whether a character hides, reorders or breaks text, so that a name holding it is not the name that a person reads.
///
/// Control characters ([Unicode] category Cc), the bidirectional controls of [UAX #9], and the invisible format
/// characters (zero-width space and joiners, word joiner, soft hyphen, tag characters).
///
/// [Unicode]: https://www.unicode.org/reports/tr44/#General_Category_Values
/// [UAX #9]: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}
