//! The first part of the demonstration: a machine that is not joined joins with the card, and leaves again.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Failure;
use super::authority::{RunningAuthority, sibling};
use super::sign_ins::shown;
use crate::output::print_line;

/// A machine without a device file.
pub(super) struct BareMachine<'a> {
    pub(super) authority: &'a RunningAuthority,
    pub(super) pin: &'a str,
    pub(super) reader: &'a str,
    /// The device file that `join` writes and `leave` deletes.
    pub(super) device: PathBuf,
}

impl BareMachine<'_> {
    /// Runs `join`: one PIN, and one signature of the card in a TLS handshake.
    pub(super) fn join(&self) -> Result<(), Failure> {
        let mut command = self.program("join")?;
        command.args(["--reader", self.reader, "--pin-stdin", "-o"]);
        run("join", command.arg(&self.device), self.pin)?;
        if self.device.exists() {
            Ok(())
        } else {
            Err("join wrote no device file".into())
        }
    }

    /// Runs `leave`, which requires neither card nor PIN.
    pub(super) fn leave(&self) -> Result<(), Failure> {
        let mut command = self.program("leave")?;
        run("leave", command.arg("--device").arg(&self.device), "")?;
        if self.device.exists() {
            Err("leave left the device file behind".into())
        } else {
            Ok(())
        }
    }

    fn program(&self, name: &str) -> Result<Command, Failure> {
        let mut command = Command::new(sibling(name)?);
        command
            .args(["--authority", self.authority.url(), "--ca"])
            .arg(self.authority.file("tls-ca.pem"));
        Ok(command)
    }
}

fn run(name: &str, command: &mut Command, input: &str) -> Result<(), Failure> {
    print_line("demo", format_args!("$ {}", shown(name, command)));
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that asks for no PIN may have ended.
        let _ = writeln!(stdin, "{input}");
    }
    let status = child.wait()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} ended with {status}").into())
    }
}
