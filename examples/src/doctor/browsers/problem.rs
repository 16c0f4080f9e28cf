//! Problems with the files of a browser, each with the next thing to try.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::io::Errno;

use crate::bounded;
use crate::output::display_path;

/// What is wrong, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) found: String,
    pub(super) next: String,
}

impl Problem {
    pub(super) fn new(found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            next: next.into(),
        }
    }

    /// A file or folder that cannot be read or made.
    pub(super) fn of_file(path: &Path, error: &io::Error) -> Self {
        let path = display_path(path);
        Self::new(format!("{path}: {error}"), advice(&path, error))
    }
}

/// The next thing to try, by the cause.
fn advice(path: &str, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => format!("give yourself the right to read and write {path}"),
        ErrorKind::IsADirectory => {
            format!("move the folder {path} away; the browser needs a file of this name")
        }
        ErrorKind::NotADirectory => format!("move the file in the way of {path} away"),
        ErrorKind::FileTooLarge => {
            format!("move {path} away: no browser writes a file of this length, and it makes a new one")
        }
        ErrorKind::InvalidData => format!("save {path} as text in UTF-8, or move it away"),
        ErrorKind::NotFound => format!("correct or remove the link {path}"),
        ErrorKind::ReadOnlyFilesystem => "make the file system of your home folder writable".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free space on the file system of your home folder".to_owned()
        }
        _ if Errno::from_io_error(error) == Some(Errno::LOOP) => format!("correct or remove the link {path}"),
        _ => format!("check the file system that {path} is on, and try again"),
    }
}

/// Whether there is a file or folder. A link that leads nowhere is an error, because what is written to it goes somewhere else.
pub(super) fn is_there(path: &Path) -> io::Result<bool> {
    let is_there = path.try_exists()?;
    if !is_there && fs::symlink_metadata(path).is_ok() {
        return Err(io::Error::new(
            ErrorKind::NotFound,
            "a link to something that does not exist",
        ));
    }
    Ok(is_there)
}

/// The content of a file; `None` if there is none.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match bounded::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => is_there(path).map(|_| None),
        content => content.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::path::Path;

    use rustix::io::Errno;

    use super::Problem;

    #[test]
    fn each_cause_has_its_own_advice() {
        let next = |error: &io::Error| Problem::of_file(Path::new("/home/a/pkcs11.txt"), error).next;
        for (error, expected) in [
            (ErrorKind::PermissionDenied.into(), "the right to read"),
            (ErrorKind::IsADirectory.into(), "move the folder"),
            (ErrorKind::NotADirectory.into(), "in the way"),
            (ErrorKind::FileTooLarge.into(), "of this length"),
            (ErrorKind::InvalidData.into(), "UTF-8"),
            (ErrorKind::NotFound.into(), "the link"),
            (ErrorKind::ReadOnlyFilesystem.into(), "writable"),
            (ErrorKind::StorageFull.into(), "free space"),
            (Errno::LOOP.into(), "the link"),
            (Errno::IO.into(), "the file system"),
        ] {
            let next = next(&error);
            assert!(next.contains(expected), "{error}: {next}");
            assert_eq!(
                next.contains("the right to"),
                error.kind() == ErrorKind::PermissionDenied
            );
        }
    }
}
