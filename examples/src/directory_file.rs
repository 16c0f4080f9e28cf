//! A directory of users from a file in JSON Lines, JSON pages or CSV. The form is detected from the beginning of the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use serde::de::IgnoredAny;
use upn_resolver::decode_text;
use upn_resolver::entra::{
    DirectoryBuilder, IndexKey, NoUserPrincipalNameColumn, TooManyNames, UserDirectory,
};

/// Reads a directory as exported from Microsoft Graph or PowerShell, in UTF-8 or UTF-16; `-` is standard input.
///
/// # Errors
/// The file cannot be read, or has no users. Problems of single users are in the directory's
/// [problems](UserDirectory::problems).
pub fn read(path: &Path) -> Result<UserDirectory, DirectoryFileError> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path)?)
    };
    let mut file = BufReader::with_capacity(1 << 20, source);
    let mut input: Box<dyn BufRead> = match file.fill_buf()? {
        // PowerShell redirects output with a byte order mark or without.
        [0xFF, 0xFE, ..]
        | [0xFE, 0xFF, ..]
        | [1..=0xFF, 0, 1..=0xFF, 0, ..]
        | [0, 1..=0xFF, 0, 1..=0xFF, ..] => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let text = decode_text(&bytes).map_err(|_| DirectoryFileError::NotText)?;
            Box::new(Cursor::new(text.into_owned().into_bytes()))
        }
        // Text has no such byte, and a device may return it without end.
        bytes if bytes.contains(&0) => return Err(DirectoryFileError::NotText),
        _ => Box::new(file),
    };
    let mut users = DirectoryBuilder::new();
    let (mut line, mut number) = (String::new(), 0);
    while input.read_line(&mut line)? > 0 {
        number += 1;
        if !bare(&line).is_empty() {
            break;
        }
        line.clear();
    }
    if bare(&line).starts_with(['{', '[']) {
        read_json(&mut input, line, number, &mut users)?;
    } else {
        // Skipped lines count, too.
        line.insert_str(0, &"\n".repeat(number.saturating_sub(1)));
        input.read_to_string(&mut line)?;
        users.add_csv(&line)?;
    }
    Ok(users.build(IndexKey::random())?)
}

fn bare(line: &str) -> &str {
    line.trim_start_matches('\u{feff}').trim()
}

/// JSON Lines are read line by line, because there may be a million of them. A value over several lines is read whole.
fn read_json(
    input: &mut impl BufRead,
    mut line: String,
    first: usize,
    users: &mut DirectoryBuilder,
) -> Result<(), DirectoryFileError> {
    let mut number = u32::try_from(first).unwrap_or(u32::MAX);
    if ends_early(&line) {
        input.read_to_string(&mut line)?;
        if !is_json_lines(&line) {
            users.add_json(number, &line);
            return Ok(());
        }
        return read_lines(&mut Cursor::new(line), String::new(), number, users);
    }
    users.add_json(number, &line);
    number = number.saturating_add(1);
    line.clear();
    read_lines(input, line, number, users)
}

fn read_lines(
    input: &mut impl BufRead,
    mut line: String,
    mut number: u32,
    users: &mut DirectoryBuilder,
) -> Result<(), DirectoryFileError> {
    while input.read_line(&mut line)? > 0 {
        users.add_json(number, &line);
        line.clear();
        number = number.saturating_add(1);
    }
    Ok(())
}

/// Whether the line begins a JSON value that continues on the next line or is incomplete.
fn ends_early(line: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(bare(line)).into_iter::<IgnoredAny>();
    values.any(|value| value.is_err_and(|error| error.is_eof()))
}

/// Whether text whose first line is incomplete is nevertheless JSON Lines: the whole is not JSON, and a later line is.
fn is_json_lines(text: &str) -> bool {
    let is_json = |text: &str| {
        let mut values = serde_json::Deserializer::from_str(bare(text)).into_iter::<IgnoredAny>();
        values.all(|value| value.is_ok())
    };
    let is_value = |line: &str| bare(line).starts_with('{') && is_json(line);
    !is_json(text) && text.lines().skip(1).any(is_value)
}

/// Reason why a file is not a directory.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFileError {
    /// CSV without the required column, or neither CSV nor JSON.
    #[error("neither JSON Lines nor CSV of users: {0}")]
    NoColumn(#[from] NoUserPrincipalNameColumn),
    /// Neither UTF-8 nor UTF-16.
    #[error("not text in UTF-8 or UTF-16; export the users again as JSON Lines or CSV")]
    NotText,
    /// More users than the index can hold.
    #[error("{0}")]
    TooMany(#[from] TooManyNames),
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(io::Error),
}

impl From<io::Error> for DirectoryFileError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::InvalidData {
            Self::NotText
        } else {
            Self::Unreadable(error)
        }
    }
}
