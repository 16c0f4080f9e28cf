//! A domain, a reader with a card, an authority, and the program between them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use lab::{ActiveDirectory, Card, Profile, Readers};
use local_authority::Authority;
use serde_json::Value;
use tempfile::TempDir;

use crate::laboratory::configuration;

pub(crate) struct Bench {
    pub(crate) domain: ActiveDirectory,
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

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            domain: ActiveDirectory::start().unwrap(),
            authority: Authority::start(configuration().clone(), "127.0.0.1:0".parse().unwrap()).unwrap(),
            readers: Readers::start(1).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn insert(&self, profile: &Profile) -> Card {
        self.readers.insert(0, profile).unwrap()
    }

    pub(crate) fn ca() -> PathBuf {
        lab::Authority::trusted().unwrap().certificate()
    }

    /// The program on a hybrid joined device, with these further arguments.
    pub(crate) fn sign_in<A: AsRef<std::ffi::OsStr>>(
        &self,
        pin: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Ended {
        self.run(Command::new(env!("CARGO_BIN_EXE_sign-in")), pin, arguments)
    }

    pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(
        &self,
        mut command: Command,
        pin: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Ended {
        let files = &configuration().base;
        command
            .args(["--authority", &self.authority.url(), "--ca"])
            .arg(files.join("tls-ca.pem"))
            .arg("--device")
            .arg(files.join("hybrid-device.json"))
            .args(["--join", "hybrid", "--pin-stdin", "--json", "--cache"])
            .arg(self.folder.path().join("cache/upn.sqlite"))
            .args(["--realm", ActiveDirectory::REALM])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = writeln!(child.stdin.take().unwrap(), "{pin}");
        let output = child.wait_with_output().unwrap();
        // `make hybrid` shows what the program prints.
        if std::env::var_os("SHOW").is_some() {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            eprintln!("{}", String::from_utf8_lossy(&output.stdout));
        }
        let (out, err) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(!out.contains(pin) && !err.contains(pin), "the PIN is shown");
        Ended {
            code: output.status.code().unwrap(),
            json: serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out} {err}")),
            err,
        }
    }

    /// Arguments for this domain controller and the device's keytab.
    pub(crate) fn with_keytab(&self) -> Vec<String> {
        vec![
            "--kdc".into(),
            self.domain.kdc().into(),
            "--keytab".into(),
            self.domain.keytab().display().to_string(),
        ]
    }
}
