//! Owner and mode of Unix.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::geteuid;

use crate::Access;

/// Permissions of the group and of everyone.
const OTHERS: u32 = 0o077;

const WRITABLE_BY_OTHERS: u32 = 0o022;

/// In a sticky folder, nobody can rename or remove files of others.
const STICKY: u32 = 0o1000;

pub(crate) fn of_file(file: &File) -> io::Result<Access> {
    Ok(access(&file.metadata()?))
}

pub(crate) fn of_path(path: &Path) -> io::Result<Access> {
    Ok(access(&fs::symlink_metadata(path)?))
}

fn access(metadata: &Metadata) -> Access {
    let mode = metadata.mode();
    let others_may_change = mode & WRITABLE_BY_OTHERS != 0;
    Access {
        owner_is_trusted: [0, geteuid().as_raw()].contains(&metadata.uid()),
        is_private: mode & OTHERS == 0,
        others_may_change,
        others_may_replace: others_may_change && mode & STICKY == 0,
    }
}

pub(crate) fn correction(access: Access, path: &Path) -> String {
    // A name that begins with a hyphen would be an option.
    let here = if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        "./"
    } else {
        ""
    };
    let path = format!("{here}{}", path.display()).replace('\'', r"'\''");
    let chown = (!access.owner_is_trusted).then(|| format!("chown \"$USER\" '{path}'"));
    let chmod = (!access.is_private).then(|| format!("chmod 600 '{path}'"));
    let commands: Vec<_> = chown.into_iter().chain(chmod).collect();
    commands.join(" && ")
}

/// `create_new` follows no links and opens no existing file.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(path)
}

pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}
