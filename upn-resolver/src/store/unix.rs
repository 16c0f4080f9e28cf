//! Files and locks on Unix.

#![expect(clippy::unnecessary_wraps, reason = "the same functions can fail on Windows")]

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Device and inode.
pub(super) type Identity = (u64, u64);

/// `None` if another process holds the lock.
pub(super) fn lock(folder: &Path) -> io::Result<Option<File>> {
    let folder = File::open(folder)?;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(folder)),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn identity(_: &Path, metadata: &Metadata) -> io::Result<Identity> {
    Ok((metadata.dev(), metadata.ino()))
}

/// Number of names (hard links).
pub(super) fn names(_: &Path, metadata: &Metadata) -> io::Result<u64> {
    Ok(metadata.nlink())
}
