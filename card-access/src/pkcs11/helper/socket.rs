//! Connection to a helper on Unix: a socket, which is its standard input.
//!
//! Its standard output and error output are discarded: a module must not print into its caller's.

use std::io::{self, Read, Write, stdin};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::mark::MARK;
use super::wire::{self, Frame};

/// Connection to a running helper, which is ended on drop.
pub(super) struct Channel {
    child: Child,
    socket: UnixStream,
}

impl Channel {
    pub(super) fn start(program: &Path) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(program)
            .env(MARK, "1")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, socket: ours })
    }

    /// Sends a frame and receives one, within a time limit for both.
    pub(super) fn exchange(&mut self, request: Option<&Frame>, limit: Duration) -> io::Result<Frame> {
        let mut socket = Bounded {
            socket: &self.socket,
            end: Instant::now() + limit,
        };
        if let Some(request) = request {
            wire::send(&mut socket, request)?;
        }
        wire::receive(&mut socket)
    }

    /// Ends an exchange from another thread. Without a second handle, only the time limit ends it.
    pub(super) fn end_from_outside(&self) -> Option<impl FnOnce() + Send + use<>> {
        let socket = self.socket.try_clone().ok()?;
        Some(move || drop(socket.shutdown(Shutdown::Both)))
    }

    pub(super) fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        super::wait::ended_within(limit, || self.child.try_wait())
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // A helper ends by itself when its caller is gone, unless the module prevents it.
        let _ = self.socket.shutdown(Shutdown::Both);
        if self.ended_within(Duration::from_millis(200)).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The helper's own end: requests, and where the answers go.
pub(super) fn own_end() -> io::Result<(UnixStream, UnixStream)> {
    let socket = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
    Ok((socket.try_clone()?, socket))
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
