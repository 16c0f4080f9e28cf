//! One question to a source, on its way in a thread of its own.

use std::{
    panic::resume_unwind,
    sync::mpsc::Sender,
    thread::{self, JoinHandle},
};

use crate::{Error, Event, ListRequest, Listing, TokenInfo, TokenSource};

/// What the threads of [`Cards`](crate::Cards) report to it.
pub(super) enum Message {
    /// A source answered; `None` when its thread panicked.
    Answer { flight: u64, answer: Option<Answer> },
    /// The monitor of a backend reports what it waited for.
    Events {
        backend: usize,
        events: Result<Vec<Event>, Error>,
    },
    /// The monitor's thread ended.
    MonitorEnded { backend: usize },
    /// The monitor of a backend lists its sources.
    Sources {
        backend: usize,
        sources: Result<Vec<TokenSource>, Error>,
    },
    /// Nothing to take: somebody wants attention.
    Wake,
}

/// What a source answered.
pub(super) type Answer = Result<Listing<TokenInfo>, Error>;

/// A question that was not answered yet.
pub(super) struct Flight {
    pub(super) number: u64,
    /// The source's revision when it was asked.
    pub(super) revision: Option<u64>,
    /// Readers in which something changed since.
    pub(super) touched: Vec<String>,
    /// Whether every reader, or the source itself, changed since.
    pub(super) all_touched: bool,
    pub(super) request: ListRequest,
    thread: JoinHandle<()>,
}

impl Flight {
    /// Asks a source. Fails when the system gives no thread.
    pub(super) fn start(number: u64, source: &TokenSource, outbox: &Sender<Message>) -> Result<Self, Error> {
        let request = ListRequest::new();
        let (question, asked) = (request.clone(), source.clone());
        let report = Report {
            flight: number,
            outbox: outbox.clone(),
            answer: None,
        };
        let work = move || {
            let mut report = report;
            report.answer = Some(asked.list(&question));
        };
        let thread = thread::Builder::new()
            .name(String::from("card-access"))
            .spawn(work)
            .map_err(no_thread)?;
        Ok(Self {
            number,
            revision: source.revision(),
            touched: Vec::new(),
            all_touched: false,
            request,
            thread,
        })
    }

    /// Waits for the end of the thread, which has reported; a panic goes on in this thread.
    pub(super) fn land(self) {
        if let Err(panic) = self.thread.join() {
            resume_unwind(panic);
        }
    }
}

/// Reports when it is dropped, and so after a panic too.
struct Report {
    flight: u64,
    outbox: Sender<Message>,
    answer: Option<Answer>,
}

impl Drop for Report {
    fn drop(&mut self) {
        let answer = self.answer.take();
        // Nobody listens after the end of `Cards`.
        let _ = self.outbox.send(Message::Answer {
            flight: self.flight,
            answer,
        });
    }
}

/// The system gives no more threads.
pub(super) fn no_thread(error: std::io::Error) -> Error {
    Error::from(crate::ErrorKind::CardFailed).with_source(error)
}
