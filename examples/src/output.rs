//! What the reports of the example programs have in common.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use upn_resolver::certificate::NameProblem;

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
    pub fn line(self, out: &mut impl Write, text: impl Display) -> io::Result<()> {
        writeln!(out, "{}{text}{}", self.start, self.end)
    }
}

/// Writes a line to standard output. Whoever reads may have seen enough; any other failure is said on standard error, since by
/// now the work is done and its exit code stands.
pub fn say(program: &str, line: impl Display) {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if !reader_has_left(&error) => complain(program, format_args!("standard output: {error}")),
        _ => {}
    }
}

/// Writes what a program exists to tell, to standard output. Whoever reads may have seen enough.
///
/// # Errors
/// The exit code, when it can't be written: that is said on standard error.
pub fn tell<T: Display>(program: &str, lines: impl IntoIterator<Item = T>) -> Result<(), ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut lines = lines.into_iter();
    let written = lines.try_for_each(|line| writeln!(out, "{line}"));
    match written.and_then(|()| out.flush()) {
        Err(error) if !reader_has_left(&error) => {
            complain(program, format_args!("the output can't be written: {error}"));
            Err(ExitCode::from(2))
        }
        _ => Ok(()),
    }
}

/// Writes a message to standard error. When even that can't be written nobody is left to be told, and the exit code stands.
pub fn complain(program: &str, message: impl Display) {
    let _ = writeln!(io::stderr(), "{program}: {message}");
}

/// The message for a certificate that can't be read.
pub fn unreadable_certificate(program: &str, path: &Path, error: &dyn Error) {
    complain(
        program,
        format_args!("{} holds no certificate that can be read: {error}", name_of(path)),
    );
}

/// How a file is called in messages and reports: on one line, and with nothing in it that a terminal would obey or that hides
/// or reorders text. Whoever names a file may not be the one who looks at it.
#[must_use]
pub fn name_of(path: &Path) -> String {
    if path == Path::new("-") {
        return "standard input".into();
    }
    let mut name = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for character in chunk.valid().chars() {
            if NameProblem::of_character(character).is_some() {
                name.extend(character.escape_default());
            } else {
                name.push(character);
            }
        }
        for octet in chunk.invalid() {
            // Writing to a String does not fail.
            let _ = write!(name, "\\x{octet:02x}");
        }
    }
    name
}

/// Whether a failed write only means that whoever reads has seen enough.
#[must_use]
pub fn reader_has_left(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
