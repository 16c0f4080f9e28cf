//! Connection to a helper on Windows: its standard input has the requests, its standard output the answers.
//!
//! A module may print to the same output. Therefore each answer follows a marker that the caller has chosen at random, and what is
//! in front of the marker is discarded. Pipes have no time limits, so two threads read and write them.

use std::fs::File;
use std::io::{self, Read, Write, stdin, stdout};
use std::os::windows::io::AsHandle as _;
use std::os::windows::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, thread};

use super::mark::MARK;
use super::marked::{MARKER, Marked, marker, receive_after};
use super::wire::{self, Frame};

/// Connection to a running helper, which is ended on drop.
pub(super) struct Channel {
    child: Arc<Mutex<Child>>,
    /// `None` while the helper is ended.
    requests: Option<Sender<Frame>>,
    answers: Receiver<io::Result<Frame>>,
}

impl Channel {
    pub(super) fn start(program: &Path) -> io::Result<Self> {
        let marker = marker()?;
        let mut command = Command::new(program);
        command
            .env(MARK, &marker)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        without_console(&mut command);
        let mut child = command.spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Self {
            child: Arc::new(Mutex::new(child)),
            requests: Some(write_to(to)),
            answers: read_from(from, marker),
        })
    }

    /// Sends a frame and receives one, within a time limit for both.
    pub(super) fn exchange(&mut self, request: Option<&Frame>, limit: Duration) -> io::Result<Frame> {
        if let (Some(request), Some(requests)) = (request, &self.requests) {
            // A failure is reported by the missing answer.
            let _ = requests.send(request.clone());
        }
        match self.answers.recv_timeout(limit) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Ends an exchange from another thread.
    #[allow(
        clippy::unnecessary_wraps,
        reason = "a socket has no second handle if the process has too many"
    )]
    pub(super) fn end_from_outside(&self) -> Option<impl FnOnce() + Send + use<>> {
        let child = Arc::clone(&self.child);
        Some(move || drop(lock(&child).kill()))
    }

    pub(super) fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        super::wait::ended_within(limit, || lock(&self.child).try_wait())
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // The writing thread then closes the pipe. A helper ends by itself when its caller is gone, unless the module prevents it.
        self.requests = None;
        if self.ended_within(Duration::from_millis(200)).is_none() {
            let mut child = lock(&self.child);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The helper's own end: requests, and where the answers go.
pub(super) fn own_end() -> io::Result<(impl Read + Send + 'static, impl Write)> {
    let marker = env::var(MARK).map_err(|_| io::ErrorKind::InvalidData)?;
    if marker.len() != MARKER {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let (requests, answers) = own_pipes()?;
    Ok((requests, Marked::new(answers, marker)))
}

/// The thread ends when the sender is dropped or the pipe is closed.
fn write_to(mut pipe: ChildStdin) -> Sender<Frame> {
    let (requests, outgoing) = channel::<Frame>();
    thread::spawn(move || {
        for request in outgoing {
            if wire::send(&mut pipe, &request).is_err() {
                break;
            }
        }
    });
    requests
}

/// The thread ends when the pipe is closed, or after an invalid frame.
///
/// The pipe is read without a buffer, which would keep a decrypted session key.
fn read_from(mut pipe: ChildStdout, marker: String) -> Receiver<io::Result<Frame>> {
    let (incoming, answers) = channel();
    thread::spawn(move || {
        loop {
            let answer = receive_after(&mut pipe, marker.as_bytes());
            let is_last = answer.is_err();
            if incoming.send(answer).is_err() || is_last {
                break;
            }
        }
    });
    answers
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Handles of their own, without the buffers of the standard library, which would keep a PIN.
fn own_pipes() -> io::Result<(File, File)> {
    Ok((
        File::from(stdin().as_handle().try_clone_to_owned()?),
        File::from(stdout().as_handle().try_clone_to_owned()?),
    ))
}

/// A program without a console would otherwise open one for the helper:
/// [process creation flags](https://learn.microsoft.com/windows/win32/procthread/process-creation-flags).
fn without_console(command: &mut Command) {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}
