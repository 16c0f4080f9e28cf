//! Reading of key files: bounded, private, wiped.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::{Error, ErrorKind};

/// Other users who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The owner only: the file contains a key.
    OwnerOnly,
    /// Everyone: the file contains only a certificate.
    Anybody,
}

/// Reads a whole file.
///
/// # Errors
///
/// [`FileUnreadable`](ErrorKind::FileUnreadable); [`FileExposed`](ErrorKind::FileExposed) if others may read what only its
/// owner should; [`Malformed`](ErrorKind::Malformed) for a file much larger than any key file.
pub(super) fn read(path: &Path, readers: Readers) -> Result<Zeroizing<Vec<u8>>, Error> {
    const MAX_SIZE: usize = 1 << 20;
    let place = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        Error::from(ErrorKind::FileUnreadable)
            .with_location(&place)
            .with_source(error)
    };
    let file = File::open(path).map_err(unreadable)?;
    // Checked on the open file, so that it is the one that is read.
    if readers == Readers::OwnerOnly && others_may_read(&file).map_err(unreadable)? {
        return Err(Error::from(ErrorKind::FileExposed).with_location(&place));
    }
    // Allocated at once: a growing buffer leaves copies behind.
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_SIZE + 1));
    let limit = u64::try_from(MAX_SIZE + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() > MAX_SIZE {
        return Err(Error::from(ErrorKind::Malformed {
            what: "key file: it is larger than 1 MiB",
        })
        .with_location(&place));
    }
    Ok(content)
}

#[cfg(unix)]
fn others_may_read(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// On other systems, permissions are lists that the standard library does not read: the user's profile folder has to protect
/// the file.
#[cfg(not(unix))]
fn others_may_read(_: &File) -> std::io::Result<bool> {
    Ok(false)
}
