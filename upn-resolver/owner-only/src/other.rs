//! Systems whose permissions are unknown.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::Access;

fn unsupported<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn of_file(_: &File) -> io::Result<Access> {
    unsupported()
}

pub(crate) fn of_path(_: &Path) -> io::Result<Access> {
    unsupported()
}

pub(crate) fn correction(_: Access, path: &Path) -> String {
    format!("permit only yourself to use {}", path.display())
}

pub(crate) fn create_file(_: &Path) -> io::Result<File> {
    unsupported()
}

pub(crate) fn create_folder(_: &Path) -> io::Result<()> {
    unsupported()
}

pub(crate) fn make_private(_: &Path) -> io::Result<()> {
    unsupported()
}
