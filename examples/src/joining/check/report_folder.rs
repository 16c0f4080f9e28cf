//! The folder of the two reports. It is made only when the check can begin.

use std::fs;
use std::io;
use std::path::Path;

use crate::output::ReportFile;
use crate::sign_in::failure::Failure;

/// A folder that can be written to, and is not made yet.
pub(super) struct ReportFolder<'a>(&'a Path);

impl<'a> ReportFolder<'a> {
    /// Tests that the reports can be written, before a card is used. Leaves nothing behind.
    pub(super) fn new(folder: &'a Path) -> Result<Self, Failure> {
        if fs::symlink_metadata(folder).is_ok() {
            open_all(folder)?;
        } else {
            can_be_made(folder).map_err(|source| Failure::Report {
                path: folder.to_owned(),
                source,
            })?;
        }
        Ok(Self(folder))
    }

    /// Makes the folder. Returns `report.json` and `report.md`.
    pub(super) fn make(self) -> Result<[ReportFile; 2], Failure> {
        fs::create_dir_all(self.0).map_err(|source| Failure::Report {
            path: self.0.to_owned(),
            source,
        })?;
        open_all(self.0)
    }
}

fn open_all(folder: &Path) -> Result<[ReportFile; 2], Failure> {
    let open = |name| {
        let path = folder.join(name);
        ReportFile::open(&path).map_err(|source| Failure::Report { path, source })
    };
    Ok([open("report.json")?, open("report.md")?])
}

/// Makes a folder in the next one above that exists, and removes it.
fn can_be_made(folder: &Path) -> io::Result<()> {
    let mut above = folder.ancestors().skip(1);
    let there = above.find(|above| fs::symlink_metadata(above).is_ok());
    let there = there.filter(|there| !there.as_os_str().is_empty());
    tempfile::tempdir_in(there.unwrap_or(Path::new(".")))?.close()
}
