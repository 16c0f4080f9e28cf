//! Files that only their owner may read or change.
//!
//! On Unix, owner and mode say who may use a file. On Windows, these are its owner and its access control list; the user of
//! this process, the system and the administrators are trusted. On other systems, every function returns
//! [`Unsupported`](std::io::ErrorKind::Unsupported).
//!
#![doc = include_str!("../README.md")]

#[cfg(not(any(unix, windows)))]
#[path = "other.rs"]
mod system;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

#[cfg(any(windows, test))]
mod sddl;

use std::fs::File;
use std::io;
use std::path::Path;

/// Access of other users to a file or folder.
#[expect(clippy::struct_excessive_bools, reason = "independent answers about one file")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    owner_is_trusted: bool,
    is_private: bool,
    others_may_change: bool,
    others_may_replace: bool,
}

impl Access {
    /// Access to an open file. Another file that takes its path is not the one that was checked.
    ///
    /// # Errors
    /// The permissions cannot be read.
    pub fn of_file(file: &File) -> io::Result<Self> {
        system::of_file(file)
    }

    /// Access to a file or folder. On Unix, a link itself is examined.
    ///
    /// # Errors
    /// The permissions cannot be read.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        system::of_path(path)
    }

    /// Whether nobody else may read, execute or change it.
    ///
    /// On Unix, the mode permits nothing to the group and to everyone; [`owner_is_trusted`](Self::owner_is_trusted) says
    /// whose it is. On Windows, the owner must be trusted too, because an owner may change the list.
    #[must_use]
    pub const fn is_private(self) -> bool {
        self.is_private
    }

    /// Whether it belongs to this user or root, on Windows to this user, the system, the administrators or the installer of
    /// Windows.
    #[must_use]
    pub const fn owner_is_trusted(self) -> bool {
        self.owner_is_trusted
    }

    /// Whether others may change the content, or permit themselves to.
    #[must_use]
    pub const fn others_may_change(self) -> bool {
        self.others_may_change
    }

    /// Whether others may replace what is in this folder. They may not in a sticky folder, such as `/tmp`, nor in a folder of
    /// Windows in which they may only create files.
    #[must_use]
    pub const fn others_may_replace(self) -> bool {
        self.others_may_replace
    }

    /// Command, for a person to type, that makes the file private and this user's own; empty on Unix if it is. On Windows,
    /// several commands, for a command prompt or `PowerShell`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("my key.pem");
    /// # std::fs::write(&path, "")?;
    /// let access = owner_only::Access::of_path(&path)?;
    /// if !access.is_private() {
    ///     println!("{}", access.correction(&path)); // chmod 600 '/home/ada/my key.pem'
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn correction(self, path: &Path) -> String {
        system::correction(self, path)
    }
}

/// Creates a file that only this user may read and change, whatever the folder permits, and opens it to read and write.
///
/// # Errors
/// The file cannot be created; [`AlreadyExists`](io::ErrorKind::AlreadyExists) if there is one, or a link.
pub fn create_file(path: &Path) -> io::Result<File> {
    system::create_file(path)
}

/// Creates a folder that only this user may use, and the folders above it. A folder that exists remains as it is.
///
/// On Unix, new folders above are private too. On Windows, they inherit their permissions.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("agent/cache");
/// owner_only::create_folder(&path)?;
/// assert!(!owner_only::Access::of_path(&path)?.others_may_change());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// A folder cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    system::create_folder(path)
}

/// Removes the permissions of others to a file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("names.sqlite");
/// std::fs::write(&path, "")?;
/// owner_only::make_private(&path)?;
/// assert!(owner_only::Access::of_path(&path)?.is_private());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The file belongs to another user, or the permissions cannot be changed.
pub fn make_private(path: &Path) -> io::Result<()> {
    system::make_private(path)
}
