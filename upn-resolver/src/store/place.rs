//! File and folder of the store: creation, checks, locking, setting aside.

use std::ffi::OsString;
use std::format;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::error::{StoreError, TrustProblem};
use super::wait::Deadline;

/// Write permission of the group or of everyone.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// In a sticky folder, nobody can rename or remove files of others.
const STICKY: u32 = 0o1000;

/// Files that `SQLite` keeps next to the database and reads as part of it.
const PARTS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// File of a store, by its resolved path.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Device and inode of the file that was opened.
    identity: (u64, u64),
}

/// Folder of a store, locked during the lifetime of this value.
pub(super) struct LockedFolder {
    path: PathBuf,
    _lock: File,
}

impl Place {
    /// Creates the folder if it is missing, checks its permissions, and locks it. Waits for others that have it
    /// locked.
    pub(super) fn lock_folder(path: &Path, deadline: Deadline) -> Result<LockedFolder, StoreError> {
        let given = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let fail = |error: io::Error| StoreError::io(given, error);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(given)
            .map_err(fail)?;
        // SQLite refuses a path that contains a symbolic link, so the folder's path is resolved here.
        let folder = fs::canonicalize(given).map_err(fail)?;
        let lock = File::open(&folder).map_err(fail)?;
        let metadata = lock.metadata().map_err(fail)?;
        if !metadata.is_dir() {
            return Err(StoreError::Untrusted {
                path: folder,
                problem: TrustProblem::WrongFileType,
            });
        }
        check_private(&folder, &metadata)?;
        for above in folder.ancestors().skip(1) {
            check_above(above)?;
        }
        let locked = deadline.retry(
            || flock(&lock, FlockOperation::NonBlockingLockExclusive),
            |locked| matches!(locked, Err(Errno::WOULDBLOCK | Errno::INTR)),
        );
        match locked {
            Ok(()) => Ok(LockedFolder {
                path: folder,
                _lock: lock,
            }),
            Err(Errno::WOULDBLOCK | Errno::INTR) => Err(StoreError::Busy),
            Err(error) => Err(StoreError::io(folder, error)),
        }
    }

    /// Creates the file if it is missing, and checks that nobody else could have written to it.
    pub(super) fn prepare(path: &Path, folder: &LockedFolder) -> Result<Self, StoreError> {
        let Some(name) = path.file_name() else {
            return Err(StoreError::Untrusted {
                path: path.into(),
                problem: TrustProblem::WrongFileType,
            });
        };
        let path = folder.path.join(name);
        let fail = |error: io::Error| StoreError::io(&path, error);
        // `create_new` follows no links and opens no existing file.
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
        {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fail(error)),
            _ => {}
        }
        let metadata = check_file(&path)?;
        for part in PARTS {
            match check_file(&with_suffix(&path, part)) {
                Err(StoreError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
                checked => {
                    checked?;
                }
            }
        }
        if metadata.mode() & 0o077 != 0 && metadata.uid() == geteuid().as_raw() {
            fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(fail)?;
        }
        let identity = (metadata.dev(), metadata.ino());
        Ok(Self { path, identity })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the damaged database and its `SQLite` files out of the way, unless another process has done so since it
    /// was opened.
    pub(super) fn set_aside(&self, _folder: &LockedFolder) -> StoreError {
        let is_same =
            fs::symlink_metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == self.identity);
        if !is_same {
            return StoreError::Corrupt { set_aside: None };
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let suffix = format!(".corrupt-{}-{:09}", since.as_secs(), since.subsec_nanos());
        let target = with_suffix(&self.path, &suffix);
        if let Err(error) = fs::rename(&self.path, &target) {
            return StoreError::io(&self.path, error);
        }
        for part in PARTS {
            // These files are often missing. If they stayed, they would be read as parts of the new database.
            match fs::rename(with_suffix(&self.path, part), with_suffix(&target, part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return StoreError::io(&self.path, error);
                }
                _ => {}
            }
        }
        StoreError::Corrupt {
            set_aside: Some(target),
        }
    }
}

/// Examines the file itself, never the target of a link.
fn check_file(path: &Path) -> Result<Metadata, StoreError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| StoreError::io(path, error))?;
    let problem = if metadata.is_symlink() {
        TrustProblem::SymbolicLink
    } else if !metadata.is_file() {
        TrustProblem::WrongFileType
    } else if metadata.nlink() > 1 {
        TrustProblem::HardLink
    } else {
        check_private(path, &metadata)?;
        return Ok(metadata);
    };
    Err(StoreError::Untrusted {
        path: path.into(),
        problem,
    })
}

/// Whoever can rename a parent folder can replace it.
fn check_above(folder: &Path) -> Result<(), StoreError> {
    let metadata = fs::symlink_metadata(folder).map_err(|error| StoreError::io(folder, error))?;
    match check_private(folder, &metadata) {
        Err(StoreError::Untrusted {
            problem: TrustProblem::WritableByOthers,
            ..
        }) if metadata.mode() & STICKY != 0 => Ok(()),
        checked => checked,
    }
}

fn check_private(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    let problem = if ![0, geteuid().as_raw()].contains(&metadata.uid()) {
        TrustProblem::OtherOwner
    } else if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        TrustProblem::WritableByOthers
    } else {
        return Ok(());
    };
    Err(StoreError::Untrusted {
        path: path.into(),
        problem,
    })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
