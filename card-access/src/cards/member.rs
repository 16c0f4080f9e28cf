//! A backend of [`Cards`](crate::Cards): its monitor and its sources.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    Pending,
    flight::{Flight, Message, no_thread},
    tracked::Tracked,
};
use crate::{Error, ErrorKind, Event, Listing, Monitor, Problem, Provider, TokenInfo, TokenSource};

/// A monitor that takes longer than this to list the sources is shown as pending, although they are known.
const LATE: Duration = Duration::from_secs(1);

/// Backend, its monitor's thread, and its sources in the monitor's order.
pub(super) struct Member {
    pub(super) provider: Box<dyn Provider>,
    pub(super) tracked: Vec<Tracked>,
    /// Requests to sources that no longer exist.
    orphaned: Vec<Flight>,
    monitor: Option<MonitorThread>,
    /// Time since which the sources are being listed.
    listing_since: Option<Instant>,
    /// Result of the last listing of the sources; `None` before the first.
    whole: Option<Result<(), Error>>,
    /// State at the last listing for the caller.
    shown: Option<Whole>,
    waiting: bool,
    health: Health,
}

struct MonitorThread {
    place: String,
    timeout_error: ErrorKind,
    notifies: bool,
    orders: Sender<Order>,
    thread: JoinHandle<()>,
}

/// Orders to the monitor's thread.
enum Order {
    ListSources,
    Wait(Duration),
}

/// Whether changes are being reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// The service stopped; the monitor reports when it is back.
    Stopped,
    /// Waiting failed; it is tried again after this time.
    FailedUntil(Instant),
}

/// State of the backend as a whole in a listing.
#[derive(Clone, PartialEq, Eq)]
struct Whole {
    error: Option<Error>,
    pending: bool,
}

impl Member {
    pub(super) fn new(provider: Box<dyn Provider>) -> Self {
        Self {
            provider,
            tracked: Vec::new(),
            orphaned: Vec::new(),
            monitor: None,
            listing_since: None,
            whole: None,
            shown: None,
            waiting: false,
            health: Health::Good,
        }
    }

    /// Starts the monitor's thread.
    pub(super) fn start(&mut self, index: usize, outbox: &Sender<Message>) {
        if self.monitor.is_some() {
            return;
        }
        match MonitorThread::start(self.provider.monitor(), index, outbox) {
            Ok(thread) => self.monitor = Some(thread),
            Err(error) => self.whole = Some(Err(no_thread(error))),
        }
    }

    /// Has the monitor list the sources, unless it is doing so.
    pub(super) fn list_sources(&mut self) {
        if let (None, Some(monitor)) = (self.listing_since, &self.monitor) {
            if monitor.orders.send(Order::ListSources).is_ok() {
                self.listing_since = Some(Instant::now());
            }
        }
    }

    /// Has the monitor list the sources once, for a backend whose sources have to be polled.
    pub(super) fn list_sources_once(&mut self) {
        if self.whole.is_none() && !self.notifies() {
            self.list_sources();
        }
    }

    /// Has the monitor wait for changes, unless it is busy.
    pub(super) fn wait(&mut self, timeout: Duration) {
        let paused = matches!(self.health, Health::FailedUntil(end) if end > Instant::now());
        if !self.notifies() || paused || self.waiting || self.listing_since.is_some() {
            return;
        }
        if let Some(monitor) = &self.monitor {
            self.waiting = monitor.orders.send(Order::Wait(timeout)).is_ok();
        }
    }

