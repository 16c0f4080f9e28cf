//! The sealed token in a file. It is replaced in one step, and is complete when a call returns.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use cba_protocol::{Config, PrimaryRefreshToken, SealError, Seed};
use linux_keyutils::KeyError;
use serde::{Deserialize, Serialize};

use super::keyring::KeyringKey;
use crate::file_type::{Links, check_regular, open_regular};
use crate::output::display_path;
use crate::private_file::{self, PrivateFileError};

/// Longest file that is read.
const MAX_FILE: usize = 256 << 10;

/// The file, and the key that seals its content.
pub(super) struct Store {
    path: PathBuf,
    key: KeyringKey,
}

/// The first line of the file. It has no secret.
#[derive(Deserialize, Serialize)]
struct Head {
    card: Option<String>,
}

/// Start of the first line.
const START: &[u8] = b"{\"card\":";

impl Store {
    /// Opens the folder of the file, or makes it. Only the user may write there.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let unusable = |source| StoreError::Folder {
            path: path.to_owned(),
            source,
        };
        let folder = path
            .parent()
            .filter(|folder| folder.is_absolute())
            .ok_or_else(|| unusable(io::Error::other("the path is not absolute")))?;
        if !folder.exists() {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .map_err(unusable)?;
        }
        let found = fs::symlink_metadata(folder).map_err(unusable)?;
        let is_own = found.uid() == rustix::process::geteuid().as_raw();
        if !found.is_dir() || !is_own || found.mode() & 0o077 != 0 {
            let problem = "its folder must belong to you, with access for nobody else (mode 0700)";
            return Err(unusable(io::Error::other(problem)));
        }
        match fs::symlink_metadata(path) {
            Ok(found) => {
                check_regular(found.file_type()).map_err(unusable)?;
                check_start(path).map_err(unusable)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(error)),
        }
        Ok(Self {
            key: KeyringKey::new(&path.to_string_lossy()),
            path: path.to_owned(),
        })
    }

    /// The stored token and the name of its card.
    pub(super) fn read(
        &self,
        config: &Config,
    ) -> Result<Option<(PrimaryRefreshToken, Option<String>)>, StoreError> {
        let read = private_file::read(&self.path, MAX_FILE).map_err(|error| self.file(error))?;
        let Some(bytes) = read else { return Ok(None) };
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (head, sealed) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        let head: Head = serde_json::from_slice(head).map_err(|_| SealError::NotSealed)?;
        let key = self.key.read()?.ok_or(StoreError::KeyGone)?;
        Ok(Some((
            PrimaryRefreshToken::unseal(sealed, &key, config)?,
            head.card,
        )))
    }

    /// Stores the token in place of the last one.
    pub(super) fn write(
        &self,
        prt: &PrimaryRefreshToken,
        card: Option<&str>,
        seed: Seed,
    ) -> Result<(), StoreError> {
        let key = self.key.read_or_create()?;
        let head = Head {
            card: card.map(str::to_owned),
        };
        let mut bytes = serde_json::json!(head).to_string().into_bytes();
        bytes.push(b'\n');
        bytes.extend(prt.seal(&key, seed));
        private_file::remove_leftovers(&self.path)
            .and_then(|()| private_file::write(&self.path, &bytes))
            .map_err(|error| self.file(error))
    }

    /// Removes file and key.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.file(error)),
            _ => {}
        }
        private_file::remove_leftovers(&self.path).map_err(|error| self.file(error))?;
        Ok(self.key.destroy()?)
    }

    fn file(&self, source: impl Into<PrivateFileError>) -> StoreError {
        StoreError::File {
            path: self.path.clone(),
            source: source.into(),
        }
    }
}

/// Refuses a file that has another content than a token, which would be replaced or removed. A truncated token has nothing to lose.
fn check_start(path: &Path) -> io::Result<()> {
    let mut start = Vec::new();
    let file = open_regular(path, Links::Refuse)?;
    file.take(START.len() as u64).read_to_end(&mut start)?;
    if START.starts_with(&start) {
        return Ok(());
    }
    Err(io::Error::other(
        "the file has another content, which would be lost",
    ))
}

/// Reason why the stored token cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error(
        "{}: {source}; check this file, name another one with --store, or choose --no-store",
        display_path(path)
    )]
    File { path: PathBuf, source: PrivateFileError },
    #[error(
        "{} cannot hold the token: {source}; name another file with --store, or choose --no-store",
        display_path(path)
    )]
    Folder { path: PathBuf, source: io::Error },
    #[error("the keyring of the kernel refused: {0}; with --no-store the token is kept in memory only")]
    Key(#[from] KeyError),
    #[error("the key of the stored token is gone; sign in again")]
    KeyGone,
    #[error("{0}; sign in again")]
    Sealed(#[from] SealError),
}
