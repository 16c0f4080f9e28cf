//! The certificates of the benchmarks.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Every `.der` file of the folder in the environment variable `CERTIFICATES`, or else of the resolver's fixtures.
///
/// # Panics
///
/// If the folder cannot be read or has no certificate.
#[must_use]
pub fn load() -> Vec<Vec<u8>> {
    let fixtures = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../upn-resolver/tests/certificates");
    let folder = env::var_os("CERTIFICATES").map_or_else(fixtures, PathBuf::from);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "der"));
    files.sort();
    assert!(!files.is_empty(), "{}: no .der file", folder.display());
    files
        .iter()
        .map(|file| fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        .collect()
}
