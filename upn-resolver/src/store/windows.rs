//! Files and locks on Windows.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

/// Volume and number of the file.
pub(super) type Identity = (u64, u64);

/// The file in the folder of a store that is open, and shared with nobody, while the folder is locked ([`CreateFileW`],
/// `dwShareMode`).
///
/// [`CreateFileW`]: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew
const LOCK: &str = "lock";

/// [System error codes](https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-): another process
/// has the file open, and has not permitted this.
const ERROR_SHARING_VIOLATION: i32 = 32;

/// `None` if another process holds the lock.
pub(super) fn lock(folder: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).share_mode(0);
    match options.open(folder.join(LOCK)) {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn identity(path: &Path, _: &Metadata) -> io::Result<Identity> {
    let information = winapi_util::file::information(&File::open(path)?)?;
    Ok((information.volume_serial_number(), information.file_index()))
}

/// Number of names (hard links).
pub(super) fn names(path: &Path, _: &Metadata) -> io::Result<u64> {
    Ok(winapi_util::file::information(&File::open(path)?)?.number_of_links())
}
