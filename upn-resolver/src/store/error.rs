//! What can go wrong with the store, and what to do about it.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use std::io;
use std::path::PathBuf;

use crate::responsible::Responsible;
use crate::upn::UpnError;

/// Why the store can't be used. None of these has to stop a sign-in: it goes on without a cache.
#[non_exhaustive]
#[derive(Debug)]
pub enum StoreError {
    /// Another process kept the store to itself for too long.
    Busy,
    /// The file was damaged. It was set aside; the next sign-in starts a new one.
    Corrupt {
        /// Where the damaged file is now; `None` when another process had set it aside already.
        set_aside: Option<PathBuf>,
    },
    /// `SQLite` could not do it.
    Database(DatabaseError),
    /// The file is a database of another program.
    ForeignDatabase,
    /// A row holds a text that is no user name.
    InvalidRow(UpnError),
    /// The operating system could not do it.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// A later release of this library wrote the file.
    NewerSchema {
        /// The version of its schema.
        found: i64,
        /// The latest version that this release knows.
        supported: i64,
    },
    /// Somebody else could have written what is in the file.
    Untrusted {
        /// The file or folder.
        path: PathBuf,
        /// Why it is not trusted.
        problem: TrustProblem,
    },
}

/// Why a file or folder is not trusted.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustProblem {
    /// It has a second name elsewhere, by which somebody else may know it.
    HardLink,
    /// It is neither a file nor a folder, or not the one of the two that was expected.
    WrongFileType,
    /// It belongs to another user, who is not root.
    OtherOwner,
    /// It is a symbolic link.
    SymbolicLink,
    /// Its group or everybody may write to it. A folder above may be, when it is sticky, as `/tmp` is.
    WritableByOthers,
}

/// What `SQLite` said.
#[derive(Debug)]
pub struct DatabaseError(Box<rusqlite::Error>);

impl DatabaseError {
    pub(super) fn sqlite_code(&self) -> Option<rusqlite::ErrorCode> {
        self.0.sqlite_error_code()
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for DatabaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl StoreError {
    /// Who has to act: the administrator of the machine, or for a path or release that does not fit, the developer of the
    /// program. [`Busy`](Self::Busy) passes by itself; the program can retry.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        match self {
            Self::Busy | Self::ForeignDatabase | Self::NewerSchema { .. } => Responsible::Developer,
            Self::Corrupt { .. }
            | Self::Database(_)
            | Self::InvalidRow(_)
            | Self::Io { .. }
            | Self::Untrusted { .. } => Responsible::Administrator,
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>, error: impl Into<io::Error>) -> Self {
        Self::Io {
            path: path.into(),
            error: error.into(),
        }
    }

    /// What `SQLite` itself says when it finds damage.
    pub(super) fn damage() -> Self {
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Self::sqlite(rusqlite::Error::SqliteFailure(corrupt, None))
    }

    pub(super) fn sqlite(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Database(DatabaseError(Box::new(error))),
        }
    }
}

/// What goes wrong in here, on its way to a [`StoreError`]: `SQLite`'s crate is nobody else's business.
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sqlite(error) => Self::sqlite(error),
            Fault::Store(error) => error,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("another process kept the cache of user names to itself for too long"),
            Self::Corrupt {
                set_aside: Some(path),
            } => {
                write!(
                    f,
                    "the cache of user names was damaged and set aside as {}",
                    path.display()
                )
            }
            Self::Corrupt { set_aside: None } => {
                f.write_str("the cache of user names was damaged, and another process set it aside")
            }
            Self::Database(error) => write!(f, "SQLite can't use the cache of user names: {error}"),
            Self::ForeignDatabase => {
                f.write_str("the file is a database of another program; choose another path")
            }
            Self::InvalidRow(error) => write!(f, "the cached value is no user name: {error}"),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::NewerSchema { found, supported } => write!(
                f,
                "a later release wrote the cache of user names (schema {found}; this one knows {supported}); \
                 update this program or choose another path"
            ),
            Self::Untrusted { path, problem } => write!(f, "{} {problem}", path.display()),
        }
    }
}

impl fmt::Display for TrustProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HardLink => "has a second name (a hard link); remove it, or copy the file",
            Self::WrongFileType => "is not a regular file in a folder",
            Self::OtherOwner => "belongs to another user",
            Self::SymbolicLink => "is a symbolic link; give the path that it leads to",
            Self::WritableByOthers => {
                "is writable by others; remove that (chmod go-w) after looking at what is in it"
            }
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            Self::InvalidRow(error) => Some(error),
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