    /// Whether the monitor is waiting for changes.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting
    }

    pub(super) fn notifies(&self) -> bool {
        self.monitor.as_ref().is_some_and(|monitor| monitor.notifies)
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.health == Health::Good
    }

    /// Whether no answer of the monitor or a source is outstanding.
    pub(super) fn is_settled(&self) -> bool {
        self.listing_since.is_none() && !self.tracked.iter().any(Tracked::is_wanted)
    }

    /// Takes the sources that exist now. Returns the places whose revision changed.
    pub(super) fn take_sources(
        &mut self,
        sources: Result<Vec<TokenSource>, Error>,
    ) -> (Vec<String>, Option<Event>) {
        self.listing_since = None;
        let first = self.whole.is_none();
        let (sources, whole) = match sources {
            Ok(sources) => (sources, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        self.whole = Some(whole);
        let mut before = std::mem::take(&mut self.tracked);
        let mut changed = Vec::new();
        let now = Instant::now();
        for source in sources {
            let same = before
                .iter()
                .position(|tracked| tracked.source().place() == source.place());
            let place = source.place().to_owned();
            let (mut tracked, is_new) = match same {
                Some(index) => {
                    let mut tracked = before.remove(index);
                    let is_new = tracked.update(source);
                    (tracked, is_new)
                }
                None => (Tracked::new(source), true),
            };
            if is_new && !first {
                changed.push(place);
            }
            tracked.want_for_listing(now);
            self.tracked.push(tracked);
        }
        for gone in before {
            changed.push(gone.source().place().to_owned());
            gone.abandon();
            self.orphaned.extend(gone.into_flight());
        }
        let view = self.view();
        let has_changed = self.shown.take_if(|shown| *shown != view).is_some();
        let place = self.place();
        (changed, has_changed.then_some(Event::Answered { place }))
    }

    /// Takes the answer to a request, if this backend made it.
    pub(super) fn take_answer(
        &mut self,
        number: u64,
        answer: &mut Option<super::flight::Answer>,
    ) -> Option<Vec<Event>> {
        if let Some(index) = self.orphaned.iter().position(|flight| flight.number == number) {
            self.orphaned.swap_remove(index).join();
            return Some(Vec::new());
        }
        let (tracked, flight) = self
            .tracked
            .iter_mut()
            .find_map(|tracked| tracked.take_flight(number).map(|flight| (tracked, flight)))?;
        let events = answer
            .take()
            .map(|answer| tracked.accept(answer, &flight))
            .unwrap_or_default();
        flight.join();
        Some(events)
    }

    /// Takes the result of the monitor's wait, and returns what is new.
    pub(super) fn take_events(&mut self, events: Result<Vec<Event>, Error>) -> Result<Vec<Event>, Error> {
        const PAUSE: Duration = Duration::from_secs(1);
        self.waiting = false;
        let mut events = match events {
            Ok(events) => events,
            Err(error) => {
                self.health = Health::FailedUntil(Instant::now() + PAUSE);
                return Err(error);
            }
        };
        if let Health::FailedUntil(_) = self.health {
            self.health = Health::Good;
            events.insert(0, Event::ServiceStarted);
        }
        for event in &events {
            match event {
                Event::ServiceStarted => self.health = Health::Good,
                Event::ServiceStopped => self.health = Health::Stopped,
                _ => continue,
            }
            // All its sources are out of date.
            for gone in self.tracked.drain(..) {
                gone.abandon();
                self.orphaned.extend(gone.into_flight());
            }
            self.whole = None;
        }
        Ok(events)
    }

    /// Joins the monitor's thread, which ends only by a panic; the panic is resumed in the calling thread.
    pub(super) fn monitor_ended(&mut self) {
        if let Some(monitor) = self.monitor.take() {
            if let Err(panic) = monitor.thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }

    /// Adds this backend to a listing.
    pub(super) fn add_to(&self, listing: &mut Listing<TokenInfo>, pending: &mut Vec<Pending>) {
        let whole = self.view();
        if let Some(error) = &whole.error {
            listing.problems.push(problem_of_backend(error.clone()));
        }
        if whole.pending {
            let waited = self.listing_since.map_or(Duration::ZERO, |since| since.elapsed());
            let late = self.monitor.as_ref().map(|monitor| monitor.timeout_error.clone());
            let error = late.unwrap_or(ErrorKind::TimedOut);
            pending.push(Pending::new(&self.place(), waited, error));
        }
        for tracked in &self.tracked {
            let view = tracked.view();
            let place = tracked.source().place();
            match view.answer {
                Some(Ok(answer)) => listing.append(answer),
                Some(Err(_)) if view.pending => {}
                Some(Err(error)) => listing.record(place, Err(error)),
                None => {}
            }
            if view.pending {
                pending.push(Pending::new(place, tracked.waited(), tracked.timeout_error()));
            }
        }
    }

    /// Records the current state as shown: later differences are events.
    pub(super) fn mark_shown(&mut self) {
        self.shown = Some(self.view());
        self.tracked.iter_mut().for_each(Tracked::mark_shown);
    }

    fn view(&self) -> Whole {
        let late = self.listing_since.is_some_and(|since| since.elapsed() > LATE);
        Whole {
            error: self.whole.clone().and_then(Result::err),
            pending: match self.whole {
                None => self.listing_since.is_some(),
                Some(_) => late,
            },
        }
    }

    fn place(&self) -> String {
        self.monitor
            .as_ref()
            .map(|monitor| monitor.place.clone())
            .unwrap_or_default()
    }

    /// Cancels monitor and sources. Returns the number of threads that will report their end.
    pub(super) fn abandon(&mut self) -> usize {
        let asked = self.tracked.iter().filter(|tracked| tracked.abandon()).count();
        // The thread ends when the channel of its orders is closed.
        let monitor = self.monitor.take();
        asked + self.orphaned.len() + usize::from(monitor.is_some())
    }
}

/// Failure of a backend as a whole.
fn problem_of_backend(error: Error) -> Problem {
    let place = error
        .location()
        .map_or_else(|| String::from("all readers"), str::to_owned);
    Problem { place, error }
}

impl MonitorThread {
    fn start(
        mut monitor: Box<dyn Monitor>,
        backend: usize,
        outbox: &Sender<Message>,
    ) -> std::io::Result<Self> {
        let (place, timeout_error, notifies) = (monitor.place(), monitor.timeout_error(), monitor.notifies());
        let (orders, inbox): (_, Receiver<Order>) = channel();
        let end = End {
            backend,
            outbox: outbox.clone(),
        };
        let thread = thread::Builder::new()
            .name(String::from("card-access"))
            .spawn(move || {
                for order in inbox {
                    let message = match order {
                        Order::ListSources => Message::Sources {
                            backend,
                            sources: monitor.sources(),
                        },
                        Order::Wait(timeout) => Message::Events {
                            backend,
                            events: monitor.wait(timeout),
                        },
                    };
                    if end.outbox.send(message).is_err() {
                        break;
                    }
                }
                // Dropped before the end is reported.
                drop(monitor);
                drop(end);
            })?;
        Ok(Self {
            place,
            timeout_error,
            notifies,
            orders,
            thread,
        })
    }
}

/// Reports the end of a monitor's thread, after a panic too.
struct End {
    backend: usize,
    outbox: Sender<Message>,
}

impl Drop for End {
    fn drop(&mut self) {
        let _ = self.outbox.send(Message::MonitorEnded {
            backend: self.backend,
        });
    }
}
