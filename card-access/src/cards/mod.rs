//! One picture of all tokens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{Error, ErrorKind, Event, Listing, Problem, Provider, Token, TokenId, cards::merge::merge};

mod merge;

pub use merge::{Choice, Sighting};

/// Every token of a machine, whichever way it is reached.
///
/// ```no_run
/// use card_access::Cards;
///
/// let mut cards = Cards::system();
/// let listing = cards.tokens();
/// for problem in &listing.problems {
///     eprintln!("{}: {}. {}", problem.place, problem.error, problem.error.hint());
/// }
/// for seen in &listing.found {
///     let token = cards.open(&seen.best().id)?;
///     println!("{}, {}", token.info().name, seen.choice());
///     for way in seen.ways() {
///         println!("  {}", way.id);
///     }
/// }
/// # Ok::<(), card_access::Error>(())
/// ```
#[derive(Default)]
pub struct Cards {
    providers: Vec<Box<dyn Provider>>,
    pace: Pace,
    cancelled: Canceller,
}

/// What [`Cards::wait`] waits for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Pace {
    /// The time, because the service of the first way in is not there.
    Clock,
    /// The first way in.
    #[default]
    First,
}

impl Cards {
    /// No token at all, until [`with`](Self::with) adds a way in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// PC/SC and the PKCS#11 modules of the machine, as far as the crate was built with them.
    ///
    /// Each module runs in a process of its own, for which `main` has to begin with
    /// [`run_if_helper`](crate::pkcs11::helper::run_if_helper); without that, the modules are reported as problems.
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
        let cards = cards.with(crate::pcsc::PcscProvider::new());
        #[cfg(feature = "pkcs11")]
        let cards = cards.with(crate::pkcs11::Pkcs11Provider::system());
        cards
    }

    /// Adds a way in. The first one sets the pace of [`wait`](Self::wait): it should be the one that notices quickest,
    /// which is PC/SC.
    #[must_use]
    pub fn with(mut self, provider: impl Provider + 'static) -> Self {
        self.providers.push(Box::new(provider));
        self
    }

    /// The tokens present now. A way in that fails as a whole is one of the problems and hides no other.
    pub fn tokens(&mut self) -> Listing<Sighting> {
        let mut all = Listing::default();
        // The ways in are slow, each for itself: they are asked side by side, and answer in their order.
        thread::scope(|scope| {
            let asked: Vec<_> = self
                .providers
                .iter_mut()
                .map(|provider| scope.spawn(|| provider.tokens()))
                .collect();
            for answer in asked {
                match answer.join() {
                    Ok(Ok(listing)) => all.append(listing),
                    Ok(Err(error)) => all.problems.push(whole(error)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        merge(all)
    }

    /// Opens exactly the token that was listed: after an interruption, only the card that was started with.
    ///
    /// # Errors
    ///
    /// As [`Provider::open`].
    pub fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let mut best = Error::from(ErrorKind::NoCard).with_location(id.place());
        for provider in &mut self.providers {
            match provider.open(id) {
                // Another way in may know the place.
                Err(error) if matches!(error.kind(), ErrorKind::NoCard | ErrorKind::NoReader) => {}
                Err(error) if *best.kind() == ErrorKind::NoCard => best = error,
                Err(_) => {}
                Ok(token) => return Ok(token),
            }
        }
        Err(best)
    }

    /// Waits until a token or a reader comes or goes, at most for `timeout`; an empty answer means that nothing did.
    /// After any event, list anew.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](ErrorKind::Cancelled) through a [`Canceller`], and what the ways in report.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        /// How late a cancellation may take effect.
        const SLICE: Duration = Duration::from_millis(200);
        let begun = Instant::now();
        loop {
            if self.cancelled.take() {
                return Err(ErrorKind::Cancelled.into());
            }
            let left = timeout.saturating_sub(begun.elapsed());
            let events = self.wait_once(left.min(SLICE))?;
            if !events.is_empty() || left.is_zero() {
                return Ok(events);
            }
        }
    }

    /// A handle that ends a [`wait`](Self::wait) from another thread.
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
        self.cancelled.clone()
    }

    /// The first provider waits; the others are asked when it saw something, or when it can't see.
    fn wait_once(&mut self, slice: Duration) -> Result<Vec<Event>, Error> {
        let Some((first, others)) = self.providers.split_first_mut() else {
            thread::sleep(slice);
            return Ok(Vec::new());
        };
        let mut events = match first.wait(slice) {
            Ok(events) if events.is_empty() && !others.is_empty() && self.pace == Pace::First => {
                return Ok(events);
            }
            Ok(events) => events,
            Err(error) if others.is_empty() => return Err(error),
            Err(_) => {
                thread::sleep(slice);
                Vec::new()
            }
        };
        for event in &events {
            match event {
                Event::ServiceStarted => self.pace = Pace::First,
                Event::ServiceStopped => self.pace = Pace::Clock,
                _ => {}
            }
        }
        for other in others {
            events.extend(other.wait(Duration::ZERO).unwrap_or_default());
        }
        Ok(events)
    }
}

/// A failure of a way in as a whole.
fn whole(error: Error) -> Problem {
    let place = error
        .location()
        .map_or_else(|| String::from("all readers"), str::to_owned);
    Problem { place, error }
}

/// Ends a [`Cards::wait`] from another thread: the one that runs, or else the next one.
#[derive(Clone, Debug, Default)]
pub struct Canceller(Arc<AtomicBool>);

impl Canceller {
    /// Lets the wait end with [`Cancelled`](ErrorKind::Cancelled).
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
