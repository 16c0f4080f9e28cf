//! A reader with a card, an authority, and the screen.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lab::{Card, Profile, Readers};
use local_authority::{Authority, Configuration};
use tempfile::TempDir;

use crate::laboratory::{configuration, pins_sent};
use crate::session::Session;

pub(crate) const ENTER: &str = "\r";
pub(crate) const ESCAPE: &str = "\x1b";

/// A PIN that is not the card's.
pub(crate) const WRONG: &str = "989796";

/// Everything that a sign-in needs. The card is in the reader until a test removes it.
pub(crate) struct Bench {
    pub(crate) authority: Authority,
    pub(crate) card: Card,
    pub(crate) readers: Readers,
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new(profile: &Profile) -> Self {
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, profile).unwrap();
        Self::with(readers, card, configuration().clone())
    }

    /// The same, with further options of the authority.
    pub(crate) fn with(readers: Readers, card: Card, configuration: Configuration) -> Self {
        let authority = Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            authority,
            card,
            readers,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The program in a terminal of the usual size.
    pub(crate) fn open(&self) -> Session {
        self.open_with(&[], 80, 24)
    }

    pub(crate) fn open_with(&self, arguments: &[&str], columns: u16, rows: u16) -> Session {
        let mut command = greeter(&self.authority.url());
        command
            .args(arguments)
            .env("XDG_CACHE_HOME", self.folder.path().join("user-cache"));
        Session::start(command, columns, rows, &[self.card.pin(), WRONG])
    }

    /// The cache of user names, realm and metadata.
    pub(crate) fn cache(&self) -> String {
        self.folder.path().join("upn.sqlite").display().to_string()
    }

    /// A file of this test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A policy file with these switches on.
    pub(crate) fn policy(&self, switches: &[&str]) -> String {
        let path = self.folder.path().join("policy.json");
        let on: serde_json::Map<_, _> = switches
            .iter()
            .map(|name| ((*name).to_owned(), true.into()))
            .collect();
        fs::write(&path, serde_json::Value::from(on).to_string()).unwrap();
        path.display().to_string()
    }

    pub(crate) fn pins_sent(&self) -> usize {
        pins_sent(&self.card)
    }
}

/// The program on an Entra joined device.
pub(crate) fn greeter(authority: &str) -> Command {
    arguments(Command::new(PROGRAM), authority)
}

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_greeter");

/// The same, with a command that runs the program.
pub(crate) fn arguments(mut command: Command, authority: &str) -> Command {
    let files = &configuration().base;
    command
        .args(["--authority", authority, "--join", "entra", "--ca"])
        .arg(files.join("tls-ca.pem"))
        .arg("--device")
        .arg(files.join("device.json"))
        .env_remove("NO_COLOR");
    command
}
