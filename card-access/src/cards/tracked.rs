//! State of one source.

use std::{
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

use super::{
    flight::{Answer, Flight, Message},
    merge::is_reader,
};
use crate::{
    ErrorKind, Event, TokenInfo, TokenSource,
    rest::Rest,
    watch::{Snapshot, changes, snapshot},
};

/// Lifetime of an answer that may change without notice, and of a failure.
const FRESH: Duration = Duration::from_secs(1);

/// Interval at which a source is polled if no backend notifies.
const CLOCK: Duration = Duration::from_millis(250);

/// A request that takes longer than this is shown as pending, although an earlier answer is known.
const LATE: Duration = Duration::from_secs(1);

/// Source, its last answer, and at most one request in progress.
pub(super) struct Tracked {
    source: TokenSource,
    flight: Option<Flight>,
    known: Option<Known>,
    /// Time since which an answer is needed.
    wanted: Option<Instant>,
    /// Whether an event has announced the change that the next revision shows.
    announced: bool,
    /// Tokens at the last answer, for a source that does not notify.
    baseline: Option<Snapshot>,
    /// State at the last listing.
    shown: Option<View>,
    rest: Rest,
}

struct Known {
    answer: Answer,
    at: Instant,
    /// Something changed since; the answer holds what was not affected.
    stale: bool,
}

/// State of a source in a listing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) answer: Option<Answer>,
    /// Whether another answer is expected.
    pub(super) pending: bool,
}

impl Tracked {
    pub(super) fn new(source: TokenSource) -> Self {
        Self {
            source,
            flight: None,
            known: None,
            wanted: None,
            announced: false,
            baseline: None,
            shown: None,
            rest: Rest::default(),
        }
    }

    pub(super) fn source(&self) -> &TokenSource {
        &self.source
    }

    /// Takes the source as the monitor reports it now. Returns whether it changed without an event.
    pub(super) fn update(&mut self, source: TokenSource) -> bool {
        let changed = self.source.revision() != source.revision();
        self.source = source;
        if changed {
            self.forget();
        }
        !std::mem::take(&mut self.announced) && changed
    }

    /// Something changed at a place. For a source with revisions, the place is its own or does not concern it; another source
    /// may show the token there.
    pub(super) fn touch(&mut self, place: &str) {
        if self.source.revision().is_some() {
            if self.source.place() == place {
                self.forget();
                self.announced = true;
            }
            return;
        }
        if let Some(flight) = &mut self.flight {
            flight.touched.push(place.to_owned());
        }
        if let Some(known) = &mut self.known {
            known.stale = true;
            if let Ok(listing) = &mut known.answer {
                listing.found.retain(|info| !is_reader(info, place));
            }
        }
    }

    /// A service stopped or started: every reader is out of date.
    pub(super) fn touch_every_reader(&mut self) {
        if self.source.revision().is_some() {
            self.forget();
            return;
        }
        if let Some(flight) = &mut self.flight {
            flight.all_touched = true;
        }
        if let Some(known) = &mut self.known {
            known.stale = true;
            if let Ok(listing) = &mut known.answer {
                listing.found.retain(|info| info.reader.is_none());
            }
        }
    }

    /// Discards what is known.
    pub(super) fn forget(&mut self) {
        self.known = None;
        self.rest = Rest::default();
        if let Some(flight) = &mut self.flight {
            flight.all_touched = true;
        }
    }

    /// Requests an answer for a listing.
    pub(super) fn want_for_listing(&mut self, now: Instant) {
        let wanted = self.known.as_ref().is_none_or(|known| {
            let old = now.duration_since(known.at) > FRESH;
            known.stale || (old && (self.source.revision().is_none() || known.answer.is_err()))
        });
        if wanted {
            self.want(now);
        }
    }

    /// Requests what has to be polled without a listing. `clock` is set if the source does not notify.
    pub(super) fn want_for_watching(&mut self, now: Instant, clock: bool) {
        let notifies = self.source.revision().is_some();
        let wanted = match &self.known {
            None => !notifies,
            Some(known) if known.answer.is_err() => {
                (self.shown.is_some() || !notifies) && self.rest.is_over()
            }
            Some(known) => known.stale || (clock && !notifies && now.duration_since(known.at) >= CLOCK),
        };
        if wanted {
            self.want(now);
        }
    }

