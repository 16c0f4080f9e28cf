//! Files that only this user may read and write: stores, and files with keys or a PIN.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use owner_only::Access;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::bounded::{self, read_up_to};
use crate::file_type::{Links, check_regular, open_regular};

/// More than a PIN, a device file or a keytab usually has, in bytes. The length of standard input is not known before.
const STANDARD_INPUT: u64 = 64 << 10;

/// Reads a store of at most `limit` bytes; `None` if there is no file. Links are not followed.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, PrivateFileError> {
    let file = match open_regular(path, Links::Refuse) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    check_access(&file, path)?;
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    Ok(Some(read_up_to(limit, file)?))
}

/// Reads a file with a secret that the user has named; `-` is standard input.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    if path == Path::new("-") {
        return Ok(bounded::read_secret(io::stdin().lock(), STANDARD_INPUT)?);
    }
    let file = open_regular(path, Links::Follow)?;
    // Checked on the open file, so that it is the one that is read.
    check_access(&file, path)?;
    let length = file.metadata()?.len();
    Ok(bounded::read_secret(file, length)?)
}

/// Reads a [secret](read_secret) that is text in UTF-8 or UTF-16.
pub(crate) fn read_secret_text(path: &Path) -> Result<Zeroizing<String>, PrivateFileError> {
    let bytes = read_secret(path)?;
    let text = upn_resolver::decode_text(&bytes).map_err(|_| PrivateFileError::NotText)?;
    Ok(Zeroizing::new(text.into_owned()))
}

/// Writes a file completely or not at all, and its folder if necessary. Links are not followed, and only a regular file is replaced.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    match fs::symlink_metadata(path) {
        Ok(found) => check_regular(found.file_type())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    replace(path, content)
}

/// Puts a new file in the place of another in one step. Its content is on the disk when the call returns.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// A new file in the same folder, whose name no other file has. Only this user may read it.
pub(crate) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(&prefix(path))
        .rand_bytes(RANDOM)
        .make_in(folder(path), owner_only::create_file)
}

/// Removes the new files that a program left beside this path because it was killed.
#[cfg(target_os = "linux")]
pub(crate) fn remove_leftovers(path: &Path) -> io::Result<()> {
    let prefix = prefix(path);
    for entry in fs::read_dir(folder(path))? {
        let entry = entry?;
        let name = entry.file_name();
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        if random.is_some_and(|random| random.len() == RANDOM && random.is_ascii()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Length of the random part of a new file's name.
const RANDOM: usize = 8;

/// Beginning of the name of a new file: `.NAME.`, as far as the whole is short enough for a file name.
fn prefix(path: &Path) -> OsString {
    let name = path.file_name().filter(|name| name.len() <= 200);
    let mut prefix = OsString::from(".");
    prefix.push(name.unwrap_or(OsStr::new("new")));
    prefix.push(".");
    prefix
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Reason why a private file is not used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// Other users may read or write it.
    #[error("other users may read it; restrict its permissions: {correction}")]
    Exposed {
        /// Command that makes it private.
        correction: String,
    },
    /// It cannot be read, is too long, or is a folder, a pipe, a socket or a device.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is neither UTF-8 nor UTF-16.
    #[error("it is not a text in UTF-8 or UTF-16")]
    NotText,
    /// It belongs to a user who is neither this one nor root, nor the system or the administrators on Windows.
    #[error("it belongs to another user, who could change it; change its owner: {correction}")]
    OtherOwner {
        /// Command that makes it private and this user's own.
        correction: String,
    },
}

fn check_access(file: &File, path: &Path) -> Result<(), PrivateFileError> {
    let access = Access::of_file(file)?;
    let correction = || access.correction(path);
    if !access.owner_is_trusted() {
        Err(PrivateFileError::OtherOwner {
            correction: correction(),
        })
    } else if !access.is_private() {
        Err(PrivateFileError::Exposed {
            correction: correction(),
        })
    } else {
        Ok(())
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => owner_only::create_folder(folder),
        _ => Ok(()),
    }
}
