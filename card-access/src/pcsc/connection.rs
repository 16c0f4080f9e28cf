//! One connection to one card, bounded in time.
//!
//! PC/SC's calls block for as long as a card or another program pleases: `SCardTransmit` has no time-out, and
//! `SCardCancel` does not reach it. So a thread of its own holds the connection and does one operation after the other,
//! while the caller watches that it gets on. A thread that is given up sends nothing more, leaves the card, and ends as
//! soon as PC/SC lets go of it.

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

/// A connection in shared mode. It leaves the card as it is when it is dropped, and waits for that.
pub(super) struct Connection {
    line: Option<Sender<Job>>,
    /// Says nothing, and is cut off when the thread ends.
    ended: Receiver<Infallible>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
    limit: Duration,
    /// How long the thread's end is waited for.
    patience: Duration,
    traffic: Traffic,
}

impl Connection {
    /// Connects to the card in a reader and says what it is; no answer of card or reader is awaited longer than `limit`, nor
    /// after the `progress` was given up.
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
                // Its end is before the thread's.
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

    /// Lets the thread do an operation.
    pub(super) fn run<R: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&mut PivToken<PcscConnection>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let line = self.line.as_ref().ok_or(ErrorKind::TimedOut)?;
        let (answer, answered) = channel();
        let job: Job = Box::new(move |token| {
            let result = operation(token);
            // Nobody listens to an operation that was given up.
            let _ = answer.send((result, token.sent()));
        });
        self.progress.begin();
        // A thread that ended shows in the missing answer.
        let _ = line.send(job);
        let (result, traffic) = self.wait(&answered)?;
        self.traffic = traffic;
        result
    }

    /// What went over the wire.
    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Waits for as long as the thread gets on.
    fn wait<A>(&mut self, answered: &Receiver<A>) -> Result<A, Error> {
        /// How late it may be noticed that a question was abandoned.
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
                    // A thread that is not stuck ends soon.
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
    /// Waits until the thread has left the card. A process that ended before would unload PC/SC's library under it, which
    /// crashes. A thread that was given up is not waited for.
    fn drop(&mut self) {
        self.line = None;
        let gone = self.ended.recv_timeout(self.patience) == Err(RecvTimeoutError::Disconnected);
        if let Some(thread) = self.thread.take().filter(|_| gone) {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}
