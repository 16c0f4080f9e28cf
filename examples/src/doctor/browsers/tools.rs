//! The tools of NSS, `certutil` and `modutil`, which end with doctor at the latest.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::problem::Problem;

/// Longest time of a tool. `certutil` and `modutil` can ask again and again at the end of their input.
const LIMIT: Duration = Duration::from_secs(20);
/// How often a running tool is looked at.
const SLICE: Duration = Duration::from_millis(20);
/// Longest time for the messages of a tool that has ended. A process that it left behind can hold them open.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most of a tool's messages that is shown.
const MAX_MESSAGE: usize = 4_096;

/// Runs tools one after the other, until it is stopped.
#[derive(Debug, Default)]
pub(super) struct Tools {
    is_stopped: AtomicBool,
    has_started: AtomicBool,
    is_running: AtomicBool,
}

impl Tools {
    /// Ends the tool that runs, and lets no other one start. Returns at once.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    /// Whether a tool runs or has run.
    pub(super) fn has_started(&self) -> bool {
        self.has_started.load(Ordering::SeqCst)
    }

    /// Whether a tool runs.
    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::SeqCst)
    }

    /// Runs a tool without input.
    pub(super) fn run(&self, tool: &str, arguments: &[&OsStr]) -> Result<(), Problem> {
        // In this order, so that after `stop` either no tool starts or `has_started` says so.
        self.has_started.store(true, Ordering::SeqCst);
        self.is_running.store(true, Ordering::SeqCst);
        let result = self.run_to_its_end(tool, arguments);
        self.is_running.store(false, Ordering::SeqCst);
        result
    }

    fn run_to_its_end(&self, tool: &str, arguments: &[&OsStr]) -> Result<(), Problem> {
        if self.is_stopped.load(Ordering::SeqCst) {
            return Err(Problem::new(
                format!("the time limit of doctor ended before {tool} was started"),
                "run doctor --browsers --fix again with a longer --time-limit",
            ));
        }
        let mut child = Command::new(tool)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_run(tool, &error))?;
        let messages = child.stderr.take().map(Messages::of);
        let status = self.wait(tool, &mut child)?;
        if status.success() {
            return Ok(());
        }
        let message = messages.map(|messages| messages.text()).unwrap_or_default();
        Err(Problem::new(
            format!("{tool} failed ({status}): {message}"),
            "try the command by hand",
        ))
    }

    /// Waits for the end of the tool, and ends it if it takes too long.
    fn wait(&self, tool: &str, child: &mut Child) -> Result<ExitStatus, Problem> {
        let end = Instant::now() + LIMIT;
        loop {
            let ended = child.try_wait().map_err(|error| not_run(tool, &error))?;
            let is_stopped = self.is_stopped.load(Ordering::SeqCst);
            match ended {
                Some(status) => return Ok(status),
                None if is_stopped || Instant::now() >= end => {
                    // It may have ended by itself.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(if is_stopped {
                        Problem::new(
                            format!("{tool} did not end within the time limit of doctor, which ended it"),
                            "run doctor --browsers --fix again with a longer --time-limit",
                        )
                    } else {
                        Problem::new(
                            format!(
                                "{tool} did not end within {} seconds, and doctor ended it",
                                LIMIT.as_secs()
                            ),
                            "if the database has a password, remove it for this step, or try by hand",
                        )
                    });
                }
                None => thread::sleep(SLICE),
            }
        }
    }
}

fn not_run(tool: &str, error: &io::Error) -> Problem {
    let next = if error.kind() == ErrorKind::NotFound {
        "install the package libnss3-tools or nss-tools"
    } else {
        "try the command by hand"
    };
    Problem::new(format!("{tool}: {error}"), next)
}

/// The first messages of a tool. All are read, so that it never waits for a reader.
struct Messages {
    first: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Messages {
    fn of(mut stream: ChildStderr) -> Self {
        let first = Arc::new(Mutex::default());
        let (sender, end) = channel();
        let kept = Arc::clone(&first);
        thread::spawn(move || {
            let mut part = [0; 1_024];
            while let Ok(length @ 1..) = stream.read(&mut part) {
                let mut kept: MutexGuard<'_, Vec<u8>> = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = MAX_MESSAGE.saturating_sub(kept.len());
                kept.extend(part.iter().take(length.min(room)));
            }
            // Nobody waits for it if the tool was ended.
            let _ = sender.send(());
        });
        Self { first, end }
    }

    fn text(&self) -> String {
        let _ = self.end.recv_timeout(PATIENCE);
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&first).trim().to_owned()
    }
}
