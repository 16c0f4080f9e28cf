//! A reader with a card, an authority, and the program.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use lab::{Card, Profile, Readers};
use local_authority::Authority;
use serde_json::Value;
use tempfile::TempDir;

use crate::laboratory;
pub(crate) use crate::laboratory::{alice, configuration};

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
        command_at(&self.authority.url(), device, join)
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

/// The output of the program, and its exit code.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The JSON on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
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

/// Runs the program with a PIN on standard input.
pub(crate) fn run(command: &mut Command, pin: &str) -> Ended {
    finish(start(command), pin)
}

pub(crate) fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn finish(mut child: Child, pin: &str) -> Ended {
    // The program may end without asking for a PIN.
    let _ = writeln!(child.stdin.take().unwrap(), "{pin}");
    ended(child, pin)
}

/// Waits for the end of the program, independent of its standard input.
pub(crate) fn ended(child: Child, pin: &str) -> Ended {
    let output = child.wait_with_output().unwrap();
    let ended = Ended {
        code: output
            .status
            .code()
            .unwrap_or_else(|| panic!("ended by a signal: {output:?}")),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(
        pin.is_empty() || !ended.out.contains(pin) && !ended.err.contains(pin),
        "the PIN is shown"
    );
    ended
}

/// The same program without the PIN on its standard input.
pub(crate) fn without_pin_stdin(command: &Command) -> Command {
    let mut without = Command::new(command.get_program());
    without.args(command.get_args().filter(|argument| *argument != "--pin-stdin"));
    without
}
