//! Errors of the parts.

use std::{fmt, io, path::Path, process::Output};

/// A part could not be started or set up. The message names the part and the reason.
pub struct Error(String);

impl Error {
    /// An error with the message `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A program or file is missing.
    pub(crate) fn missing(what: &str) -> Self {
        Self(format!(
            "{what} is missing: run `make test` (or `make setup`), which installs and builds the parts that tests need"
        ))
    }

    pub(crate) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("{doing} {}: {error}", path.display()))
    }

    /// A program failed.
    pub(crate) fn failed(command: &str, output: &Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        Self(format!(
            "{command}: {}\n{}\n{}",
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        ))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The message, because `unwrap` in a test prints this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
