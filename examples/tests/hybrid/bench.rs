//! A domain, a reader with a card, an authority, and the program between them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lab::{ActiveDirectory, Card, Profile, Readers};
use local_authority::Authority;
use serde_json::Value;
use tempfile::TempDir;

use crate::laboratory::configuration;

pub(crate) struct Bench<D = ActiveDirectory> {
    pub(crate) domain: D,
    realm: &'static str,
    pub(crate) authority: Authority,
    pub(crate) readers: Readers,
    pub(crate) folder: TempDir,
}

/// A person of the domain whose card has the UPN of the domain. Entra finds alice by it, and her certificate by its rfc822Name.
pub(crate) fn card_of(user: &str, upn: &str) -> Profile {
    crate::laboratory::alice()
        .subject(&format!("/O=Corp/CN={user}"))
        .principal_names([upn])
}

/// The CA of the domain controllers.
pub(crate) fn ca() -> PathBuf {
    lab::Authority::trusted().unwrap().certificate()
}

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(ActiveDirectory::start().unwrap(), ActiveDirectory::REALM)
    }

    /// A card of this user with the SID of the account, which Samba 4.24 and Windows require for the mapping.
    pub(crate) fn card_of(&self, user: &str, upn: &str) -> Profile {
        card_of(user, upn).sid(&self.domain.attribute(user, "objectSid").unwrap().unwrap())
    }

    /// Arguments for this domain controller and the device's keytab.
    pub(crate) fn with_keytab(&self) -> Vec<String> {
        [
            "--kdc",
            self.domain.kdc(),
            "--keytab",
            &self.domain.keytab().display().to_string(),
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

impl<D> Bench<D> {
    pub(crate) fn with(domain: D, realm: &'static str) -> Self {
        Self {
            domain,
            realm,
            authority: Authority::start(configuration().clone(), "127.0.0.1:0".parse().unwrap()).unwrap(),
            readers: Readers::start(1).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn insert(&self, profile: &Profile) -> Card {
        self.readers.insert(0, profile).unwrap()
    }

    /// The program on a hybrid joined device, with these further arguments.
    pub(crate) fn sign_in<A: AsRef<std::ffi::OsStr>>(
        &self,
        pin: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Ended {
        self.run(Command::new(env!("CARGO_BIN_EXE_sign-in")), pin, arguments)
    }

    /// The program's options for a hybrid joined device of the realm.
    pub(crate) fn joined(&self, command: &mut Command) {
        let files = &configuration().base;
        command
            .args(["--authority", &self.authority.url(), "--ca"])
            .arg(files.join("tls-ca.pem"))
            .arg("--device")
            .arg(files.join("hybrid-device.json"))
            .args(["--join", "hybrid", "--cache"])
            .arg(self.folder.path().join("cache/upn.sqlite"))
            .args(["--realm", self.realm]);
    }

    /// The program, for which alone this name server and a host on loopback replace those of the machine.
    pub(crate) fn with_name_server(&self, server: &str, host: &str, program: &str) -> Command {
        let write = |name: &str, text: String| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--", "sh", "-euc"])
            .arg("mount --bind \"$0\" /etc/resolv.conf; mount --bind \"$1\" /etc/hosts; shift; exec \"$@\"")
            .arg(write("resolv.conf", format!("nameserver {server}\n")))
            .arg(write("hosts", format!("127.0.0.1 localhost {host}\n")))
            .arg(program);
        command
    }

    pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(
        &self,
        mut command: Command,
        pin: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Ended {
        self.joined(&mut command);
        let reports = tempfile::tempdir().unwrap();
        let report = reports.path().join("report.json");
        command
            .args(arguments)
            .arg("--pin-stdin")
            .arg("--report")
            .arg(&report)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = writeln!(child.stdin.take().unwrap(), "{pin}");
        let output = child.wait_with_output().unwrap();
        let (out, err) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(!out.contains(pin) && !err.contains(pin), "the PIN is shown");
        show(&format!("$ {}\n{err}{out}", shown(&command)));
        let json = std::fs::read_to_string(&report).unwrap_or_default();
        assert!(!json.contains(pin), "the PIN is in the report");
        Ended {
            code: output.status.code().unwrap(),
            json: serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json} {out} {err}")),
            err,
        }
    }
}

/// Prints for `make hybrid`.
pub(crate) fn show(text: &str) {
    if std::env::var_os("SHOW").is_some() {
        println!("{text}");
    }
}

/// The program and its arguments, without the folders.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| match Path::new(word).file_name() {
        Some(name) if Path::new(word).is_absolute() => name.to_string_lossy(),
        _ => word.to_string_lossy(),
    });
    words.collect::<Vec<_>>().join(" ")
}
