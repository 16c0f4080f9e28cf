//! A program in a pseudo-terminal, and its screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Pts, Pty};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

/// Longest time of any wait on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program; killed on drop.
pub(crate) struct Session {
    child: Child,
    pty: Arc<Pty>,
    /// Kept open, so that the terminal can be read after the end of the program.
    pts: Pts,
    seen: Arc<Seen>,
}

struct Seen {
    terminal: Mutex<Emulator>,
    changed: Condvar,
}

struct Emulator {
    parser: vt100::Parser,
    /// The complete output of the program.
    written: Vec<u8>,
    /// Text that must never be on the screen.
    secrets: Vec<String>,
    leaked: Option<String>,
}

impl Session {
    /// Starts the program in a terminal with this number of columns and rows.
    pub(crate) fn start(command: Command, columns: u16, rows: u16, secrets: &[&str]) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let child = pty_process::blocking::Command::from(command)
            .env("TERM", "xterm-256color")
            .spawn_borrowed(&pts)
            .unwrap();
        let terminal = Emulator {
            parser: vt100::Parser::new(size(rows), size(columns), 0),
            written: Vec::new(),
            secrets: secrets.iter().map(ToString::to_string).collect(),
            leaked: None,
        };
        let seen = Arc::new(Seen {
            terminal: Mutex::new(terminal),
            changed: Condvar::new(),
        });
        let pty = Arc::new(pty);
        let (reading, writing) = (Arc::clone(&pty), Arc::clone(&seen));
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = (&*reading).read(&mut chunk) {
                writing.terminal().take(&chunk[..length]);
                writing.changed.notify_all();
            }
        });
        Self {
            child,
            pty,
            pts,
            seen,
        }
    }

    /// Presses keys, as the terminal sends them.
    pub(crate) fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until all of `words` are on the screen.
    pub(crate) fn wait_for(&self, words: &[&str]) -> String {
        self.wait_until(&format!("{words:?}"), |screen| {
            words.iter().all(|words| screen.contains(words))
        })
    }

    /// Waits until the screen fulfils a condition.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        let mut terminal = self.seen.terminal();
        loop {
            let screen = terminal.parser.screen().contents();
            if is_so(&screen) {
                return screen;
            }
            let left = PATIENCE.saturating_sub(begun.elapsed());
            assert!(!left.is_zero(), "{what} did not appear; the screen is\n{screen}");
            (terminal, _) = self
                .seen
                .changed
                .wait_timeout(terminal, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes the window larger or smaller.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.seen.terminal().parser.set_size(size(rows), size(columns));
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Whether the program reads key by key, without echo.
    pub(crate) fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.pts).unwrap().local_modes;
        !modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    /// The emulated screen.
    pub(crate) fn screen(&self) -> vt100::Screen {
        self.seen.terminal().parser.screen().clone()
    }

    /// Waits for the end of the program. Asserts that it restored the terminal and showed no secret. Returns the exit code.
    pub(crate) fn ended(mut self) -> (i32, String) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        };
        // The last output is still on its way; the cursor is restored last.
        let rest = self.wait_until_given_back();
        assert!(!self.is_raw(), "the terminal is still raw");
        (status.code().expect("ended by a signal"), rest)
    }

    fn wait_until_given_back(&self) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if !screen.alternate_screen() && !screen.hide_cursor() {
                return screen.contents();
            }
            assert!(begun.elapsed() < PATIENCE, "the terminal is not given back");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let leaked = self.seen.terminal().leaked.take();
        if !thread::panicking() {
            assert_eq!(leaked, None, "a secret was on the screen");
        }
    }
}

impl Seen {
    fn terminal(&self) -> MutexGuard<'_, Emulator> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Emulator {
    fn take(&mut self, chunk: &[u8]) {
        self.parser.process(chunk);
        self.written.extend(chunk);
        let screen = self.parser.screen().contents();
        let written = String::from_utf8_lossy(&self.written);
        let leaks = |secret: &&String| screen.contains(*secret) || written.contains(*secret);
        if let Some(secret) = self.secrets.iter().find(leaks) {
            self.leaked = Some(format!("{secret}\n{screen}"));
        }
    }
}

fn size(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).unwrap()
}
