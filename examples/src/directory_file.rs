//! A directory of users from a file: JSON Lines, JSON pages or CSV, told apart by how the file begins.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use serde::de::IgnoredAny;
use upn_resolver::entra::{
    DirectoryBuilder, IndexKey, NoUserPrincipalNameColumn, TooManyNames, UserDirectory,
};
use upn_resolver::windows::join_state::decode;

/// Reads a directory as Microsoft Graph or PowerShell exports it; `-` is standard input.
///
/// # Errors
/// When the file can't be read or names no users at all; what is wrong with single users is among the directory's
/// [problems](UserDirectory::problems).
pub fn read(path: &Path) -> Result<UserDirectory, DirectoryFileError> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path)?)
    };
    let mut file = BufReader::with_capacity(1 << 20, source);
    let mut input: Box<dyn BufRead> = match file.fill_buf()? {
        // What PowerShell redirects to a file.
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            let mut octets = Vec::new();
            file.read_to_end(&mut octets)?;
            Box::new(Cursor::new(decode(&octets).into_bytes()))
        }
        // No text has such an octet, while a device may have them without end.
        octets if octets.contains(&0) => return Err(DirectoryFileError::NotText),
        _ => Box::new(file),
    };
    let mut users = DirectoryBuilder::new();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let first = line.trim_start_matches('\u{feff}').trim_start();
    if first.starts_with(['{', '[']) {
        read_json(&mut input, line, &mut users)?;
    } else {
        input.read_to_string(&mut line)?;
        users.add_csv(&line)?;
    }
    Ok(users.build(IndexKey::random())?)
}

fn read_json(
    input: &mut impl BufRead,
    mut line: String,
    users: &mut DirectoryBuilder,
) -> Result<(), DirectoryFileError> {
    let first = line.trim_start_matches('\u{feff}');
    if serde_json::from_str::<IgnoredAny>(first).is_err_and(|error| error.is_eof()) {
        // One value over several lines: a page as Graph Explorer shows it.
        input.read_to_string(&mut line)?;
        users.add_json(1, &line);
        return Ok(());
    }
    let mut number = 1;
    while !line.is_empty() {
        users.add_json(number, &line);
        line.clear();
        input.read_line(&mut line)?;
        number = number.saturating_add(1);
    }
    Ok(())
}

/// Why a file is no directory.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFileError {
    /// CSV without the one column that is needed; or neither CSV nor JSON.
    #[error("neither JSON Lines nor CSV of users: {0}")]
    NoColumn(#[from] NoUserPrincipalNameColumn),
    /// It is neither UTF-8 nor UTF-16.
    #[error("no text in UTF-8 or UTF-16; export the users again, as JSON Lines or CSV")]
    NotText,
    /// More users than an index holds.
    #[error("{0}")]
    TooMany(#[from] TooManyNames),
    /// The file can't be read.
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
