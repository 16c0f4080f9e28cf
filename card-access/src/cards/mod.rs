//! All tokens of a machine, through every backend.

mod flight;
mod listing;
mod member;
mod merge;
mod tracked;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::{Duration, Instant},
};

pub use listing::{CardEntry, CardListing, Pending, SelectionReason};

use crate::{Backend, Error, ErrorKind, Event, Listing, Provider, Token, TokenId, spans};
use flight::Message;
use member::Member;
use merge::merge;
use tracked::Tracked;

/// Tokens of a machine, through every backend.
///
/// Each reader and each PKCS#11 module is asked in its own thread, so none waits for another. A listing contains what is known
/// when its time is over, and what is [pending](CardListing::pending). A late answer is an [event](Event::Answered), after
/// which the next listing costs nothing.
///
/// ```no_run
/// use card_access::Cards;
/// use std::time::Duration;
///
/// let mut cards = Cards::system();
/// loop {
///     let listing = cards.tokens(Duration::from_millis(500));
///     for entry in &listing.found {
///         println!("{}, {}", entry.preferred().name, entry.reason());
///     }
///     for problem in &listing.problems {
///         eprintln!("{}: {}. {}", problem.place, problem.error, problem.error.hint());
///     }
///     for pending in &listing.pending {
///         eprintln!("{pending}");
///     }
///     cards.wait(Duration::MAX)?; // something changed, or a pending source answered
/// }
/// # #[expect(unreachable_code)]
/// # Ok::<(), card_access::Error>(())
/// ```
///
/// On drop, helper processes of modules are ended, and threads that wait for a card or reader end as soon as the card service
/// returns. There is at most one such thread for each reader.
pub struct Cards {
    members: Vec<Member>,
    events: Vec<Event>,
    /// Reason why watching is impossible, if there is only one backend.
    watch_error: Option<Error>,
    canceller: Canceller,
    inbox: Receiver<Message>,
    flights: u64,
}

impl Cards {
    /// Creates a collection without backends; [`with_provider`](Self::with_provider) adds them.
    #[must_use]
    pub fn new() -> Self {
        let (outbox, inbox) = channel();
        Self {
            members: Vec::new(),
            events: Vec::new(),
            watch_error: None,
            canceller: Canceller {
                cancelled: Arc::default(),
                outbox,
            },
            inbox,
            flights: 0,
        }
    }

    /// Creates a collection of PC/SC and the PKCS#11 modules of the machine, depending on the features of this crate.
    ///
    /// Each module runs in its own process, which requires that `main` begins with
    /// [`run_if_helper`](crate::pkcs11::helper::run_if_helper); otherwise the modules are reported as problems.
    ///
    /// ```no_run
    /// # #[cfg(feature = "pkcs11")] {
    /// use card_access::{Cards, pkcs11::helper};
    ///
    /// helper::run_if_helper(); // first statement of `main`
    /// let cards = Cards::system();
    /// # }
    /// ```
    #[must_use]
    pub fn system() -> Self {
        let cards = Self::new();
        #[cfg(feature = "pcsc")]
        let cards = cards.with_provider(crate::pcsc::PcscProvider::new());
        #[cfg(feature = "pkcs11")]
        let cards = cards.with_provider(crate::pkcs11::Pkcs11Provider::system());
        cards
    }

