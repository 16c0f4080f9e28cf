//! Registration of the card's module with the tools of NSS: `--fix`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::DirBuilderExt;

use card_access::pkcs11::Module;

use super::catalogue::Kind;
use super::database::Database;
use super::problem::{Problem, is_there, read_if_there};
use super::tools::Tools;
use super::{Check, Scope, owner, running};
use crate::output::display_path;

/// Registers the module where no card module is registered. One check for each database that was or was not changed.
pub(super) fn all(scope: &Scope, tools: &Tools) -> Vec<Check> {
    let check = |database: &Database| {
        let folder = display_path(&database.folder);
        let check = match State::of(scope, database) {
            Err(problem) => unchanged(&folder, problem),
            Ok(before) if before.is_registered => return None,
            Ok(before) => match register(scope, database, tools) {
                Ok(done) => Check::passed("fix", done),
                Err(problem) => failed(scope, database, &before, problem),
            },
        };
        Some(check.at(folder))
    };
    scope.databases.iter().filter_map(check).collect()
}

/// What is there of a database.
#[derive(PartialEq, Eq)]
struct State {
    has_folder: bool,
    has_database: bool,
    is_registered: bool,
    list: Option<Vec<u8>>,
}

impl State {
    fn of(scope: &Scope, database: &Database) -> Result<Self, Problem> {
        let list = database.list();
        Ok(Self {
            has_folder: is_there(&database.folder)
                .map_err(|error| Problem::of_file(&database.folder, &error))?,
            has_database: database.exists()?,
            is_registered: !scope.registered(database)?.is_empty(),
            list: read_if_there(&list).map_err(|error| Problem::of_file(&list, &error))?,
        })
    }

    /// What was done since another state, and what was not.
    fn since(&self, before: &Self, name: &str) -> String {
        let done = match (before.has_folder, before.has_database) {
            (_, false) if self.has_database => "created the database",
            (false, _) if self.has_folder => "created the folder, but no database",
            _ => "changed pkcs11.txt",
        };
        let registered = if self.is_registered {
            "registered"
        } else {
            "did not register"
        };
        format!("{done}, and {registered} {name}")
    }
}

fn unchanged(folder: &str, problem: Problem) -> Check {
    Check::wrong(
        "fix",
        format!("{folder} is unchanged: {}", problem.found),
        problem.next,
    )
}

/// The check of a change that failed, perhaps halfway.
fn failed(scope: &Scope, database: &Database, before: &State, problem: Problem) -> Check {
    let folder = display_path(&database.folder);
    let name = scope.modules.preferred_name();
    let found = match State::of(scope, database) {
        Ok(after) if after == *before => return unchanged(&folder, problem),
        Ok(after) => format!("{folder}: {}: {}", after.since(before, name), problem.found),
        Err(unreadable) => format!(
            "{folder}: {}; what it has now cannot be read: {}",
            problem.found, unreadable.found
        ),
    };
    Check::wrong("fix", found, problem.next)
}

fn register(scope: &Scope, database: &Database, tools: &Tools) -> Result<String, Problem> {
    let module = scope.modules.preferred.as_ref().ok_or_else(|| {
        Problem::new(
            "no module for cards is installed",
            "install the package opensc-pkcs11 or opensc, or name a module with --module",
        )
    })?;
    if let Err(error) = fs::metadata(module.path()) {
        let found = format!("{}: {error}", display_path(module.path()));
        return Err(Problem::new(found, "correct --module"));
    }
    if let Some(user) = running::user_of(scope, database)? {
        return Err(Problem::new(
            format!("{user} is running, and would not read the change or would undo it"),
            "close it, and run doctor --browsers --fix again",
        ));
    }
    owner::check(database, &scope.home)?;
    let is_new = !database.exists()?;
    if is_new {
        create(database, tools)?;
    }
    let name = scope.modules.preferred_name();
    add(database, module, name, tools)?;
    if scope.registered(database)?.is_empty() {
        return Err(Problem::new(
            "modutil ended without an error, but pkcs11.txt does not have the module",
            "try the command by hand",
        ));
    }
    let folder = display_path(&database.folder);
    let created = if is_new { "created it and " } else { "" };
    Ok(format!(
        "{folder}: {created}registered {name} ({})",
        display_path(module.path())
    ))
}

fn create(database: &Database, tools: &Tools) -> Result<(), Problem> {
    // Firefox makes its own databases, with its own settings.
    debug_assert!(database.kind == Kind::Chromium, "profiles have a database");
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&database.folder)
        .map_err(|error| Problem::of_file(&database.folder, &error))?;
    let folder = database.argument();
    let arguments = ["-N", "-d"].map(OsStr::new).into_iter();
    let arguments = arguments.chain([folder.as_os_str(), OsStr::new("--empty-password")]);
    tools.run("certutil", &arguments.collect::<Vec<_>>())
}

fn add(database: &Database, module: &Module, name: &str, tools: &Tools) -> Result<(), Problem> {
    let folder = database.argument();
    let arguments = [
        OsStr::new("-dbdir"),
        &folder,
        OsStr::new("-add"),
        OsStr::new(name),
        OsStr::new("-libfile"),
        module.path().as_os_str(),
        // Asks nothing. That no browser runs was checked.
        OsStr::new("-force"),
    ];
    tools.run("modutil", &arguments)
}
