//! The programs that print parts of a certificate, and a folder to run them in.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use upn_resolver::certificate::NameProblem;

pub(crate) const EXPLAIN: &str = env!("CARGO_BIN_EXE_explain-upn");

pub(crate) const USER_IDS: &str = env!("CARGO_BIN_EXE_certificate-user-ids");

pub(crate) const ELIGIBLE: &str = env!("CARGO_BIN_EXE_eligible");

pub(crate) const MATCH_USERS: &str = env!("CARGO_BIN_EXE_match-users");

/// Every call that prints parts of a certificate.
pub(crate) const CALLS: &[(&str, &[&str])] = &[
    (EXPLAIN, &["--join", "entra"]),
    (EXPLAIN, &["--join", "entra", "--long"]),
    (EXPLAIN, &["--join", "entra", "--redact", "--policy", "all.json"]),
    (EXPLAIN, &["--all", "--json", "--policy", "all.json"]),
    (
        EXPLAIN,
        &["--join", "entra", "--interpretation", "subject-email=used"],
    ),
    (EXPLAIN, &["--join", "entra", "--policy", "all.json"]),
    (USER_IDS, &[]),
    (USER_IDS, &["--json"]),
    (ELIGIBLE, &["--policy", "all.json"]),
    (ELIGIBLE, &["--policy", "all.json", "--json"]),
    (ELIGIBLE, &["--at", "0"]),
    (MATCH_USERS, &["--directory", "users.csv", "--long", "--others"]),
    (MATCH_USERS, &["--directory", "users.csv", "--json", "--others"]),
    (
        MATCH_USERS,
        &["--directory", "users.csv", "--policy", "policy.json", "--long"],
    ),
];

/// Clears the screen, continues on a new line, reverses the text direction and hides a character.
pub(crate) const DECEIT: &str = "x\u{1b}[2J\nEVIL\u{202e}\u{200b}\u{9b}31m";

pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.add(
            "all.json",
            r#"{"X509HintsNeeded": true, "EnumerateECCCerts": true, "AllowTimeInvalidCertificates": true,
                "AllowCertificatesWithNoEKU": true, "ReverseSubject": false}"#,
        );
        place.add(
            "users.csv",
            "userPrincipalName\nada@example.com\nmail@example.com\n",
        );
        place.add(
            "policy.json",
            r#"{"certificateUserBindings": [
                {"x509CertificateField": "Subject", "userProperty": "certificateUserIds", "priority": 1},
                {"x509CertificateField": "IssuerAndSubject", "userProperty": "certificateUserIds", "priority": 2},
                {"x509CertificateField": "RFC822Name", "userProperty": "userPrincipalName", "priority": 3}]}"#,
        );
        place
    }

    pub(crate) fn add(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str], certificate: &OsString) -> Output {
        let output = self
            .command(program)
            .arg(certificate)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            matches!(output.status.code(), Some(0..=3)),
            "{program} {arguments:?}: {output:?}"
        );
        output
    }
}

/// Fails if the text controls a terminal, or hides or reorders text.
pub(crate) fn assert_harmless(bytes: &[u8], what: &str) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = text
        .chars()
        .filter(|character| !matches!(character, '\n' | '\t'))
        .find(|character| NameProblem::of_character(*character).is_some());
    assert_eq!(found, None, "{what}: {text:?}");
}
