//! Child processes that end with their owner and with this process.

use std::{
    io,
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{LazyLock, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::Error;

/// A running program; ended on drop.
pub(crate) struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts `command` with setpriv(1), so that the kernel ends it with this process.
    pub(crate) fn start(command: &Command) -> Result<Self, Error> {
        Self::start_with(command, |_| {})
    }

    /// The same, with pipes and other settings of the command that is started.
    pub(crate) fn start_with(command: &Command, adjust: impl FnOnce(&mut Command)) -> Result<Self, Error> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut wrapped = Command::new("setpriv");
        wrapped
            .args(["--pdeathsig", "KILL", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(key, value),
                None => wrapped.env_remove(key),
            };
        }
        wrapped.stdin(std::process::Stdio::null());
        adjust(&mut wrapped);
        match spawn(wrapped) {
            Ok(child) => Ok(Self { child, name }),
            Err(error) => Err(Error::new(format!("{name} does not start: {error}"))),
        }
    }

    /// Fails with the program's name if it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), Error> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Error::new(format!("{} ended: {status}", self.name))),
            Err(error) => Err(Error::new(format!("{} cannot be watched: {error}", self.name))),
        }
    }

    pub(crate) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.child.stdin.take().zip(self.child.stdout.take())
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let sent = pid.map(|pid| kill_process(pid, signal));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(Error::new(format!("{} cannot be signalled: {error}", self.name))),
            None => Err(Error::new(format!("{} has no process number", self.name))),
        }
    }

    /// Asks the program to end and waits for it. After two seconds it is killed.
    pub(crate) fn end(&mut self) {
        if self.still_runs().is_err() {
            return;
        }
        let _ = self.signal(Signal::TERM);
        if wait_until(Duration::from_secs(2), || self.still_runs().is_err()).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Polls every few milliseconds; `None` after `limit`.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> Option<()> {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > limit {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
    Some(())
}

/// The kernel sends its signal when the *thread* that started the child ends, and each test is a thread. So one thread that
/// lives as long as the process starts all children.
fn spawn(command: Command) -> io::Result<Child> {
    type Job = (Command, mpsc::Sender<io::Result<Child>>);
    static STARTER: LazyLock<Mutex<mpsc::Sender<Job>>> = LazyLock::new(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in jobs {
                let _ = answer.send(command.spawn());
            }
        });
        Mutex::new(sender)
    });
    let (sender, answer) = mpsc::channel();
    let lost = |_| io::Error::other("the thread that starts programs is gone");
    STARTER
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, sender))
        .map_err(|_| lost(mpsc::RecvError))?;
    answer.recv().map_err(lost)?
}
