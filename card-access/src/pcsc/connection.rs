//! Connection to one card, with time limits.
//!
//! PC/SC's calls block until the card or another program lets them continue: `SCardTransmit` has no time-out, and `SCardCancel`
//! does not interrupt it. So a separate thread holds the connection and runs one operation after the other, while the caller
//! watches its progress. A thread that is given up sends nothing more, leaves the card, and ends as soon as PC/SC returns.

use std::{
    convert::Infallible,
    ffi::CString,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    progress::Progress,
    service::{Job, PcscConnection, serve},
    visit::Visit,
};
use crate::{
    Error, ErrorKind, TokenInfo, Traffic,
    piv::{ObjectCache, PivToken},
};

/// Connection in shared mode. On drop it leaves the card as it is, and waits until that is done.
pub(super) struct Connection {
    line: Option<Sender<Job>>,
    /// Carries no messages; closed when the thread ends.
    ended: Receiver<Infallible>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
    limit: Duration,
    /// Time to wait for the end of the thread.
    patience: Duration,
    traffic: Traffic,
}

impl Connection {
    /// Connects to the card in a reader and determines what it is. No answer of card or reader is awaited longer than `limit`,
    /// nor after the `progress` was given up.
    pub(super) fn open(
        reader: CString,
        cache: ObjectCache,
        limit: Duration,
        progress: Progress,
    ) -> Result<(Self, TokenInfo), Error> {
        let (line, inbox) = channel();
        let (greet, greeted) = channel();
        let (alive, ended) = channel();
        let progress = Arc::new(progress);
        let shared = Arc::clone(&progress);
        progress.begin();
        let thread = thread::Builder::new()
            .name(String::from("card-access"))
            .spawn(move || {
                let _alive: Sender<Infallible> = alive;
                // Reports the end before the thread itself ends.
                if let Some(_visit) = Visit::begin(&reader, &shared) {
                    serve(&reader, cache, &greet, &inbox, &shared);
                }
            })
            .map_err(|error| Error::from(ErrorKind::CardFailed).with_source(error))?;
        let mut connection = Self {
            line: Some(line),
            ended,
            thread: Some(thread),
            progress,
            limit,
            patience: limit,
            traffic: Traffic::default(),
        };
        let info = connection.wait(&greeted)??;
        Ok((connection, info))
    }

    /// Runs an operation in the thread.
    pub(super) fn run<R: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&mut PivToken<PcscConnection>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let line = self.line.as_ref().ok_or(ErrorKind::TimedOut)?;
        let (answer, answered) = channel();
        let job: Job = Box::new(move |token| {
            let result = operation(token);
            // The receiver is gone if the operation was given up.
            let _ = answer.send((result, token.sent()));
        });
        self.progress.begin();
        // A thread that has ended gives no answer, which is an error below.
        let _ = line.send(job);
        let (result, traffic) = self.wait(&answered)?;
        self.traffic = traffic;
        result
    }

    /// Traffic so far.
    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Waits as long as the thread makes progress.
    fn wait<A>(&mut self, answered: &Receiver<A>) -> Result<A, Error> {
        /// Interval at which a cancelled request is noticed.
        const SLICE: Duration = Duration::from_millis(50);
        let slice = if self.progress.is_of_inquiry() {
            SLICE
        } else {
            Duration::MAX
        };
        let mut left = self.limit;
        loop {
            match answered.recv_timeout(left.min(slice)) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(ErrorKind::Removed.into()),
                Err(RecvTimeoutError::Timeout) if self.progress.is_given_up() => {
                    // A thread that is not blocked ends soon.
                    self.patience = 5 * SLICE;
                    self.line = None;
                    return Err(self.progress.give_up().late().into());
                }
                Err(RecvTimeoutError::Timeout) => match self.progress.patience(self.limit) {
                    Ok(more) => left = more,
                    Err(phase) => {
                        self.patience = Duration::ZERO;
                        self.line = None;
                        return Err(phase.late().into());
                    }
                },
            }
        }
    }
}

impl Drop for Connection {
    /// Waits until the thread has left the card. If the process exited first, PC/SC's library would be unloaded under the
    /// thread, which crashes. A thread that was given up is not waited for.
    fn drop(&mut self) {
        self.line = None;
        let gone = self.ended.recv_timeout(self.patience) == Err(RecvTimeoutError::Disconnected);
        if let Some(thread) = self.thread.take().filter(|_| gone) {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}
