//! Colours: few, from the terminal's own palette, so that they suit light and dark ones alike.

use ratatui::style::{Color, Modifier, Style};

/// The styles of everything that is drawn.
#[derive(Clone, Copy, Debug)]
pub(in crate::greeter) struct Theme {
    colours: bool,
}

impl Theme {
    /// With colours, unless `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub(in crate::greeter) fn of_environment() -> Self {
        Self {
            colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    #[cfg(test)]
    pub(in crate::greeter) fn new(colours: bool) -> Self {
        Self { colours }
    }

    pub(super) fn plain(self) -> Style {
        Style::new()
    }

    /// Titles, keys, what is chosen.
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What need not be read.
    pub(super) fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The border of what has the keys.
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
        if self.colours {
            self.strong().fg(colour)
        } else {
            self.strong()
        }
    }
}
