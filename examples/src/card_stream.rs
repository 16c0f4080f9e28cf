//! The tokens of this machine, each opened and read in its own thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use card_access::{
    Backend, Canceller, CardEntry, Cards, Error, ErrorKind, Event, Pending, Problem, Token, TokenInfo,
};

use crate::backends::Backends;

/// All tokens of this machine, with the content that a program reads from them.
///
/// A reader, module or card that does not answer delays only itself. A token is read once, and again after an event of its
/// reader.
pub struct CardStream<T> {
    backends: Backends,
    cards: Cards,
    read: Arc<Read<T>>,
    readings: Vec<Reading<T>>,
    number: u64,
    inbox: Receiver<Done<T>>,
    outbox: Sender<Done<T>>,
}

type Read<T> = dyn Fn(&mut dyn Token) -> Result<T, Error> + Send + Sync;

/// A token that was read or is being read.
struct Reading<T> {
    number: u64,
    info: TokenInfo,
    since: Instant,
    content: Option<Result<T, Error>>,
    /// Number of consecutive failures.
    failures: u32,
    /// Whether the reader had an event after the reading began.
    is_touched: bool,
}

/// The result of a thread.
struct Done<T> {
    number: u64,
    content: Result<T, Error>,
}

/// State at one moment.
#[derive(Clone)]
pub struct Snapshot<T> {
    /// The tokens that were read, with their content or error.
    pub read: Vec<(CardEntry, Result<T, Error>)>,
    /// The tokens that are being read, and since when.
    pub reading: Vec<(CardEntry, Duration)>,
    /// The places that could not be listed.
    pub problems: Vec<Problem>,
    /// The places that have not answered yet.
    pub pending: Vec<Pending>,
}

impl<T: Clone + Send + 'static> CardStream<T> {
    /// The tokens of this machine; `read` runs in their threads.
    pub fn new(
        backends: &Backends,
        read: impl Fn(&mut dyn Token) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Self {
        let (outbox, inbox) = channel();
        Self {
            backends: backends.clone(),
            cards: backends.cards(),
            read: Arc::new(read),
            readings: Vec::new(),
            number: 0,
            inbox,
            outbox,
        }
    }

    /// The current state. Returns when everything was read, at the latest after `within`.
    pub fn look(&mut self, within: Duration) -> Snapshot<T> {
        /// Longest delay until a change is noticed.
        const SLICE: Duration = Duration::from_millis(20);
        let begun = Instant::now();
        loop {
            let left = within.saturating_sub(begun.elapsed());
            let snapshot = self.snapshot(left.min(SLICE));
            if left.is_zero() || snapshot.is_complete() {
                return snapshot;
            }
            if snapshot.pending.is_empty()
                && let Ok(done) = self.inbox.recv_timeout(left.min(SLICE))
            {
                self.take(done);
            }
        }
    }

    /// Waits for a change, at most for `timeout`: an event, a token that was read, or the time to read a token again after a
    /// failure.
    ///
    /// # Errors
    ///
    /// As [`Cards::wait`].
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let again = self.readings.iter().filter_map(Reading::next_try).min();
        let events = match self.cards.wait(again.map_or(timeout, |again| again.min(timeout))) {
            Err(error) if *error.kind() == ErrorKind::Cancelled => Vec::new(),
            events => events?,
        };
        for reading in &mut self.readings {
            reading.is_touched |= events.iter().any(|event| happens_to(event, &reading.info));
        }
        Ok(events)
    }

    fn snapshot(&mut self, within: Duration) -> Snapshot<T> {
        let listing = self.cards.tokens(within);
        while let Ok(done) = self.inbox.try_recv() {
            self.take(done);
        }
        let mut snapshot = Snapshot {
            read: Vec::new(),
            reading: Vec::new(),
            problems: listing.problems,
            pending: listing.pending,
        };
        self.readings.retain(|reading| {
            reading.content.is_none() || listing.found.iter().any(|entry| reading.is_of(entry))
        });
        for entry in listing.found {
            // PC/SC will report this card itself soon.
            if snapshot.is_pending(entry.preferred()) {
                continue;
            }
            let (since, content) = self.reading_of(&entry);
            match content {
                Some(content) => snapshot.read.push((entry, content)),
                None => snapshot.reading.push((entry, since.elapsed())),
            }
        }
        snapshot
    }

    /// The reading of a token, which is started if necessary.
    fn reading_of(&mut self, entry: &CardEntry) -> (Instant, Option<Result<T, Error>>) {
        let known = self.readings.iter_mut().find(|reading| reading.is_of(entry));
        match known {
            // A second reading starts after the end of the first one.
            Some(known) if known.content.is_none() || !known.is_out_of_date() => {
                return (known.since, known.content.clone());
            }
            Some(_) | None => {}
        }
        let failures = known.map_or(0, |known| match known.content {
            Some(Err(_)) => known.failures + 1,
            Some(Ok(_)) | None => 0,
        });
        self.readings.retain(|reading| !reading.is_of(entry));
        let reading = self.begin(entry.preferred().clone(), failures);
        let since = reading.since;
        self.readings.push(reading);
        (since, None)
    }

    fn begin(&mut self, info: TokenInfo, failures: u32) -> Reading<T> {
        self.number += 1;
        let report = Report {
            number: self.number,
            content: Err(ErrorKind::CardFailed.into()),
            outbox: self.outbox.clone(),
            wake: self.cards.canceller(),
        };
        let (backends, read, id) = (self.backends.clone(), Arc::clone(&self.read), info.id.clone());
        thread::spawn(move || {
            let mut report = report;
            report.content = backends
                .cards()
                .open(&id)
                .and_then(|mut token| read(token.as_mut()));
        });
        Reading {
            number: self.number,
            info,
            since: Instant::now(),
            content: None,
            failures,
            is_touched: false,
        }
    }

    fn take(&mut self, done: Done<T>) {
        let mut readings = self.readings.iter_mut();
        if let Some(reading) = readings.find(|reading| reading.number == done.number) {
            reading.content = Some(done.content);
        }
    }
}

