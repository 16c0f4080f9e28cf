//! A reader with a card, an authority, and the programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Card, Profile, Readers};
use local_authority::{Authority, Configuration, Leg};
use serde_json::Value;
use tempfile::TempDir;

use crate::laboratory::configuration;
pub(crate) use crate::running::{Ended, finish, run, start};

/// Everything that a join needs. The machine is not joined.
pub(crate) struct Bench {
    pub(crate) authority: Authority,
    pub(crate) card: Card,
    pub(crate) readers: Readers,
    pub(crate) folder: TempDir,
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
            readers,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Another authority, for the same card.
    pub(crate) fn restart(&mut self, configuration: Configuration) {
        self.authority = Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `join`, with the PIN on standard input.
    pub(crate) fn join(&self, arguments: &[&str]) -> Ended {
        self.join_with(self.card.pin(), arguments)
    }

    pub(crate) fn join_with(&self, pin: &str, arguments: &[&str]) -> Ended {
        run(self.join_command().args(arguments), pin)
    }

    pub(crate) fn join_command(&self) -> Command {
        let mut command = self.join_command_without_pin();
        command.arg("--pin-stdin");
        command
    }

    pub(crate) fn join_command_without_pin(&self) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_join"));
        command.arg("-o").arg(self.path("device.json"));
        command
    }

    pub(crate) fn leave(&self, arguments: &[&str]) -> Ended {
        let mut command = self.leave_command();
        command.args(["--authority", &self.authority.url()]);
        run(command.args(arguments), "")
    }

    /// `leave`, without the option `--authority`.
    pub(crate) fn leave_command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leave"));
        command
            .args(["--json", "--ca"])
            .arg(ca())
            .arg("--device")
            .arg(self.path("device.json"));
        command
    }

    /// `sign-in` with the device file and nothing else about the device.
    pub(crate) fn sign_in(&self) -> Ended {
        self.sign_in_with(self.card.pin(), &[])
    }

    pub(crate) fn sign_in_with(&self, pin: &str, arguments: &[&str]) -> Ended {
        run(self.sign_in_command().args(arguments), pin)
    }

    pub(crate) fn sign_in_command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
        command
            .arg("--device")
            .arg(self.path("device.json"))
            .arg("--ca")
            .arg(ca());
        command.args(["--pin-stdin", "--json"]);
        command
    }

    /// `check-tenant` with the device file.
    pub(crate) fn check_device(&self) -> Ended {
        self.check_device_with(self.card.pin(), &[])
    }

    pub(crate) fn check_device_with(&self, pin: &str, arguments: &[&str]) -> Ended {
        let mut command = self.check_device_command();
        command.arg("--report").arg(self.path("report"));
        run(command.args(arguments), pin)
    }

    pub(crate) fn check_device_command(&self) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_check-tenant"));
        command
            .arg("--device")
            .arg(self.path("device.json"))
            .arg("--pin-stdin")
            .current_dir(&self.folder);
        command
    }

    /// Number of devices that have joined and not left.
    pub(crate) fn devices(&self) -> usize {
        let log = self.authority.log();
        let accepted = |leg| {
            let of_leg = log.iter().filter(|entry| entry.leg == leg);
            of_leg.filter(|entry| entry.status < 300).count()
        };
        accepted(Leg::Join) - accepted(Leg::Leave)
    }

    /// The kinds of requests so far, in their order.
    pub(crate) fn legs(&self) -> Vec<Leg> {
        self.authority.log().iter().map(|entry| entry.leg).collect()
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
        self.json_of_any(&[code])
    }

    pub(crate) fn json_of_any(&self, codes: &[i32]) -> Value {
        assert!(codes.contains(&self.code), "{self:?}");
        self.output()
    }
}

fn ca() -> PathBuf {
    configuration().base.join("tls-ca.pem")
}

/// Makes a file private.
pub(crate) fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
