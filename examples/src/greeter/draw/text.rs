//! Text that is wrapped to the width of the window and can be scrolled.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Width of the labels.
const LABEL: usize = 14;

/// A column of lines, wrapped when the width is known.
#[derive(Default)]
pub(super) struct Scrolled {
    parts: Vec<Part>,
}

enum Part {
    /// A label with text that is wrapped next to it.
    Broken {
        first: Span<'static>,
        indent: usize,
        text: String,
        style: Style,
    },
    Whole(Line<'static>),
}

impl Scrolled {
    pub(super) fn blank(&mut self) {
        self.line(Line::default());
    }

    pub(super) fn line(&mut self, line: Line<'static>) {
        self.parts.push(Part::Whole(line));
    }

    pub(super) fn lines(&mut self, lines: impl IntoIterator<Item = Line<'static>>) {
        self.parts.extend(lines.into_iter().map(Part::Whole));
    }

    pub(super) fn append(&mut self, mut others: Self) {
        self.parts.append(&mut others.parts);
    }

    /// A label with its value.
    pub(super) fn fact(&mut self, label: &'static str, text: impl Into<String>, style: Style) {
        self.parts.push(Part::Broken {
            first: Span::styled(format!("{label:<LABEL$}"), style),
            indent: LABEL,
            text: text.into(),
            style: Style::new(),
        });
    }

    /// Text with a hanging indent.
    pub(super) fn hanging(&mut self, text: &str, indent: usize, style: Style) {
        self.parts.push(Part::Broken {
            first: Span::default(),
            indent,
            text: text.to_owned(),
            style,
        });
    }

    /// Draws the text from line `scroll` on. Returns the number of lines that can be scrolled.
    pub(super) fn draw(self, scroll: usize, frame: &mut Frame<'_>, area: Rect) -> usize {
        let mut lines = Vec::new();
        for part in self.parts {
            match part {
                Part::Whole(line) => lines.push(line),
                Part::Broken {
                    first,
                    indent,
                    text,
                    style,
                } => lines.extend(broken(&first, indent, &text, style, usize::from(area.width))),
            }
        }
        let limit = lines.len().saturating_sub(usize::from(area.height));
        let rest = lines.into_iter().skip(scroll.min(limit)).collect::<Vec<_>>();
        frame.render_widget(Paragraph::new(rest), area);
        limit
    }
}

/// Wraps at spaces. Words that are longer than a line are split.
fn broken(
    first: &Span<'static>,
    indent: usize,
    text: &str,
    style: Style,
    width: usize,
) -> Vec<Line<'static>> {
    // The hanging indent needs a minimum width.
    let indent = indent.min(width / 2);
    let mut lines = Vec::new();
    let mut spans = vec![first.clone()];
    let mut used = first.width();
    let room = |used: usize| width.saturating_sub(used);
    for word in text.split_inclusive(' ') {
        let fits = Span::raw(word.trim_end_matches(' ')).width() <= room(used);
        if !fits && used > indent {
            lines.push(Line::from(std::mem::take(&mut spans)));
            spans.push(Span::raw(" ".repeat(indent)));
            used = indent;
        }
        for character in word.chars() {
            let wide = Span::raw(character.to_string()).width();
            if wide > room(used) && character == ' ' {
                continue;
            }
            if wide > room(used) {
                lines.push(Line::from(std::mem::take(&mut spans)));
                spans.push(Span::raw(" ".repeat(indent)));
                used = indent;
            }
            match spans.last_mut() {
                Some(last) if last.style == style && used > indent => last.content.to_mut().push(character),
                _ => spans.push(Span::styled(character.to_string(), style)),
            }
            used += wide;
        }
    }
    lines.push(Line::from(spans));
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;
    use ratatui::text::Span;

    use super::broken;

    fn lines(text: &str, indent: usize, width: usize) -> Vec<String> {
        broken(&Span::raw(""), indent, text, Style::new(), width)
            .into_iter()
            .map(|line| line.to_string().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn it_breaks_at_spaces_and_indents_the_next_line() {
        assert_eq!(
            lines("the card was taken out", 2, 10),
            ["the card", "  was", "  taken", "  out"]
        );
    }

    #[test]
    fn a_word_longer_than_the_line_is_cut_and_nothing_is_lost() {
        let text = "https://sts.fabrikam.example/adfs/services/trust/mex";
        assert_eq!(lines(text, 1, 20).concat().replace(' ', ""), text);
        assert!(lines(text, 1, 20).iter().all(|line| line.len() <= 20));
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(lines("李李 李李", 0, 5), ["李李", "李李"]);
    }
}
