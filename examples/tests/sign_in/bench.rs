//! A reader with a card, an authority, and the program.

use std::path::PathBuf;
use std::process::Command;

use lab::{Card, Profile, Readers};
use local_authority::Authority;
use serde_json::Value;
use tempfile::TempDir;

use crate::laboratory;
pub(crate) use crate::laboratory::{alice, configuration};
pub(crate) use crate::running::{Ended, ended, finish, run, start};

/// Everything that a sign-in needs. The card is in the reader until a test removes it.
pub(crate) struct Bench {
    pub(crate) authority: Authority,
    pub(crate) card: Card,
    pub(crate) readers: Readers,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new(profile: &Profile) -> Self {
        Self::in_readers(Readers::start(1).unwrap(), profile)
    }

    pub(crate) fn in_readers(readers: Readers, profile: &Profile) -> Self {
        let card = readers.insert(0, profile).unwrap();
        let authority = Authority::start(configuration().clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            authority,
            card,
            readers,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The program on the card's reader, Entra joined.
    pub(crate) fn entra(&self) -> Command {
        self.command("device.json", &["--join", "entra"])
    }

    /// The same with another authority.
    pub(crate) fn entra_at(authority: &str) -> Command {
        command_at(authority, "device.json", &["--join", "entra"])
    }

    /// The program on the card's reader, hybrid joined, after Active Directory returned a name with an unroutable suffix.
    pub(crate) fn hybrid(&self) -> Command {
        let mut command = self.command(
            "hybrid-device.json",
            &["--join", "hybrid", "--ad-upn", "alice@corp.local"],
        );
        command
            .args(["--ad-sid", "S-1-5-21-1-2-3-1101", "--cache"])
            .arg(self.cache());
        command
    }

    /// The program on a hybrid joined device, as its file says.
    pub(crate) fn joined_by_file(&self) -> Command {
        self.command("hybrid-device.json", &[])
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache").join("upn.sqlite")
    }

    fn command(&self, device: &str, join: &[&str]) -> Command {
        let mut command = command_at(&self.authority.url(), device, join);
        command.env("XDG_CACHE_HOME", self.user_cache());
        command
    }

    /// The cache folder of the user.
    pub(crate) fn user_cache(&self) -> PathBuf {
        self.folder.path().join("user-cache")
    }

    /// Number of commands with a PIN on the wire.
    pub(crate) fn pins_sent(&self) -> usize {
        laboratory::pins_sent(&self.card)
    }
}

fn command_at(authority: &str, device: &str, join: &[&str]) -> Command {
    let files = &configuration().base;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
    command
        .args(["--authority", authority, "--ca"])
        .arg(files.join("tls-ca.pem"))
        .arg("--device")
        .arg(files.join(device))
        .args(join)
        .args(["--pin-stdin", "--json"]);
    command
}

impl Ended {
    /// The JSON on standard output.
    pub(crate) fn json(&self) -> Value {
        self.output()
    }

    /// Asserts the exit code, that the message contains each of `words`, and that the JSON agrees. Returns the error's code.
    pub(crate) fn fails(&self, code: i32, words: &[&str]) -> String {
        assert_eq!(self.code, code, "{self:?}");
        let json = self.json();
        assert_eq!(
            (&json["outcome"], &json["exit"]),
            (&"failed".into(), &code.into())
        );
        let text = |name: &str| json["error"][name].as_str().unwrap_or_default().to_owned();
        assert_eq!(json["error"].as_object().unwrap().len(), 4, "{json}");
        assert!(
            [text("message"), text("help"), text("who")]
                .iter()
                .all(|text| !text.is_empty()),
            "{json}"
        );
        assert!(self.err.contains(&text("message")), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in {self:?}");
        }
        text("code")
    }
}

/// The same program without the PIN on its standard input.
pub(crate) fn without_pin_stdin(command: &Command) -> Command {
    let mut without = Command::new(command.get_program());
    without.args(command.get_args().filter(|argument| *argument != "--pin-stdin"));
    without
}
