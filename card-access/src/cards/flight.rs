//! A listing request to a source, run in its own thread.

use std::{
    panic::resume_unwind,
    sync::mpsc::Sender,
    thread::{self, JoinHandle},
};

use crate::{Error, Event, ListRequest, Listing, TokenInfo, TokenSource, spans};

/// Messages from the threads of [`Cards`](crate::Cards).
pub(super) enum Message {
    /// A source answered; `None` if its thread panicked.
    Answer { flight: u64, answer: Option<Answer> },
    /// Result of a monitor's wait.
    Events {
        backend: usize,
        events: Result<Vec<Event>, Error>,
    },
    /// The monitor's thread ended.
    MonitorEnded { backend: usize },
    /// Sources that a monitor listed.
    Sources {
        backend: usize,
        sources: Result<Vec<TokenSource>, Error>,
    },
    /// Wakes the receiver without content.
    Wake,
}

/// Answer of a source.
pub(super) type Answer = Result<Listing<TokenInfo>, Error>;

/// A request without an answer yet.
pub(super) struct Flight {
    pub(super) number: u64,
    /// Revision of the source at the time of the request.
    pub(super) revision: Option<u64>,
    /// Readers that changed since.
    pub(super) touched: Vec<String>,
    /// Whether every reader, or the source itself, has changed since.
    pub(super) all_touched: bool,
    pub(super) request: ListRequest,
    thread: JoinHandle<()>,
}

impl Flight {
    /// Asks a source. Fails if no thread can be started.
    pub(super) fn start(number: u64, source: &TokenSource, outbox: &Sender<Message>) -> Result<Self, Error> {
        let request = ListRequest::new();
        let (question, asked) = (request.clone(), source.clone());
        let report = Report {
            flight: number,
            outbox: outbox.clone(),
            answer: None,
        };
        let context = spans::Context::current();
        let work = move || {
            let mut report = report;
            let list = || spans::source(asked.place(), || asked.list(&question));
            report.answer = Some(context.run(list));
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

    /// Joins the thread, which has reported. A panic is resumed in the calling thread.
    pub(super) fn join(self) {
        if let Err(panic) = self.thread.join() {
            resume_unwind(panic);
        }
    }
}

/// Reports on drop, and so after a panic too.
struct Report {
    flight: u64,
    outbox: Sender<Message>,
    answer: Option<Answer>,
}

impl Drop for Report {
    fn drop(&mut self) {
        let answer = self.answer.take();
        // The receiver is gone once `Cards` is dropped.
        let _ = self.outbox.send(Message::Answer {
            flight: self.flight,
            answer,
        });
    }
}

/// The system could not start another thread.
pub(super) fn no_thread(error: std::io::Error) -> Error {
    Error::from(crate::ErrorKind::CardFailed).with_source(error)
}
