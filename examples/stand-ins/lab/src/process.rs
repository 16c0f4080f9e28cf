//! Child processes that never outlive their owner, nor this process.

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
    /// Starts `command`, set up by the caller, under setpriv(1), which has the kernel end it with this process.
    pub(crate) fn start(command: &Command) -> Result<Self, Error> {
        Self::start_with(command, |_| {})
    }

    /// The same, with pipes and the like added to the command that is really started.
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

    /// Fails, with the program's name, when it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), Error> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Error::new(format!("{} ended: {status}", self.name))),
            Err(error) => Err(Error::new(format!("{} is lost: {error}", self.name))),
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
            Some(Err(error)) => Err(Error::new(format!("{} gets no signal: {error}", self.name))),
            None => Err(Error::new(format!("{} has no process number", self.name))),
        }
    }

    /// Asks the program to end and waits for it; ends it when it takes more than two seconds.
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

/// Looks every few milliseconds; `None` when `limit` has passed.
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

/// The kernel's signal comes when the *thread* that started the child ends, and a test is a thread. So all children are
/// started by one thread that lives as long as the process.
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
