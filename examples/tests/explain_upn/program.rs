//! The program, and certificates from the openssl command line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PRINCIPAL: &str =
    "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:bob@contoso.com,email:mail@contoso.com";

pub(crate) fn explain(certificate: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_explain-upn"))
        .arg(certificate)
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn explain_standard_input(content: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_explain-upn"))
        .args(["-", "--join", "entra"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

pub(crate) fn message(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) struct Certificates {
    pub(crate) folder: TempDir,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-out",
                "key.pem",
            ],
            folder.path(),
        );
        Self { folder }
    }

    /// The private key in DER, as this openssl command writes it.
    pub(crate) fn key(&self, out: &str, command: &[&str]) -> Vec<u8> {
        let files = ["-in", "key.pem", "-outform", "DER", "-out", out];
        openssl(&[command, &files].concat(), self.folder.path());
        std::fs::read(self.folder.path().join(out)).unwrap()
    }

    /// A certificate in PEM with this subject alternative name in the form of openssl's configuration; without one if empty.
    pub(crate) fn pem(&self, name: &str, alternative: &str) -> PathBuf {
        let out = format!("{name}.pem");
        let extension = format!("subjectAltName={alternative}");
        let mut arguments = vec![
            "req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=Test", "-days", "2", "-out", &out,
        ];
        if !alternative.is_empty() {
            arguments.extend(["-addext", &extension]);
        }
        openssl(&arguments, self.folder.path());
        self.folder.path().join(out)
    }

    /// A certificate with this subject alternative name and the certificate of its issuer, both in PEM.
    pub(crate) fn chain(&self, alternative: &str) -> (String, String) {
        let folder = self.folder.path();
        let request = "req -new -key key.pem -subj /CN=Test -out request.pem";
        let authority = "req -x509 -new -key key.pem -subj /CN=CA -days 2 -out issuer.pem";
        let issue = "x509 -req -in request.pem -CA issuer.pem -CAkey key.pem -set_serial 7 -extfile leaf.cnf -out leaf.pem";
        std::fs::write(folder.join("leaf.cnf"), format!("subjectAltName={alternative}\n")).unwrap();
        for command in [request, authority, issue] {
            openssl(&command.split(' ').collect::<Vec<_>>(), folder);
        }
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        (read("leaf.pem"), read("issuer.pem"))
    }

    pub(crate) fn der(&self, pem: &Path) -> PathBuf {
        let der = pem.with_extension("der");
        let (input, output) = (pem.to_str().unwrap(), der.to_str().unwrap());
        openssl(
            &["x509", "-in", input, "-outform", "DER", "-out", output],
            self.folder.path(),
        );
        der
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn openssl(arguments: &[&str], folder: &Path) {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.expect("the openssl command line tool is needed (package openssl)");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
