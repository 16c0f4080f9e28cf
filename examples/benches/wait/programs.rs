//! The programs `sign-in` and `greeter`, as a user runs them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use lab::Card;
use pty_process::Size;
use pty_process::blocking::{Pts, Pty};

use super::Failure;

const PATIENCE: Duration = Duration::from_secs(60);
const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Greeter,
    SignIn,
}

/// What the program may do before Enter, and what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It knows nothing, and does everything after Enter.
    Before,
    /// It knows nothing.
    Cold,
    /// It knows the card, the realm and the metadata.
    Known,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Greeter => "greeter",
            Self::SignIn => "sign-in",
        }
    }
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Cold => "cold",
            Self::Known => "known",
        }
    }
}

/// A running program.
pub(crate) enum Running {
    Greeter(Screen),
    SignIn {
        child: Child,
        input: Option<ChildStdin>,
        output: BufReader<ChildStdout>,
        pin: String,
    },
}

impl Running {
    pub(crate) fn start(
        program: Program,
        state: State,
        authority: &str,
        files: &Path,
        user: &Path,
        card: &Card,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(match program {
            Program::Greeter => env!("CARGO_BIN_EXE_greeter"),
            Program::SignIn => env!("CARGO_BIN_EXE_sign-in"),
        });
        command
            .args(["--authority", authority, "--join", "entra", "--ca"])
            .arg(files.join("tls-ca.pem"))
            .arg("--device")
            .arg(files.join("device.json"))
            .arg("--cache")
            .arg(user.join("upn.sqlite"))
            .arg("--known-cards")
            .arg(user.join("known-cards"));
        if state == State::Before {
            command.arg("--no-prefetch");
        }
        match program {
            Program::Greeter => Ok(Self::Greeter(Screen::start(command)?)),
            Program::SignIn => {
                command.args(["--pin-stdin", "--json", "--reader", card.reader()]);
                let mut child = command
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()?;
                let output = child.stdout.take().ok_or("no output")?;
                Ok(Self::SignIn {
                    input: child.stdin.take(),
                    output: BufReader::new(output),
                    child,
                    pin: String::new(),
                })
            }
        }
    }

    /// Chooses the tile, and types the PIN.
    pub(crate) fn begin(&mut self, typed: &str) -> Result<(), Failure> {
        match self {
            Self::Greeter(screen) => {
                screen.press("\r")?;
                screen.wait_for("PIN · 3 tries left")?;
                screen.press(typed)
            }
            Self::SignIn { pin, .. } => {
                typed.clone_into(pin);
                Ok(())
            }
        }
    }

    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        match self {
            Self::Greeter(screen) => screen.press("\r"),
            Self::SignIn { input, pin, .. } => {
                let mut input = input.take().ok_or("no input")?;
                Ok(writeln!(input, "{pin}")?)
            }
        }
    }

    pub(crate) fn wait_for_result(&mut self) -> Result<(), Failure> {
        match self {
            Self::Greeter(screen) => screen.wait_for("✓ Signed in"),
            Self::SignIn { output, .. } => {
                let mut line = String::new();
                output.read_line(&mut line)?;
                if line.contains("\"granted\"") {
                    Ok(())
                } else {
                    Err(format!("not granted: {line}").into())
                }
            }
        }
    }

    /// Ends the program.
    pub(crate) fn leave(&mut self) {
        match self {
            Self::Greeter(screen) => {
                let _ = screen.press("q");
                screen.end();
            }
            Self::SignIn { child, input, .. } => {
                drop(input.take());
                let _ = child.wait();
            }
        }
    }
}

/// A terminal with the greeter.
pub(crate) struct Screen {
    child: Child,
    pty: std::sync::Arc<Pty>,
    _pts: Pts,
    changes: Receiver<String>,
    last: String,
}

impl Screen {
    /// Starts the greeter, and waits for the tile of the only card.
    fn start(command: Command) -> Result<Self, Failure> {
        let (pty, pts) = pty_process::blocking::open()?;
        pty.resize(Size::new(ROWS, COLUMNS))?;
        let child = pty_process::blocking::Command::from(command)
            .env("TERM", "xterm-256color")
            .spawn_borrowed(&pts)?;
        let pty = std::sync::Arc::new(pty);
        let (sender, changes) = channel();
        let reading = std::sync::Arc::clone(&pty);
        let cells = |cells| NonZeroU16::new(cells).ok_or("no cells");
        let mut parser = vt100::Parser::new(cells(ROWS)?, cells(COLUMNS)?, 0);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = (&*reading).read(&mut chunk) {
                parser.process(chunk.get(..length).unwrap_or_default());
                if sender.send(parser.screen().contents()).is_err() {
                    return;
                }
            }
        });
        let mut screen = Self {
            child,
            pty,
            _pts: pts,
            changes,
            last: String::new(),
        };
        screen.wait_for("Press Enter to sign in.")?;
        Ok(screen)
    }

    fn press(&mut self, keys: &str) -> Result<(), Failure> {
        Ok((&*self.pty).write_all(keys.as_bytes())?)
    }

    fn wait_for(&mut self, words: &str) -> Result<(), Failure> {
        while !self.last.contains(words) {
            let changed = self.changes.recv_timeout(PATIENCE);
            self.last = changed.map_err(|_| format!("{words:?} did not appear in\n{}", self.last))?;
        }
        Ok(())
    }

    fn end(&mut self) {
        let _ = self.child.wait();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
