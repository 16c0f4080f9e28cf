//! A reader with a card, an authority, and the programs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lab::{Card, Profile, Readers};
use local_authority::{Authority, Configuration};
use serde_json::Value;
use tempfile::TempDir;

use crate::laboratory::configuration;

/// Everything that a join needs. The machine is not joined.
pub(crate) struct Bench {
    pub(crate) authority: Authority,
    pub(crate) card: Card,
    _readers: Readers,
    pub(crate) folder: TempDir,
}

/// The output of a program, and its exit code.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new(profile: &Profile) -> Self {
        Self::with(profile, configuration().clone())
    }

    pub(crate) fn with(profile: &Profile, configuration: Configuration) -> Self {
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, profile).unwrap();
        Self {
            authority: Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap(),
            card,
            _readers: readers,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `join`, with the PIN on standard input.
    pub(crate) fn join(&self, arguments: &[&str]) -> Ended {
        self.join_with(self.card.pin(), arguments)
    }

    pub(crate) fn join_with(&self, pin: &str, arguments: &[&str]) -> Ended {
        let mut command = self.program(env!("CARGO_BIN_EXE_join"));
        command
            .args(["--pin-stdin", "-o"])
            .arg(self.path("device.json"))
            .args(arguments);
        run(&mut command, pin)
    }

    pub(crate) fn leave(&self, arguments: &[&str]) -> Ended {
        let mut command = self.program(env!("CARGO_BIN_EXE_leave"));
        command
            .arg("--device")
            .arg(self.path("device.json"))
            .args(arguments);
        run(&mut command, "")
    }

    /// `sign-in` with the device file and nothing else about the device.
    pub(crate) fn sign_in(&self) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
        command
            .arg("--device")
            .arg(self.path("device.json"))
            .arg("--ca")
            .arg(ca());
        run(command.args(["--pin-stdin", "--json"]), self.card.pin())
    }

    fn program(&self, path: &str) -> Command {
        let mut command = Command::new(path);
        command
            .args(["--authority", &self.authority.url(), "--ca"])
            .arg(ca())
            .arg("--json");
        command
    }

    /// Number of commands with a PIN on the wire.
    pub(crate) fn pins_sent(&self) -> usize {
        crate::laboratory::pins_sent(&self.card)
    }

    pub(crate) fn device_file(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path("device.json")).unwrap()).unwrap()
    }
}

impl Ended {
    /// The JSON on standard output, if the exit code is this one.
    pub(crate) fn json(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn ca() -> PathBuf {
    configuration().base.join("tls-ca.pem")
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub(crate) fn run(command: &mut Command, pin: &str) -> Ended {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without asking for a PIN.
    let _ = writeln!(child.stdin.take().unwrap(), "{pin}");
    let output = child.wait_with_output().unwrap();
    let ended = Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    let shows = |text: &str| !pin.is_empty() && text.contains(pin);
    assert!(!shows(&ended.out) && !shows(&ended.err), "the PIN is shown");
    ended
}
