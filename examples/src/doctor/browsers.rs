//! Checks of the browsers of this user: `--browsers`. A browser needs the card's PKCS#11 module in its NSS database, a signature scheme
//! of TLS 1.3, and for a sign-in without a question a policy that picks the certificate.

mod catalogue;
mod database;
mod fix;
mod modules;
mod owner;
mod pattern;
mod policy;
mod problem;
mod running;
mod signatures;
mod tools;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use card_access::pkcs11::Module;
use cba_protocol::Cloud;
use clap::Args;

use self::catalogue::{Browser, Kind, installed};
use self::database::Database;
use self::modules::CardModules;
use self::problem::Problem;
use self::tools::Tools;
use super::{Check, Part};
use crate::backends::Backends;
use crate::card_list::Content;
use crate::card_stream::Snapshot;
use crate::sign_in::joined::{CloudName, cloud};

/// The options for browsers.
#[derive(Args, Clone, Debug)]
pub(super) struct BrowserChecks {
    /// Also checks Chromium, Chrome, Edge and Firefox: whether they can use the card at the cloud's sign-in pages
    #[arg(long)]
    browsers: bool,

    /// Creates the NSS database of Chromium, Chrome and Edge if there is none, and registers the card's module in it and in the
    /// profiles of Firefox, unless a browser is running. Prints the policy files that an administrator can install, and does not
    /// write them
    #[arg(long, requires = "browsers", conflicts_with = "json")]
    fix: bool,

    /// National cloud whose sign-in pages are used, for --browsers
    #[arg(long, value_enum, default_value = "public", requires = "browsers")]
    cloud: CloudName,

    /// Origin of an authority to use instead of a cloud, for --browsers
    #[arg(long, value_name = "URL", requires = "browsers", conflicts_with = "cloud")]
    authority: Option<String>,

    /// Folder with the programs and policies to check instead of those of this system, for --browsers
    #[arg(long, value_name = "FOLDER", default_value = "/", requires = "browsers")]
    root: PathBuf,
}

/// The checks, which wait for modules and files.
pub(super) struct Browsers {
    inbox: Receiver<Vec<Check>>,
    known: Vec<Check>,
    has_answered: bool,
    tools: Arc<Tools>,
}

/// What the checks look at.
struct Scope {
    browsers: Vec<Browser>,
    databases: Vec<Database>,
    /// What prevents databases from being found.
    problems: Vec<Check>,
    cloud: Cloud,
    home: PathBuf,
    modules: CardModules,
    root: PathBuf,
}

/// Longest time for a tool of NSS that was killed to end.
const PATIENCE: Duration = Duration::from_secs(5);

impl BrowserChecks {
    /// The policy files for the browsers that are installed.
    pub(super) fn policy_files(&self, backends: &Backends) -> Vec<String> {
        if !self.fix {
            return Vec::new();
        }
        self.scope(backends)
            .map(|scope| policy::files(&scope))
            .unwrap_or_default()
    }

    fn scope(&self, backends: &Backends) -> Result<Scope, Check> {
        let home = std::env::home_dir()
            .filter(|home| home.is_absolute())
            .ok_or_else(|| Check::wrong("browsers", "the home folder is unknown", "set HOME"))?;
        let cloud = cloud(Some(self.cloud), self.authority.as_deref())
            .map_err(|error| Check::wrong("browsers", error.to_string(), "correct --authority"))?;
        let browsers = installed(&self.root, &home);
        let (databases, problems) = database::of(&browsers, &home);
        Ok(Scope {
            browsers,
            databases,
            problems,
            cloud,
            home,
            modules: CardModules::of(backends),
            root: self.root.clone(),
        })
    }
}

impl Browsers {
    /// Begins the checks, if there are any.
    pub(super) fn ask(options: &BrowserChecks, backends: &Backends) -> Option<Self> {
        if !options.browsers {
            return None;
        }
        let (outbox, inbox) = channel();
        let (options, backends) = (options.clone(), backends.clone());
        let tools = Arc::new(Tools::default());
        let own_tools = Arc::clone(&tools);
        thread::spawn(move || {
            let scope = match options.scope(&backends) {
                Ok(scope) => scope,
                Err(check) => return outbox.send(vec![check]),
            };
            if options.fix {
                outbox.send(fix::all(&scope, &own_tools))?;
            }
            outbox.send(files(&scope))?;
            // Last, because a module may hang.
            outbox.send(signatures::checks(&scope.modules_in_use()))
        });
        Some(Self {
            inbox,
            known: Vec::new(),
            has_answered: false,
            tools,
        })
    }
}

impl Drop for Browsers {
    /// Leaves no tool behind, also if the output was closed.
    fn drop(&mut self) {
        self.end();
    }
}

impl Part for Browsers {
    fn look(&mut self) {
        loop {
            match self.inbox.try_recv() {
                Ok(checks) => self.known.extend(checks),
                Err(error) => {
                    self.has_answered = error == TryRecvError::Disconnected;
                    return;
                }
            }
        }
    }

    fn end(&mut self) {
        self.tools.stop();
        // What was done until then comes first.
        let until = Instant::now() + PATIENCE;
        while self.tools.has_started() && self.known.is_empty() && Instant::now() < until {
            thread::sleep(Duration::from_millis(10));
            self.look();
        }
        self.look();
    }

    fn has_answered(&self) -> bool {
        self.has_answered
    }

    fn checks(&self, _: &Snapshot<Content>, is_last: bool) -> Vec<Check> {
        let mut checks = self.known.clone();
        if is_last && self.tools.is_running() {
            checks.push(Check::wrong(
                "fix",
                "a tool of NSS does not end, although doctor killed it",
                "check the file system of your home folder, and run doctor --browsers --fix again",
            ));
        }
        if is_last && !self.has_answered {
            checks.push(Check::unknown(
                "browsers",
                "a file or module did not answer; try a longer --time-limit",
            ));
        }
        checks
    }
}

impl Scope {
    /// The modules that browsers load, or else the one that they should.
    fn modules_in_use(&self) -> Vec<Module> {
        let mut used: Vec<Module> = Vec::new();
        for database in &self.databases {
            // What cannot be read is reported by the check of the database.
            for registered in self.registered(database).into_iter().flatten() {
                let module = Module::new(registered.library);
                let is_new = !used.iter().any(|one| one.path() == module.path());
                // What a relative path means depends on the folder that the browser is started in.
                if is_new && module.path().is_absolute() && module.path().is_file() {
                    used.push(module);
                }
            }
        }
        if used.is_empty() {
            used.extend(self.modules.preferred.clone());
        }
        used
    }

    /// The card's modules in a database, with those that a policy adds.
    fn registered(&self, database: &Database) -> Result<Vec<database::Registered>, Problem> {
        let mut registered = database.modules()?;
        if database.kind == Kind::Firefox {
            registered.extend(policy::firefox_modules(&self.root));
        }
        registered.retain(|one| self.modules.has(one));
        Ok(registered)
    }
}

/// The checks of files: programs, databases, policies.
fn files(scope: &Scope) -> Vec<Check> {
    let mut checks = catalogue::checks(&scope.browsers);
    checks.extend(
        scope
            .databases
            .iter()
            .map(|database| modules::check(scope, database)),
    );
    checks.extend(scope.problems.iter().cloned());
    checks.extend(modules::no_profile(scope));
    checks.extend(policy::checks(scope));
    checks
}
