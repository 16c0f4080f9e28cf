//! The programs, and a folder of files for them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const USER_IDS: &str = env!("CARGO_BIN_EXE_certificate-user-ids");

pub(crate) const ELIGIBLE: &str = env!("CARGO_BIN_EXE_eligible");

pub(crate) const MATCH_USERS: &str = env!("CARGO_BIN_EXE_match-users");

/// The certificate of Microsoft's own tests (MIT licence), and one as Active Directory issues it.
pub(crate) const MICROSOFT: &[u8] =
    include_bytes!("../../../upn-resolver/tests/certificates/entra-powershell.der");

pub(crate) const ADCS: &[u8] = include_bytes!("../../../upn-resolver/tests/certificates/adcs-rsa2048.der");

pub(crate) const TENANT: [&str; 4] = ["--directory", "users.csv", "--policy", "policy.json"];

pub(crate) struct Files(pub(crate) TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.add("microsoft.der", MICROSOFT);
        files.add("adcs.der", ADCS);
        files.add(
            "users.csv",
            "UserPrincipalName,OnPremisesUserPrincipalName,CertificateUserIds\n\
             contoso@microsoft.com,,X509:<SKI>c6f4e96caad84640361f9fb5f74f6308247cb8b4\n\
             someone@contoso.com,ada.example@contoso.com,X509:<PN>ada.example@contoso.com\n",
        );
        files.add(
            "policy.json",
            r#"{"certificateUserBindings": [
                {"x509CertificateField": "SubjectKeyIdentifier", "userProperty": "certificateUserIds", "priority": 1},
                {"x509CertificateField": "PrincipalName", "userProperty": "certificateUserIds", "priority": 2}],
               "authenticationModeConfiguration": {
                "x509CertificateAuthenticationDefaultMode": "x509CertificateSingleFactor",
                "rules": [{"x509CertificateRuleType": "issuerSubject", "identifier": "CN=Contoso",
                           "x509CertificateAuthenticationMode": "x509CertificateMultiFactor"}]}}"#,
        );
        files
    }

    pub(crate) fn add(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments closes its input.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("the program was not killed")
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", out(output)))
}
