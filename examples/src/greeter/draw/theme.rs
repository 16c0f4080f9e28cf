//! Colours from the terminal's own palette, for light and dark terminals.

use ratatui::style::{Color, Modifier, Style};

/// Normal text.
pub(super) const PLAIN: Style = Style::new();
/// Secondary text.
pub(super) const QUIET: Style = Style::new().add_modifier(Modifier::DIM);
/// Titles, keys, and the selection.
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);

/// The colours.
#[derive(Clone, Copy, Debug)]
pub(in crate::greeter) struct Theme {
    colours: bool,
}

impl Theme {
    /// Coloured, unless `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub(in crate::greeter) fn of_environment() -> Self {
        Self {
            colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    #[cfg(test)]
    pub(in crate::greeter) fn new(colours: bool) -> Self {
        Self { colours }
    }

    /// The border of the focused field.
    pub(super) fn focus(self) -> Style {
        self.coloured(Color::Cyan)
    }

    pub(super) fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    pub(super) fn bad(self) -> Style {
        self.coloured(Color::Red)
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colours { STRONG.fg(colour) } else { STRONG }
    }
}
