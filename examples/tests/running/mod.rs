//! Running programs that read a PIN, and their output.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The output of a program, and its exit code.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The JSON on standard output.
    pub(crate) fn output(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs a program with a PIN on standard input.
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

/// Writes the PIN, unless a test has taken standard input, and waits for the end of the program.
pub(crate) fn finish(mut child: Child, pin: &str) -> Ended {
    if let Some(mut input) = child.stdin.take() {
        // The program may end without asking for a PIN.
        let _ = writeln!(input, "{pin}");
    }
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
    let shows = |text: &str| !pin.is_empty() && text.contains(pin);
    assert!(!shows(&ended.out) && !shows(&ended.err), "the PIN is shown");
    ended
}
