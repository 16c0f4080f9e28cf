//! Reading of key files: bounded, private, wiped.

use std::io::Read as _;
use std::path::Path;

use owner_only::Access;
use zeroize::Zeroizing;

use crate::{Error, ErrorKind, regular_file};

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
    let file = regular_file::open(path).map_err(unreadable)?;
    // Checked on the open file, so that it is the one that is read.
    if readers == Readers::OwnerOnly && !Access::of_file(&file).map_err(unreadable)?.is_private() {
        return Err(Error::from(ErrorKind::FileExposed).with_location(&place));
    }
    // Allocated at once: a growing buffer leaves copies behind.
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_SIZE + 1));
    let limit = u64::try_from(MAX_SIZE + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() > MAX_SIZE {
        return Err(unreadable(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "it is larger than 1 MiB",
        )));
    }
    Ok(content)
}
