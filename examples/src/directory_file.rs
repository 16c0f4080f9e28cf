//! A directory of users from a file in JSON Lines, JSON pages or CSV. The form is detected from the beginning of the file.

use std::io::{self, Read};
use std::path::Path;

use serde::de::IgnoredAny;
use upn_resolver::entra::{
    CsvPlace, DirectoryBuilder, IndexKey, NoUserPrincipalNameColumn, TooManyNames, UserDirectory,
};

use crate::file_type::open_input;
use crate::in_order::in_order;
use crate::progress::Progress;
use crate::text_stream::TextStream;

/// Reads a directory as exported from Microsoft Graph or PowerShell, in UTF-8 or UTF-16; `-` is standard input.
///
/// The export is read in pieces of about one megabyte, on all cores; only JSON with values over several lines is read whole.
///
/// # Errors
/// The file cannot be read, or has no users. Problems of single users are in the directory's
/// [problems](UserDirectory::problems).
pub fn read(path: &Path, progress: &mut Progress) -> Result<UserDirectory, DirectoryFileError> {
    let source: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        open_input(path)?
    };
    let mut text = TextStream::new(source)?;
    let mut users = DirectoryBuilder::new();
    let (number, line) = text.first_line()?;
    if !line.starts_with(['{', '[']) {
        read_csv(&mut text, number, &mut users, progress)?;
    } else if !ends_early(&line) {
        read_lines(|| text.next_lines(), number, &mut users, progress)?;
    } else {
        let rest = text.rest()?;
        let whole = as_text(&rest)?;
        if is_json_lines(whole) {
            read_lines(one(rest), number, &mut users, progress)?;
        } else {
            users.add_json(number, whole);
        }
    }
    Ok(users.build_on_threads(IndexKey::random())?)
}

fn bare(line: &str) -> &str {
    line.trim_start_matches('\u{feff}').trim()
}

fn as_text(bytes: &[u8]) -> Result<&str, DirectoryFileError> {
    str::from_utf8(bytes).map_err(|_| DirectoryFileError::NotText)
}

/// The pieces of a text that is known as a whole.
fn one(text: Vec<u8>) -> impl FnMut() -> io::Result<Option<Vec<u8>>> {
    let mut text = Some(text);
    move || Ok(text.take())
}

/// JSON Lines, of which each is read alone, so that a mistake in one hides no other.
fn read_lines(
    mut next: impl FnMut() -> io::Result<Option<Vec<u8>>> + Send,
    mut number: u32,
    users: &mut DirectoryBuilder,
    progress: &mut Progress,
) -> Result<(), DirectoryFileError> {
    in_order(
        || {
            let Some(lines) = next()? else { return Ok(None) };
            let first = number;
            let count = memchr::memchr_iter(b'\n', &lines).count();
            number = number.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            Ok(Some((first, lines)))
        },
        |(first, lines): (u32, Vec<u8>)| {
            let text = as_text(&lines)?;
            let mut part = DirectoryBuilder::new();
            let (mut start, mut number) = (0, first);
            let ends = memchr::memchr_iter(b'\n', text.as_bytes());
            for end in ends.map(|at| at + 1).chain([text.len()]) {
                part.add_json(number, &text[start..end]);
                (start, number) = (end, number.saturating_add(1));
            }
            Ok((lines.len(), part))
        },
        join(users, progress),
    )
}

fn read_csv(
    text: &mut TextStream,
    number: u32,
    users: &mut DirectoryBuilder,
    progress: &mut Progress,
) -> Result<(), DirectoryFileError> {
    let (known, _) = text.known();
    let known = match str::from_utf8(known) {
        Ok(known) => known,
        // The last character may not be there yet.
        Err(error) if error.error_len().is_none() => as_text(&known[..error.valid_up_to()])?,
        Err(_) => return Err(DirectoryFileError::NotText),
    };
    // Skipped lines count, too.
    let skipped = "\n".repeat(usize::try_from(number.saturating_sub(1)).unwrap_or_default());
    let header = users.add_csv_header(&[&skipped, known].concat())?;
    text.take(header.size() - skipped.len());
    let mut place = header.end();
    in_order(
        || Ok(text.next_records(&header, &mut place)?),
        |(place, records): (CsvPlace, Vec<u8>)| {
            let mut part = DirectoryBuilder::new();
            part.add_csv_records(&header, place, as_text(&records)?);
            Ok((records.len(), part))
        },
        join(users, progress),
    )
}

/// Joins the parts of a directory.
fn join(
    users: &mut DirectoryBuilder,
    progress: &mut Progress,
) -> impl FnMut(Result<(usize, DirectoryBuilder), DirectoryFileError>) -> Result<(), DirectoryFileError> + Send
{
    |part| {
        let (bytes, part) = part?;
        progress.add(part.len(), bytes);
        users.append(part);
        Ok(())
    }
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
