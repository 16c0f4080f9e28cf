//! Owners of the folders and files that `--fix` changes. As root, a link that another user made must not lead a change into their
//! files, nor into those of root.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::database::{Database, FILES};
use super::problem::{Problem, is_there};
use crate::output::display_path;

/// Checks that the database, and each folder and link on the path to it, belongs to this user.
pub(super) fn check(database: &Database, home: &Path) -> Result<(), Problem> {
    // In the home folder, each folder and each link on the way.
    let own = database.folder.ancestors().filter(|path| path.starts_with(home));
    let own: Vec<&Path> = if database.folder.starts_with(home) {
        own.collect()
    } else {
        vec![&database.folder]
    };
    let files: Vec<PathBuf> = FILES.iter().map(|file| database.folder.join(file)).collect();
    let paths = own.into_iter().chain(files.iter().map(PathBuf::as_path));
    for path in paths {
        // Folders that do not exist are made in one that does.
        if is_there(path).map_err(|error| Problem::of_file(path, &error))? {
            check_one(path)?;
        }
    }
    Ok(())
}

/// Checks a folder or file, and each folder above it after all links are resolved.
fn check_one(path: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::of_file(path, &error);
    let link = fs::symlink_metadata(path).map_err(failed)?;
    let target = fs::metadata(path).map_err(failed)?;
    if !is_own(&link) || !is_own(&target) {
        return Err(of_another(path));
    }
    let place = path.canonicalize().map_err(failed)?;
    // The owner of a folder can replace what is in it. In a user namespace, root may have no number of its
    // own, but it still owns the root folder.
    let root = fs::metadata("/").map_err(failed)?.uid();
    for folder in place.ancestors().skip(1) {
        let found = fs::metadata(folder).map_err(failed)?;
        if !is_own(&found) && ![0, root].contains(&found.uid()) {
            return Err(of_another(folder));
        }
    }
    Ok(())
}

fn is_own(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw()
}

fn of_another(path: &Path) -> Problem {
    Problem::new(
        format!("{} belongs to another user", display_path(path)),
        "run this as the user of the browser, without sudo; if it is your database, have its owner corrected",
    )
}
