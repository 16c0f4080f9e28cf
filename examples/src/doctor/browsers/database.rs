//! NSS databases: that of Chromium and its relatives, and one in each profile of Firefox.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use upn_resolver::decode_text;

use super::Check;
use super::catalogue::{Browser, Kind};
use super::problem::{Problem, is_there, read_if_there};
use crate::output::display_path;

/// Most profiles that are looked at.
const MAX_PROFILES: usize = 20;

/// The files of a database.
pub(super) const FILES: [&str; 3] = ["cert9.db", "key4.db", "pkcs11.txt"];

/// A folder with an NSS database.
pub(super) struct Database {
    pub(super) kind: Kind,
    pub(super) folder: PathBuf,
    /// The browsers that use it, for a person.
    pub(super) users: String,
}

/// A module in a database or policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) name: OsString,
    pub(super) library: PathBuf,
    /// Whether it is in a policy and not in the database.
    pub(super) by_policy: bool,
}

/// The databases of the browsers that can load modules, and what prevents others from being found.
pub(super) fn of(browsers: &[Browser], home: &Path) -> (Vec<Database>, Vec<Check>) {
    let able = browsers.iter().filter(|browser| browser.program.is_some());
    let (chromium, firefox): (Vec<_>, Vec<_>) =
        able.partition(|browser| browser.known.kind == Kind::Chromium);
    let mut databases = Vec::new();
    let mut problems = Vec::new();
    if !chromium.is_empty() {
        let users: Vec<_> = chromium.iter().map(|browser| browser.known.name).collect();
        databases.push(Database {
            kind: Kind::Chromium,
            folder: shared(home),
            users: users.join(", "),
        });
    }
    if !firefox.is_empty() {
        // Since version 147 new profiles are in the user's configuration folder.
        for folder in [
            home.join(".mozilla/firefox"),
            xdg("XDG_CONFIG_HOME", home, ".config").join("mozilla/firefox"),
        ] {
            let (found, problem) = of_firefox(&folder);
            databases.extend(found);
            problems.extend(problem.map(|check| check.at(display_path(&folder))));
        }
    }
    (databases, problems)
}

/// The databases of the profiles in a folder.
fn of_firefox(folder: &Path) -> (Vec<Database>, Option<Check>) {
    let mut profiles = match profiles(folder) {
        Ok(profiles) => profiles,
        Err(problem) => {
            let found = format!("the profiles of Firefox are unknown: {}", problem.found);
            return (Vec::new(), Some(Check::wrong("nss-module", found, problem.next)));
        }
    };
    let number = profiles.len();
    let problem = (number > MAX_PROFILES).then(|| {
        Check::wrong(
            "nss-module",
            format!(
                "{} has {number} profiles with a database; the first {MAX_PROFILES} are checked",
                display_path(folder)
            ),
            "remove profiles that are not used (about:profiles), or register the module in the others with modutil",
        )
    });
    profiles.truncate(MAX_PROFILES);
    let databases = profiles.into_iter().map(|folder| Database {
        kind: Kind::Firefox,
        folder,
        users: "Firefox".to_owned(),
    });
    (databases.collect(), problem)
}

/// The database of Chromium and its relatives. Chromium 156 was seen to use the second folder if the first one does not exist.
fn shared(home: &Path) -> PathBuf {
    let usual = home.join(".pki/nssdb");
    let other = xdg("XDG_DATA_HOME", home, ".local/share").join("pki/nssdb");
    if !usual.exists() && other.exists() {
        other
    } else {
        usual
    }
}

/// A folder of the XDG Base Directory Specification.
fn xdg(variable: &str, home: &Path, default: &str) -> PathBuf {
    let given = std::env::var_os(variable).map(PathBuf::from);
    given
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| home.join(default))
}

/// The profiles in `profiles.ini` that have a database. A profile that cannot be looked at is one of them, so that it is reported.
fn profiles(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let file = folder.join("profiles.ini");
    let failed = |error| Problem::of_file(&file, &error);
    let bytes = read_if_there(&file).map_err(failed)?.unwrap_or_default();
    let text = decode_text(&bytes).map_err(|error| failed(io::Error::new(ErrorKind::InvalidData, error)))?;
    let paths = text.lines().filter_map(|line| line.strip_prefix("Path="));
    // An absolute path takes the place of the folder.
    let profiles = paths.map(|path| folder.join(path.trim()));
    let is_used = |profile: &PathBuf| !matches!(is_there(&profile.join("cert9.db")), Ok(false));
    Ok(profiles.filter(is_used).collect())
}

impl Database {
    /// Whether there is a database.
    pub(super) fn exists(&self) -> Result<bool, Problem> {
        for file in FILES {
            let file = self.folder.join(file);
            if is_there(&file).map_err(|error| Problem::of_file(&file, &error))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Argument of NSS's tools.
    pub(super) fn argument(&self) -> OsString {
        let mut argument = OsString::from("sql:");
        argument.push(&self.folder);
        argument
    }

    /// The file with the list of modules.
    pub(super) fn list(&self) -> PathBuf {
        self.folder.join("pkcs11.txt")
    }

    /// The modules that are registered, apart from NSS's own.
    pub(super) fn modules(&self) -> Result<Vec<Registered>, Problem> {
        let list = self.list();
        let content = read_if_there(&list).map_err(|error| Problem::of_file(&list, &error))?;
        Ok(modules(&content.unwrap_or_default()))
    }
}

/// The modules of `pkcs11.txt`: stanzas of `name=value`, separated by empty lines. Paths are bytes in any encoding.
fn modules(list: &[u8]) -> Vec<Registered> {
    let mut found = Vec::new();
    let mut stanza = [None, None];
    for line in list.split(|byte| *byte == b'\n').chain([&b""[..]]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            if let [Some(library), name] = std::mem::take(&mut stanza) {
                found.push(Registered {
                    name: name.unwrap_or_default(),
                    library: PathBuf::from(library),
                    by_policy: false,
                });
            }
            continue;
        }
        for (value, key) in stanza.iter_mut().zip(["library=", "name="]) {
            if let Some(text) = line.strip_prefix(key.as_bytes())
                && !text.is_empty()
            {
                *value = Some(OsStr::from_bytes(text).to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::modules;

    #[test]
    fn the_last_stanza_needs_no_empty_line_and_the_internal_module_is_left_out() {
        let text = "library=\nname=NSS Internal PKCS #11 Module\nNSS=Flags=internal\n\n\
                    name=Card\nlibrary=/lib/card.so\n\nlibrary=/lib/b.so\nname=B=2";
        let found = modules(text.as_bytes());
        let names: Vec<_> = found
            .iter()
            .map(|one| (one.name.to_str().unwrap(), one.library.to_str().unwrap()))
            .collect();
        assert_eq!(names, [("Card", "/lib/card.so"), ("B=2", "/lib/b.so")]);
    }
}
