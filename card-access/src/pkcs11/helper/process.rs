//! Helper process from its caller's side: start, requests with a time limit, end.

use std::env;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::mark::{MARK, can_be_helper};
use super::message::{self, GREETING};
use super::wire::{self, Frame};
use super::{HelperProgram, Settings};
use crate::pkcs11::Module;
use crate::{Error, ErrorKind, ListRequest};

/// Helper that has loaded its module.
pub(super) struct Process {
    child: Child,
    socket: UnixStream,
    time_limit: Duration,
    place: String,
}

impl Process {
    /// Starts a helper and has it load the module.
    pub(super) fn start(
        module: &Module,
        settings: &Settings,
        request: Option<&ListRequest>,
    ) -> Result<Self, Error> {
        let place = module.path().display().to_string();
        let failed = |text: &str| Err(failure(&place, text));
        let program = program(&settings.program).map_err(|error| error.with_location(&place))?;
        let (child, socket) = match spawn(&program) {
            Ok(started) => started,
            Err(error) => return failed(&format!("{}: {error}", program.display())),
        };
        let mut process = Self {
            child,
            socket,
            time_limit: settings.time_limit,
            place: place.clone(),
        };
        process.end_with(request);
        // A program starts in far less; one that does not greet is not a helper and is not waited for.
        let greeting = process.exchange(None, settings.time_limit.min(Duration::from_secs(10)));
        if !matches!(greeting, Ok(greeting) if *greeting == GREETING) {
            return failed("the helper program does not call run_if_helper first in main");
        }
        process.ask(&message::load(module, &settings.uri), |_| Some(()))?;
        Ok(process)
    }

    /// Ends the process when a request is cancelled, instead of waiting for its answer.
    pub(super) fn end_with(&self, request: Option<&ListRequest>) {
        // Without a second handle, the time limit ends the process.
        if let (Some(request), Ok(socket)) = (request, self.socket.try_clone()) {
            request.on_cancel(move || drop(socket.shutdown(Shutdown::Both)));
        }
    }

    /// Sends one request. After [`ModuleFailed`](ErrorKind::ModuleFailed) the process can no longer be used.
    pub(super) fn ask<T>(
        &mut self,
        request: &Frame,
        take: impl FnOnce(&mut wire::Reader<'_>) -> Option<T>,
    ) -> Result<T, Error> {
        let answer = match self.exchange(Some(request), self.time_limit) {
            Ok(answer) => answer,
            Err(error) => {
                let why = self.why(&error);
                return Err(failure(&self.place, &why));
            }
        };
        message::take_answer(&answer, take)
            .unwrap_or_else(|| Err(failure(&self.place, "the helper process gave an invalid answer")))
    }

    /// Sends a frame and receives one, within a time limit for both.
    fn exchange(&mut self, request: Option<&Frame>, limit: Duration) -> io::Result<Frame> {
        let mut socket = Bounded {
            socket: &self.socket,
            end: Instant::now() + limit,
        };
        if let Some(request) = request {
            wire::send(&mut socket, request)?;
        }
        wire::receive(&mut socket)
    }

    /// State of the helper, in words.
    fn why(&mut self, error: &io::Error) -> String {
        if error.kind() == io::ErrorKind::TimedOut {
            return format!("no answer in {:?}; its helper process was ended", self.time_limit);
        }
        match ended_within(&mut self.child, Duration::from_millis(200)) {
            Some(status) => format!("its helper process ended: {status}"),
            None => format!("its helper process can't be reached: {error}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A helper ends by itself when its caller is gone, unless the module prevents it.
        let _ = self.socket.shutdown(Shutdown::Both);
        if ended_within(&mut self.child, Duration::from_millis(200)).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Program to start. The current program is started again only if its `main` has shown that it can be a helper: any other would
/// do its own work a second time.
fn program(program: &HelperProgram) -> Result<PathBuf, Error> {
    let missing = |why: &'static str| Err(Error::from(ErrorKind::HelperMissing).with_detail(why));
    if env::var_os(MARK).is_some() {
        // A helper whose `main` continued would start helpers without end.
        return missing("this process is a helper itself");
    }
    match program {
        HelperProgram::At(path) => Ok(path.clone()),
        HelperProgram::ThisProgram if can_be_helper() => Ok(this_program()),
        HelperProgram::ThisProgram => missing("run_if_helper was not called"),
    }
}

/// This program, as it was started, even if its file was replaced since.
fn this_program() -> PathBuf {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        running.to_owned()
    } else {
        env::current_exe().unwrap_or_default()
    }
}

/// Any failure of a helper is reported as its module's.
pub(super) fn failure(place: &str, text: &str) -> Error {
    Error::from(ErrorKind::ModuleFailed)
        .with_location(place)
        .with_detail(text.to_owned())
}

/// The helper's standard input is a socket, which works in both directions. Its standard output and error output are discarded:
/// a module must not print into its caller's.
fn spawn(program: &Path) -> io::Result<(Child, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let child = Command::new(program)
        .env(MARK, "1")
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((child, ours))
}

fn ended_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    const PAUSE: Duration = Duration::from_millis(5);
    let end = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < end => thread::sleep(PAUSE),
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
}

/// Socket with a time limit for all reads and writes together.
struct Bounded<'a> {
    socket: &'a UnixStream,
    end: Instant,
}

impl Bounded<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(Some(left))
        }
    }
}

/// A time-out of the socket itself is reported as `WouldBlock`.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        io::ErrorKind::TimedOut.into()
    } else {
        error
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer).map_err(timed_out)
    }
}

impl Write for Bounded<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(buffer).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
