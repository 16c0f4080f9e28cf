//! Runs the program `sign-in`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Failure;
use super::authority::{RunningAuthority, sibling};
use crate::output::print_line;

/// A sign-in of the demonstration.
pub(super) struct SignIn<'a> {
    pub(super) authority: &'a RunningAuthority,
    pub(super) pin: &'a str,
    pub(super) backend: Backend,
    pub(super) cache: &'a Path,
}

/// The backend that reaches the card.
pub(super) enum Backend {
    Module(PathBuf),
    Reader(String),
}

/// How the device is joined.
#[derive(Clone, Copy)]
pub(super) enum Device<'a> {
    Entra,
    Hybrid,
    /// By `join`, which wrote this file.
    Joined(&'a Path),
}

impl SignIn<'_> {
    /// Runs the program, prints its command and output, and returns its report.
    pub(super) fn run(&self, device: Device<'_>, report: &Path) -> Result<serde_json::Value, Failure> {
        let mut command = Command::new(sibling("sign-in")?);
        command.arg("--ca").arg(self.authority.file("tls-ca.pem"));
        if !matches!(device, Device::Joined(_)) {
            command.args(["--authority", self.authority.url()]);
        }
        match device {
            Device::Entra => {
                command
                    .arg("--device")
                    .arg(self.authority.file("device.json"))
                    .args(["--join", "entra"]);
            }
            // The file has everything else.
            Device::Joined(file) => drop(command.arg("--device").arg(file)),
            Device::Hybrid => {
                // The name and the SID as a domain controller returns them. The suffix of the name is not routable.
                command
                    .arg("--device")
                    .arg(self.authority.file("hybrid-device.json"))
                    .args(["--join", "hybrid", "--ad-upn", "alice@corp.local"])
                    .args(["--ad-sid", "S-1-5-21-1004336348-1177238915-682003330-1101"]);
            }
        }
        command.arg("--cache").arg(self.cache.join("upn.sqlite"));
        match &self.backend {
            Backend::Module(path) => command.arg("--module").arg(path),
            Backend::Reader(name) => command.args(["--reader", name]),
        };
        command.arg("--report").arg(report).arg("--pin-stdin");
        print_line("demo", format_args!("$ {}", shown("sign-in", &command)));

        let mut child = command.stdin(Stdio::piped()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            writeln!(input, "{}", self.pin)?;
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("sign-in ended with {status}").into());
        }
        Ok(serde_json::from_slice(&fs::read(report)?)?)
    }
}

/// The command without the folders of its files.
pub(super) fn shown(program: &str, command: &Command) -> String {
    let mut words = vec![program.to_owned()];
    words.extend(command.get_args().map(|argument| {
        let text = argument.to_string_lossy();
        let word = Path::new(&*text).file_name().filter(|_| text.starts_with('/'));
        let word = word.map_or(text.clone(), |name| name.to_string_lossy());
        if word.contains(' ') {
            format!("'{word}'")
        } else {
            word.into_owned()
        }
    }));
    words.join(" ")
}
