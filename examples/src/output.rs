//! Output of the programs: safe text, standard streams and report files.

use std::fmt::{Display, Write as _};
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use upn_resolver::certificate::NameProblem;

use crate::file_type::open_output;
use crate::private_file::{beside, replace};

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bold text on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
#[derive(Clone, Copy, Debug)]
pub struct Emphasis {
    start: &'static str,
    end: &'static str,
}

impl Emphasis {
    /// The emphasis that suits the stream.
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

    /// Writes an emphasised line.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn line(self, out: &mut impl Write, text: impl Display) -> io::Result<()> {
        writeln!(out, "{}{text}{}", self.start, self.end)
    }
}

pub use explain::{printable, printable_line};

/// The text, or its first `max` characters, an ellipsis and its length, because servers choose the length of their text.
#[must_use]
pub fn truncated(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// Maximum length of a server's text that is shown or reported, in characters.
pub const MAX_SERVER_TEXT: usize = 1_000;

/// Writes a [printable](printable()) line about the course of a program to standard output. A closed pipe is not an error. Any other
/// failure is reported on standard error only. Results are written by [`print_lines`].
pub fn print_line(program: &str, line: impl Display) {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", printable(&line.to_string())).and_then(|()| out.flush()) {
        Err(error) if !reader_has_left(&error) => {
            print_message(program, format_args!("standard output: {error}"));
        }
        _ => {}
    }
}

/// Writes the result of a program, made [printable](printable()), to standard output. A closed pipe is not an error.
///
/// # Errors
/// The exit code if the output cannot be written, after a message on standard error.
pub fn print_lines<T: Display>(program: &str, lines: impl IntoIterator<Item = T>) -> Result<(), ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut lines = lines.into_iter();
    let written = lines.try_for_each(|line| writeln!(out, "{}", printable(&line.to_string())));
    check_written(program, written.and_then(|()| out.flush()))
}

/// Checks that the result of a program was written to standard output. A closed pipe is not an error.
///
/// # Errors
/// The exit code if the output cannot be written, after a message on standard error.
pub fn check_written(program: &str, written: io::Result<()>) -> Result<(), ExitCode> {
    match written {
        Err(error) if !reader_has_left(&error) => {
            print_message(program, format_args!("the output cannot be written: {error}"));
            Err(ExitCode::from(2))
        }
        _ => Ok(()),
    }
}

/// Writes a [printable](printable()) message to standard error. A failure is ignored: there is no other place to report it.
pub fn print_message(program: &str, message: impl Display) {
    let _ = writeln!(io::stderr(), "{program}: {}", printable(&message.to_string()));
}

/// Display form of a path: one line, without characters that control a terminal or hide or reorder text. The person who chose
/// the file name may be another than the person who reads the message.
#[must_use]
pub fn display_path(path: &Path) -> String {
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
        for byte in chunk.invalid() {
            // Writing to a String does not fail.
            let _ = write!(name, "\\x{byte:02x}");
        }
    }
    name
}

/// Place of a report that is not written yet.
#[derive(Debug)]
pub struct ReportFile(Place);

#[derive(Debug)]
enum Place {
    /// A pipe or a device, such as a terminal.
    Device(File),
    /// A file to be replaced or made.
    File(PathBuf),
}

impl ReportFile {
    /// Opens the place of a report: whether it can be written is known before the work is done. No file stays behind if the program
    /// ends before it writes the report.
    ///
    /// # Errors
    /// The file cannot be made, the path is a link or a folder, or nobody reads from the pipe.
    pub fn open(path: &Path) -> io::Result<Self> {
        let refused = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        Ok(Self(match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => return refused("the path is a link, which is not followed"),
            Ok(there) if there.is_dir() => return refused("the path is a folder"),
            Ok(there) if !there.is_file() => Place::Device(open_output(path)?),
            _ => {
                // Removed at once.
                drop(beside(path)?);
                Place::File(path.to_owned())
            }
        }))
    }

    /// Writes the report completely or not at all, readable for its owner only.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(self, content: impl AsRef<[u8]>) -> io::Result<()> {
        match self.0 {
            Place::Device(mut device) => device.write_all(content.as_ref()),
            Place::File(path) => replace(&path, content.as_ref()),
        }
    }
}

/// Whether a write failed because the reader closed the pipe.
#[must_use]
pub fn reader_has_left(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::truncated;

    #[test]
    fn only_a_longer_text_is_cut() {
        assert_eq!(truncated("äöü", 3), "äöü");
        assert_eq!(truncated("äöüß", 3), "äöü… (8 bytes)");
    }
}