impl<T> Snapshot<T> {
    /// Whether every token has been read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.reading.is_empty() && self.pending.is_empty()
    }

    /// Whether a module reports a token in a reader that PC/SC does not know yet.
    fn is_pending(&self, info: &TokenInfo) -> bool {
        // PKCS#11 truncates the names of readers to 64 bytes.
        const CUT: usize = 61;
        let is_name =
            |name: &str, place: &str| name == place || (name.len() >= CUT && place.starts_with(name));
        let is_it = |pending: &Pending| {
            info.reader
                .as_deref()
                .is_some_and(|name| is_name(name, &pending.place))
        };
        info.id.backend() == Backend::Pkcs11 && self.pending.iter().any(is_it)
    }
}

impl<T> Reading<T> {
    fn is_of(&self, entry: &CardEntry) -> bool {
        self.info == *entry.preferred()
    }

    fn is_out_of_date(&self) -> bool {
        self.is_touched || self.next_try().is_some_and(|left| left.is_zero())
    }

    /// Time until a token whose reading failed is read again: from one second up to a minute.
    fn next_try(&self) -> Option<Duration> {
        let pause = Duration::from_secs(1 << self.failures.min(6)).min(Duration::from_secs(60));
        let is_failed = matches!(self.content, Some(Err(_)));
        is_failed.then(|| pause.saturating_sub(self.since.elapsed()))
    }
}

impl<T> Drop for CardStream<T> {
    /// Waits a moment for the readings that do not hang: see [`Cards`].
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_millis(200);
        let begun = Instant::now();
        let under_way = self.readings.iter().filter(|reading| reading.content.is_none());
        for _ in 0..under_way.count() {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if self.inbox.recv_timeout(left).is_err() {
                return;
            }
        }
    }
}

/// Whether an event may have changed the content of a token.
fn happens_to(event: &Event, info: &TokenInfo) -> bool {
    match event {
        Event::Inserted { place }
        | Event::ReaderAdded { place }
        | Event::ReaderRemoved { place }
        | Event::Removed { place } => [Some(info.id.place()), info.reader.as_deref()].contains(&Some(place)),
        Event::Answered { .. } => false,
        _ => true,
    }
}

/// Reports when it is dropped, also after a panic.
struct Report<T> {
    number: u64,
    content: Result<T, Error>,
    outbox: Sender<Done<T>>,
    wake: Canceller,
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        let content = std::mem::replace(&mut self.content, Err(ErrorKind::CardFailed.into()));
        let done = Done {
            number: self.number,
            content,
        };
        if self.outbox.send(done).is_ok() {
            self.wake.cancel();
        }
    }
}
