//! Opening of files that must be regular files.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file for reading. A folder, a pipe, a socket or a device is refused at once: a pipe without a writer does not delay the
/// caller.
///
/// # Errors
/// The file cannot be opened, or is not a regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check_path(path)?;
    let file = open_at_once(path)?;
    // Another file may have taken its place.
    check(&file.metadata()?)?;
    Ok(file)
}

/// Whether a path names a regular file. Opens nothing.
///
/// # Errors
/// There is no file, or it is not a regular file.
pub(crate) fn check_path(path: &Path) -> io::Result<()> {
    // Windows opens no folder like a file, and a socket has no error of its own.
    check(&std::fs::metadata(path)?)
}

fn check(metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let problem = if metadata.is_dir() {
        "it is a folder, not a file"
    } else {
        "it is a pipe, a socket or a device, not a file"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}
