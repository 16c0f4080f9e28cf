//! Errors of the store, and how to resolve them.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use std::io;
use std::path::PathBuf;

use crate::responsible::Responsible;
use crate::upn::UpnError;

/// Error of the store. None of them has to stop a sign-in, which can continue without a cache.
#[non_exhaustive]
#[derive(Debug)]
pub enum StoreError {
    /// Another process had the store locked for too long.
    Busy,
    /// The file was damaged and has been set aside. The next call creates a new one.
    Corrupt {
        /// The new path of the damaged file; `None` if another process had already set it aside.
        set_aside: Option<PathBuf>,
    },
    /// `SQLite` reported an error.
    Database(DatabaseError),
    /// The file is a database that belongs to another program.
    ForeignDatabase,
    /// A row contains text that is not a user name.
    InvalidRow(UpnError),
    /// The operating system reported an error.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// The file was written by a later release of this library.
    NewerSchema {
        /// The version of its schema.
        found: i64,
        /// The latest version that this release supports.
        supported: i64,
    },
    /// Another user could have written to the file.
    Untrusted {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        problem: TrustProblem,
    },
}

/// Reason why a file or folder is not trusted.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustProblem {
    /// The file has a second name (hard link), which another user may know.
    HardLink,
    /// Not a file where a file is expected, or not a folder where a folder is expected.
    WrongFileType,
    /// Owned by another user, who is neither root nor, on Windows, the system or the administrators.
    OtherOwner,
    /// A symbolic link.
    SymbolicLink,
    /// Writable by others: on Unix by its group or by everyone, on Windows by anyone else than the user, the system and
    /// the administrators. Parent folders may be, if others can replace nothing in them: on Unix if they are sticky,
    /// like `/tmp`.
    WritableByOthers,
}

/// Error of `SQLite`.
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
    /// Who has to act: the administrator of the machine or, if the path or the release is wrong, the developer of the
    /// program. [`Busy`](Self::Busy) is temporary; the program can retry.
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

    /// The error that `SQLite` itself reports for damage.
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

/// Internal error on its way to a [`StoreError`]. It keeps the types of the `SQLite` crate private.
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
            Self::Busy => {
                f.write_str("another process had the user name cache locked for too long; try again")
            }
            Self::Corrupt {
                set_aside: Some(path),
            } => {
                write!(
                    f,
                    "the user name cache was damaged and has been set aside as {}",
                    path.display()
                )
            }
            Self::Corrupt { set_aside: None } => {
                f.write_str("the user name cache was damaged, and another process has set it aside")
            }
            Self::Database(error) => write!(f, "SQLite cannot use the user name cache: {error}"),
            Self::ForeignDatabase => {
                f.write_str("the file is a database that belongs to another program; choose another path")
            }
            Self::InvalidRow(error) => write!(f, "the cached value is not a user name: {error}"),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::NewerSchema { found, supported } => write!(
                f,
                "a later release wrote the user name cache (schema {found}; this release supports {supported}); \
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
            Self::SymbolicLink => "is a symbolic link; use the path of its target",
            Self::WritableByOthers if cfg!(windows) => {
                "is writable by others; check its content, then remove the permission (icacls shows who has it)"
            }
            Self::WritableByOthers => {
                "is writable by others; check its content, then remove the permission (chmod go-w)"
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