    fn want(&mut self, now: Instant) {
        self.wanted.get_or_insert(now);
    }

    /// Whether an answer is expected.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// Asks, if an answer is needed and no request is in progress.
    pub(super) fn ask(&mut self, numbers: &mut u64, outbox: &Sender<Message>) {
        if self.wanted.is_none() || self.flight.is_some() {
            return;
        }
        *numbers += 1;
        match Flight::start(*numbers, &self.source, outbox) {
            Ok(flight) => self.flight = Some(flight),
            Err(error) => self.know(Err(error), false),
        }
    }

    /// Takes the request with this number.
    pub(super) fn take_flight(&mut self, number: u64) -> Option<Flight> {
        self.flight.take_if(|flight| flight.number == number)
    }

    /// Takes the request in progress, whose answer is no longer needed.
    pub(super) fn into_flight(self) -> Option<Flight> {
        self.flight
    }

    /// Takes an answer, and returns what is new. An answer from before a change is discarded, or kept in part.
    pub(super) fn accept(&mut self, mut answer: Answer, flight: &Flight) -> Vec<Event> {
        if flight.revision != self.source.revision() || (flight.revision.is_some() && flight.all_touched) {
            return Vec::new();
        }
        if let Ok(listing) = &mut answer {
            let touched = |info: &TokenInfo| {
                (flight.all_touched && info.reader.is_some())
                    || flight.touched.iter().any(|place| is_reader(info, place))
            };
            listing.found.retain(|info| !touched(info));
        }
        let mut events = self.differences(&answer);
        let stale = flight.all_touched || !flight.touched.is_empty();
        if !stale {
            self.wanted = None;
        }
        self.know(answer, stale);
        let changed = self.shown.as_ref().is_some_and(|shown| *shown != self.view());
        if changed && events.is_empty() {
            events.push(Event::Answered {
                place: self.source.place().to_owned(),
            });
            self.shown = None;
        }
        events
    }

    /// Tokens that came or went since the last answer of a source that does not notify. A failure shows nothing.
    fn differences(&mut self, answer: &Answer) -> Vec<Event> {
        match answer {
            Ok(listing) if self.source.revision().is_none() => {
                let now = snapshot(listing.found.iter().map(|info| &info.id));
                let last = self.baseline.replace(now.clone());
                last.map_or_else(Vec::new, |last| changes(&last, &now))
            }
            _ => Vec::new(),
        }
    }

    fn know(&mut self, answer: Answer, stale: bool) {
        const FIRST_REST: Duration = Duration::from_millis(500);
        self.rest = match &answer {
            Ok(_) => Rest::default(),
            Err(_) => self.rest.longer(FIRST_REST),
        };
        self.known = Some(Known {
            answer,
            at: Instant::now(),
            stale,
        });
    }

    /// Current state for a listing.
    pub(super) fn view(&self) -> View {
        let late = self.wanted.is_some_and(|since| since.elapsed() > LATE);
        let pending = match &self.known {
            None => self.wanted.is_some(),
            // A failure is shown until there is a better answer.
            Some(known) => (known.stale && self.wanted.is_some()) || (late && known.answer.is_ok()),
        };
        View {
            answer: self.known.as_ref().map(|known| known.answer.clone()),
            pending,
        }
    }

    /// Records the current state as shown to the caller.
    pub(super) fn mark_shown(&mut self) {
        self.shown = Some(self.view());
    }

    /// Time since the answer was requested.
    pub(super) fn waited(&self) -> Duration {
        self.wanted.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Error for a caller that stops waiting.
    pub(super) fn timeout_error(&self) -> ErrorKind {
        self.flight
            .as_ref()
            .map_or(ErrorKind::TimedOut, |flight| flight.request.timeout_error())
    }

    /// Cancels the request. Returns whether there was one.
    pub(super) fn abandon(&self) -> bool {
        self.flight.iter().map(|flight| flight.request.cancel()).count() > 0
    }
}
