//! Connection to one card, with time limits.
//!
//! PC/SC's calls block until the card or another program lets them continue: `SCardTransmit` has no time-out, and `SCardCancel`
//! does not interrupt it. So a separate thread holds the connection and runs one operation after the other, while the caller
//! watches its progress. A thread that is given up sends nothing more, leaves the card, and ends as soon as PC/SC returns.

use std::{
    cell::RefCell,
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
    Credential, Error, ErrorKind, MAX_HOLD, PinStatus, TokenInfo, Traffic,
    piv::{KnownCards, PivToken, Prepare, SignOrder},
    spans,
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
    /// Operation whose result was returned, and which still logs out or waits for its order.
    unfinished: RefCell<Option<Receiver<Infallible>>>,
    /// Prepared signature. On drop its transaction ends.
    held: Option<Held>,
}

/// A prepared signature.
struct Held {
    credential: Credential,
    orders: Sender<SignOrder>,
}

impl Connection {
    /// Connects to the card in a reader and determines what it is. No answer of card or reader is awaited longer than `limit`,
    /// nor after the `progress` was given up.
    pub(super) fn open(
        reader: CString,
        known: KnownCards,
        limit: Duration,
        progress: Progress,
    ) -> Result<(Self, TokenInfo), Error> {
        let (line, inbox) = channel();
        let (started, ready) = channel();
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
                    serve(&reader, known, &started, &inbox, &shared);
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
            unfinished: RefCell::new(None),
            held: None,
        };
        let info = connection.wait(&ready)??;
        Ok((connection, info))
    }

    /// Runs an operation in the thread.
    pub(super) fn run<R: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&mut PivToken<PcscConnection>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        self.run_answering(move |token, answer| {
            // The receiver is gone if the operation was given up.
            let _ = answer.send(operation(token));
        })
    }

    /// Runs an operation that returns its result before its end. The next operation waits for the end, and so does the drop of the
    /// connection.
    pub(super) fn run_answering<R: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&mut PivToken<PcscConnection>, &Sender<Result<R, Error>>) + Send + 'static,
    ) -> Result<R, Error> {
        self.held = None;
        let (answer, answered) = channel();
        let (alive, ended) = channel();
        let context = spans::Context::current();
        let job: Job = Box::new(move |token| {
            let _alive: Sender<Infallible> = alive;
            context.run(|| operation(token, &answer));
        });
        self.progress.begin();
        self.finish()?;
        let line = self.line.as_ref().ok_or(ErrorKind::TimedOut)?;
        self.progress.begin();
        // A thread that has ended gives no answer, which is an error below.
        let _ = line.send(job);
        let result = self.wait(&answered)?;
        self.unfinished = RefCell::new(Some(ended));
        result
    }

    /// Prepares a signature; the transaction stays open for at most `hold`.
    pub(super) fn prepare(
        &mut self,
        prepare: Prepare,
        hold: Duration,
    ) -> Result<(Credential, PinStatus), Error> {
        let (orders, inbox) = channel();
        let (credential, status) = self.run_answering(move |token, answer| {
            let prepared = token.sign_held(prepare, |credential, status| {
                let _ = answer.send(Ok((credential, status)));
                inbox.recv_timeout(hold.min(MAX_HOLD)).ok()
            });
            if let Err(error) = prepared {
                let _ = answer.send(Err(error));
            }
        })?;
        self.held = Some(Held {
            credential: credential.clone(),
            orders,
        });
        Ok((credential, status))
    }

    /// Signs in the transaction that was prepared for this credential; `None` if there is none any more.
    pub(super) fn sign_prepared(
        &mut self,
        credential: &Credential,
        order: impl FnOnce(Sender<Result<Vec<u8>, Error>>) -> SignOrder,
    ) -> Option<Result<Vec<u8>, Error>> {
        let held = self.held.take().filter(|held| held.credential == *credential)?;
        let (answer, answered) = channel();
        self.progress.begin();
        held.orders.send(order(answer)).ok()?;
        match self.wait_or_end(&answered) {
            Ok(answer) => answer,
            Err(error) => Some(Err(error)),
        }
    }

    /// Traffic so far, including that of an operation whose result was returned already.
    pub(super) fn traffic(&self) -> Traffic {
        if self.held.is_none() {
            if let Some(ended) = self.unfinished.borrow_mut().take() {
                let _ = ended.recv_timeout(self.limit);
            }
        }
        self.progress.traffic()
    }

    /// Waits for the end of an operation whose result was returned already.
    fn finish(&mut self) -> Result<(), Error> {
        match self.unfinished.get_mut().take() {
            Some(ended) => self.wait_or_end(&ended).map(drop),
            None => Ok(()),
        }
    }

    fn wait<A>(&mut self, answered: &Receiver<A>) -> Result<A, Error> {
        self.wait_or_end(answered)?
            .ok_or_else(|| ErrorKind::Removed.into())
    }

    /// Waits as long as the thread makes progress; `None` if the operation ends without an answer.
    fn wait_or_end<A>(&mut self, answered: &Receiver<A>) -> Result<Option<A>, Error> {
        /// Interval at which a cancelled request is noticed.
        const SLICE: Duration = Duration::from_millis(50);
        let slice = if self.progress.is_cancellable() {
            SLICE
        } else {
            Duration::MAX
        };
        let mut left = self.limit;
        loop {
            match answered.recv_timeout(left.min(slice)) {
                Ok(answer) => return Ok(Some(answer)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
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
        self.held = None;
        self.line = None;
        let gone = self.ended.recv_timeout(self.patience) == Err(RecvTimeoutError::Disconnected);
        if let Some(thread) = self.thread.take().filter(|_| gone) {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}
