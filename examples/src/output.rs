//! What the reports of the example programs have in common.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Bold text on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
#[derive(Clone, Copy, Debug)]
pub struct Emphasis {
    start: &'static str,
    end: &'static str,
}

impl Emphasis {
    /// What fits the stream.
    pub fn for_stream(stream: &impl IsTerminal) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if wanted && stream.is_terminal() {
            Self {
                start: "\x1b[1m",
                end: "\x1b[0m",
            }
        } else {
            Self { start: "", end: "" }
        }
    }

    /// Writes a line that stands out.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn line(self, out: &mut impl Write, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(out, "{}{text}{}", self.start, self.end)
    }
}

/// Writes a line to standard output. Whoever reads may have seen enough; any other failure is said on standard error, since by
/// now the work is done and its exit code stands.
pub fn say(program: &str, line: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if !reader_has_left(&error) => eprintln!("{program}: standard output: {error}"),
        _ => {}
    }
}

/// The message for a certificate that can't be read.
pub fn unreadable_certificate(program: &str, path: &Path, error: &dyn Error) {
    eprintln!(
        "{program}: {} holds no certificate that can be read: {error}",
        name_of(path)
    );
}

/// How a file is called in messages.
#[must_use]
pub fn name_of(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".into()
    } else {
        path.display().to_string()
    }
}

/// Whether a failed write only means that whoever reads has seen enough.
#[must_use]
pub fn reader_has_left(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