    /// Adds a backend.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Provider + 'static) -> Self {
        self.members.push(Member::new(Box::new(provider)));
        self
    }

    /// Lists the tokens that are present. Returns when every source has answered, or after `within` with what is known then; the rest
    /// is [pending](CardListing::pending). `Duration::ZERO` returns at once.
    ///
    /// A source that fails hides no other. Changes that a listing shows are not reported as [events](Self::wait).
    pub fn tokens(&mut self, within: Duration) -> CardListing {
        let counts =
            |listing: &CardListing| [listing.found.len(), listing.problems.len(), listing.pending.len()];
        spans::cards(|| self.list(within), counts)
    }

    fn list(&mut self, within: Duration) -> CardListing {
        let begun = Instant::now();
        self.take_all();
        for index in 0..self.members.len() {
            self.started(index).list_sources();
        }
        loop {
            self.ask();
            let left = within.saturating_sub(begun.elapsed());
            if left.is_zero() || self.members.iter().all(Member::is_settled) {
                break;
            }
            self.take_next(left);
        }
        self.events.clear();
        self.members.iter_mut().for_each(Member::mark_shown);
        self.known()
    }

    /// Opens a token, exactly the one that was listed: after an interruption, only the same card. Only the token's backend is
    /// asked, and pending sources are not waited for.
    ///
    /// # Errors
    ///
    /// Errors of [`Provider::open`]; [`NoCard`](ErrorKind::NoCard) if no backend knows the place.
    pub fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let mut refusal = Error::from(ErrorKind::NoCard).with_location(id.place());
        for member in self.members.iter_mut().filter(|member| member.provider.owns(id)) {
            match member.provider.open(id) {
                Ok(token) => return Ok(token),
                Err(error) => {
                    // The listing may be out of date.
                    member.tracked.iter_mut().for_each(|tracked| {
                        if id.place().starts_with(tracked.source().place()) {
                            tracked.forget();
                        }
                    });
                    // Another provider of the same backend may know the place.
                    if !matches!(error.kind(), ErrorKind::NoCard | ErrorKind::NoReader) {
                        return Err(error);
                    }
                    refusal = error;
                }
            }
        }
        Err(refusal)
    }

    /// Waits until a token or a reader comes or goes, or a source that the last [listing](Self::tokens) showed as pending
    /// answers, at most for `timeout`. An empty result means that nothing changed. After any event, list again.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](ErrorKind::Cancelled) through a [`Canceller`], and errors of the backend if there is only one.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        /// Interval at which due requests are looked for.
        const SLICE: Duration = Duration::from_millis(200);
        /// Time that a monitor gets to report that nothing happened.
        const GRACE: Duration = Duration::from_millis(100);
        let begun = Instant::now();
        let mut is_followed = false;
        loop {
            self.take_all();
            if self.canceller.take() {
                return Err(ErrorKind::Cancelled.into());
            }
            if !self.events.is_empty() {
                return Ok(std::mem::take(&mut self.events));
            }
            if let Some(error) = self.watch_error.take() {
                return Err(error);
            }
            let elapsed = begun.elapsed();
            let mut left = timeout.saturating_sub(elapsed);
            if is_followed && left.is_zero() {
                left = GRACE.saturating_sub(elapsed);
                if left.is_zero() || !self.members.iter().any(Member::is_waiting) {
                    return Ok(Vec::new());
                }
            } else {
                self.follow(left.min(SLICE));
                is_followed = true;
            }
            self.take_next(left.min(SLICE));
        }
    }

    /// Handle that ends a [`wait`](Self::wait) from another thread.
    ///
    /// ```
    /// use card_access::{Cards, ErrorKind};
    /// use std::{thread, time::Duration};
    ///
    /// let mut cards = Cards::new();
    /// let canceller = cards.canceller();
    /// thread::spawn(move || canceller.cancel());
    /// let waited = cards.wait(Duration::from_secs(60));
    /// assert_eq!(waited.unwrap_err().kind(), &ErrorKind::Cancelled);
    /// ```
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// The backend of this number, with its monitor running.
    fn started(&mut self, index: usize) -> &mut Member {
        let member = &mut self.members[index];
        member.start(index, &self.canceller.outbox);
        member
    }

    /// Has monitors wait for a time, and polls sources meanwhile.
    fn follow(&mut self, slice: Duration) {
        for index in 0..self.members.len() {
            let member = self.started(index);
            member.list_sources_once();
            member.wait(slice);
        }
        let (now, clock) = (Instant::now(), self.is_without_notice());
        for tracked in self.members.iter_mut().flat_map(|member| &mut member.tracked) {
            tracked.want_for_watching(now, clock);
        }
        self.ask();
    }

    /// Whether changes may go unnoticed unless sources are polled.
    fn is_without_notice(&self) -> bool {
        let mut notifying = self.members.iter().filter(|member| member.notifies()).peekable();
        notifying.peek().is_none() || notifying.any(|member| !member.is_healthy())
    }

    /// Asks every source whose answer is needed.
    fn ask(&mut self) {
        for tracked in self.members.iter_mut().flat_map(|member| &mut member.tracked) {
            tracked.ask(&mut self.flights, &self.canceller.outbox);
        }
    }

    fn take_all(&mut self) {
        while let Ok(message) = self.inbox.try_recv() {
            self.take(message);
        }
    }

    fn take_next(&mut self, timeout: Duration) {
        if let Ok(message) = self.inbox.recv_timeout(timeout) {
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Answer { flight, mut answer } => {
                let mut members = self.members.iter_mut();
                let events = members.find_map(|member| member.take_answer(flight, &mut answer));
                self.events.extend(events.unwrap_or_default());
            }
            Message::Events { backend, events } => {
                let changed = self.members[backend].take_events(events);
                match changed {
                    Ok(events) => {
                        for event in &events {
                            self.touch(event);
                        }
                        self.events.extend(events);
                    }
                    Err(error) if self.members.len() == 1 => self.watch_error = Some(error),
                    Err(_) => {}
                }
            }
            Message::MonitorEnded { backend } => self.members[backend].monitor_ended(),
            Message::Sources { backend, sources } => {
                let (changed, event) = self.members[backend].take_sources(sources);
                for place in changed {
                    self.touch_place(&place);
                }
                self.events.extend(event);
            }
            Message::Wake => {}
        }
    }

    /// Answers from before an event are out of date.
    fn touch(&mut self, event: &Event) {
        match event {
            Event::Inserted { place }
            | Event::ReaderAdded { place }
            | Event::ReaderRemoved { place }
            | Event::Removed { place } => self.touch_place(place),
            Event::ServiceStarted | Event::ServiceStopped => {
                let members = self.members.iter_mut();
                members
                    .flat_map(|member| &mut member.tracked)
                    .for_each(Tracked::touch_every_reader);
            }
            Event::Answered { .. } => {}
        }
    }

    fn touch_place(&mut self, place: &str) {
        for tracked in self.members.iter_mut().flat_map(|member| &mut member.tracked) {
            tracked.touch(place);
        }
    }

    /// Tokens and problems known so far. Nothing is asked, and no [event](Self::wait) is lost.
    ///
    /// ```
    /// use card_access::Cards;
    ///
    /// assert!(Cards::new().known().found.is_empty());
    /// ```
    #[must_use]
    pub fn known(&self) -> CardListing {
        let (mut listing, mut pending) = (Listing::default(), Vec::new());
        let mut waiting_module = None;
        for member in &self.members {
            let before = pending.len();
            member.add_to(&mut listing, &mut pending);
            if member.provider.backend() == Backend::Pkcs11 {
                waiting_module = waiting_module.or_else(|| pending.get(before).cloned());
            }
        }
        merge(listing, pending, waiting_module.as_ref())
    }
}

impl Default for Cards {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cards")
            .field("backends", &self.members.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Cards {
    /// Waits a moment for threads that are not blocked. If the process exited while one of them called the card service, the
    /// service's library would be unloaded under it, which crashes.
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_millis(300);
        let begun = Instant::now();
        let mut running: usize = self.members.iter_mut().map(Member::abandon).sum();
        while running > 0 {
            match self.inbox.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(Message::Answer { .. } | Message::MonitorEnded { .. }) => running -= 1,
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => break,
            }
        }
    }
}

/// Handle that ends a [`Cards::wait`] from another thread: the current one, or else the next one.
#[derive(Clone)]
pub struct Canceller {
    cancelled: Arc<AtomicBool>,
    outbox: Sender<Message>,
}

impl Canceller {
    /// Ends the wait with [`Cancelled`](ErrorKind::Cancelled).
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        // `Cards` may have been dropped.
        let _ = self.outbox.send(Message::Wake);
    }

    fn take(&self) -> bool {
        self.cancelled.swap(false, Ordering::AcqRel)
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller")
            .field("cancelled", &self.cancelled)
            .finish_non_exhaustive()
    }
}
