//! Output of the programs: safe text, standard streams and report files.

use std::fmt::{Display, Write as _};
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use upn_resolver::certificate::NameProblem;

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

/// Writes a [printable](printable()) line to standard output. A closed pipe is not an error. Any other failure is reported on
/// standard error and does not change the exit code, because the work is done.
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

/// Writes a report completely or not at all, readable for its owner only, and never through a link.
///
/// # Errors
/// The file cannot be written, or the path is a link.
pub fn write_report(path: &Path, content: &str) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path is a link, which is not followed",
        )),
        // A pipe or a device, such as a terminal.
        Ok(there) if !there.is_file() => OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(content.as_bytes()),
        _ => replace(path, content),
    }
}

/// Replaces a file by a new one.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .prefix(".report")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// Whether a write failed because the reader closed the pipe.
#[must_use]
pub fn reader_has_left(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::{printable, printable_line, truncated};

    #[test]
    fn only_a_longer_text_is_cut() {
        assert_eq!(truncated("äöü", 3), "äöü");
        assert_eq!(truncated("äöüß", 3), "äöü… (8 bytes)");
    }

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
