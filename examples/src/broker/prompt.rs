//! The interactive sign-in: a command that opens `greeter --broker` in a terminal. One at a time.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::caller::Caller;
use super::failure::{Failure, Status};
use super::log;
use super::session::{Held, Session};

/// How often the command is looked at while it runs.
const SLICE: Duration = Duration::from_millis(200);
/// Shortest time after a prompt that gave no token, so that a program cannot keep the user from working.
const PAUSE: Duration = Duration::from_secs(5);

/// The prompt of the user.
pub(super) struct Prompt {
    command: Option<String>,
    limit: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Running>,
    /// When the last prompt ended without a token.
    failed: Option<Instant>,
}

struct Running {
    correlation_id: String,
    pid: u32,
    cancelled: Arc<AtomicBool>,
}

impl Prompt {
    pub(super) fn new(command: Option<String>, limit: Duration) -> Self {
        Self {
            command,
            limit,
            state: Mutex::default(),
        }
    }

    /// Lets the user sign in for a program. Returns the token that is handed over meanwhile.
    pub(super) fn sign_in(
        &self,
        session: &Session,
        caller: &Caller,
        correlation_id: &str,
    ) -> Result<Held, Failure> {
        let Some(command) = &self.command else {
            return Err(Failure::new(
                Status::IncorrectConfiguration,
                "this broker has no --prompt; sign in with sign-in --broker or greeter --broker, and try again",
            ));
        };
        let cancelled = self.begin(caller, correlation_id)?;
        log(format_args!("asking the user to sign in, for {caller}"));
        let result = self.run(command, session, caller, &cancelled);
        let mut state = self.state();
        state.running = None;
        state.failed = result.is_err().then(Instant::now);
        result
    }

    /// Ends the prompt of a program, or the one with this id. An empty id names no prompt. Returns whether there was one.
    pub(super) fn cancel(&self, caller: &Caller, correlation_ids: &[&str]) -> bool {
        let state = self.state();
        let Some(running) = &state.running else {
            return false;
        };
        let is_named = |id: &&str| !id.is_empty() && **id == running.correlation_id;
        let is_meant = running.pid == caller.pid || correlation_ids.iter().any(is_named);
        if is_meant {
            running.cancelled.store(true, Ordering::Relaxed);
        }
        is_meant
    }

    fn begin(&self, caller: &Caller, correlation_id: &str) -> Result<Arc<AtomicBool>, Failure> {
        let mut state = self.state();
        let is_soon = state.failed.is_some_and(|at| at.elapsed() < PAUSE);
        if state.running.is_some() || is_soon {
            return Err(Failure::new(
                Status::ServerTemporarilyUnavailable,
                "another interactive sign-in is running or has just failed; try again in some seconds",
            ));
        }
        let cancelled = Arc::new(AtomicBool::new(false));
        state.running = Some(Running {
            correlation_id: correlation_id.to_owned(),
            pid: caller.pid,
            cancelled: Arc::clone(&cancelled),
        });
        Ok(cancelled)
    }

    fn run(
        &self,
        command: &str,
        session: &Session,
        caller: &Caller,
        cancelled: &AtomicBool,
    ) -> Result<Held, Failure> {
        let version = session.version();
        let mut child = Command::new("/bin/sh")
            .args(["-c", command])
            .env("BROKER_CALLER", caller.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let problem = format_args!("the command of --prompt was not started: {error}");
                Failure::new(Status::IncorrectConfiguration, problem)
            })?;
        let end = Instant::now() + self.limit;
        loop {
            if let Some(held) = session.wait_for_token(version, SLICE) {
                // It still shows the result to the user.
                thread::spawn(move || child.wait());
                return Ok(held);
            }
            if cancelled.load(Ordering::Relaxed) {
                stop(child);
                return Err(Failure::new(
                    Status::ApplicationCanceled,
                    "the program cancelled the sign-in",
                ));
            }
            if !matches!(child.try_wait(), Ok(None)) {
                // The token may have come with the end of the command.
                return session
                    .wait_for_token(version, Duration::ZERO)
                    .ok_or_else(|| Failure::new(Status::UserCanceled, "the sign-in ended without a token"));
            }
            if Instant::now() >= end {
                stop(child);
                return Err(Failure::new(
                    Status::UserCanceled,
                    "the time for the sign-in ended",
                ));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the command with all its processes.
fn stop(mut child: Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::TERM);
    }
    thread::spawn(move || child.wait());
}
