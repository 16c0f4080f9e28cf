//! Browsers that run. NSS reads the list of modules when a program starts, and the program may write it again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Scope;
use super::database::Database;
use super::problem::Problem;

/// A running program of this user that uses a database, with its process id: a browser of its kind, or any program that has one of
/// its files open.
pub(super) fn user_of(scope: &Scope, database: &Database) -> Result<Option<String>, Problem> {
    let own = rustix::process::geteuid().as_raw().to_string();
    let browsers = scope
        .browsers
        .iter()
        .filter(|browser| browser.known.kind == database.kind);
    let names: Vec<&str> = browsers
        .flat_map(|browser| browser.known.processes)
        .copied()
        .collect();
    // The kernel names open files without links. A folder that does not exist yet has none.
    let folder = match database.folder.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => database.folder.clone(),
        folder => folder.map_err(|error| Problem::of_file(&database.folder, &error))?,
    };
    let processes = fs::read_dir("/proc").map_err(|error| {
        Problem::new(
            format!("whether the browser runs is unknown: /proc: {error}"),
            "mount /proc, or register the module by hand with modutil",
        )
    })?;
    let user = processes
        .filter_map(|entry| Process::read(entry.ok()?.path()))
        .find(|process| {
            let is_browser = names.iter().any(|name| process.name.starts_with(name));
            process.user == own && (is_browser || process.has_open(&folder))
        });
    Ok(user.map(|user| format!("{} (process {})", user.name, user.id())))
}

struct Process {
    folder: PathBuf,
    name: String,
    user: String,
}

impl Process {
    /// `Name` and the effective user in `/proc/ID/status`, which is readable for every process.
    fn read(folder: PathBuf) -> Option<Self> {
        let status = fs::read_to_string(folder.join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
        let is_over = field("State:").is_some_and(|state| state.trim_start().starts_with('Z'));
        let name = field("Name:")?.trim().to_owned();
        let user = field("Uid:")?.split_whitespace().nth(1)?.to_owned();
        (!is_over).then_some(Self { folder, name, user })
    }

    fn id(&self) -> String {
        self.folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    fn has_open(&self, folder: &Path) -> bool {
        let files = fs::read_dir(self.folder.join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|file| file.starts_with(folder))
    }
}
