//! File and folder of the store: creation, checks, locking, setting aside.

use std::ffi::OsString;
use std::format;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use owner_only::Access;

use super::error::{StoreError, TrustProblem};
use super::path_role::PathRole;
use super::system::{self, Identity};
use super::wait::Deadline;

/// Files that `SQLite` keeps next to the database and reads as part of it.
const PARTS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// File of a store, by its resolved path.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// The file that was opened.
    identity: Identity,
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
        owner_only::create_folder(given).map_err(fail)?;
        // SQLite refuses a path that contains a symbolic link, so the folder's path is resolved here.
        let folder = fs::canonicalize(given).map_err(fail)?;
        let metadata = fs::metadata(&folder).map_err(fail)?;
        if !metadata.is_dir() {
            return Err(StoreError::Untrusted {
                path: folder,
                problem: TrustProblem::WrongFileType,
            });
        }
        check_trust(&folder, PathRole::Store)?;
        // Whoever can rename a parent folder can replace it.
        for above in folder.ancestors().skip(1) {
            check_trust(above, PathRole::Ancestor)?;
        }
        let locked = deadline.retry(|| system::lock(&folder), |locked| matches!(locked, Ok(None)));
        match locked {
            Ok(Some(lock)) => Ok(LockedFolder {
                path: folder,
                _lock: lock,
            }),
            Ok(None) => Err(StoreError::Busy),
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
        match owner_only::create_file(&path) {
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
        if !Access::of_path(&path).map_err(fail)?.is_private() {
            owner_only::make_private(&path).map_err(fail)?;
        }
        let identity = system::identity(&path, &metadata).map_err(fail)?;
        Ok(Self { path, identity })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the damaged database and its `SQLite` files out of the way, unless another process has done so since it
    /// was opened.
    pub(super) fn set_aside(&self, _folder: &LockedFolder) -> StoreError {
        let now = fs::symlink_metadata(&self.path).and_then(|now| system::identity(&self.path, &now));
        if !now.is_ok_and(|now| now == self.identity) {
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
    let fail = |error| StoreError::io(path, error);
    let metadata = fs::symlink_metadata(path).map_err(fail)?;
    let problem = if metadata.is_symlink() {
        TrustProblem::SymbolicLink
    } else if !metadata.is_file() {
        TrustProblem::WrongFileType
    } else if system::names(path, &metadata).map_err(fail)? > 1 {
        TrustProblem::HardLink
    } else {
        check_trust(path, PathRole::Store)?;
        return Ok(metadata);
    };
    Err(StoreError::Untrusted {
        path: path.into(),
        problem,
    })
}

/// Checks that nobody else could have written here, or replaced it.
fn check_trust(path: &Path, role: PathRole) -> Result<(), StoreError> {
    let access = Access::of_path(path).map_err(|error| StoreError::io(path, error))?;
    let problem = match role {
        _ if !access.owner_is_trusted() => TrustProblem::OtherOwner,
        PathRole::Store if access.others_may_change() => TrustProblem::WritableByOthers,
        PathRole::Ancestor if access.others_may_replace() => TrustProblem::WritableByOthers,
        PathRole::Store | PathRole::Ancestor => return Ok(()),
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
