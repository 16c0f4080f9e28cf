//! Readers of the service, across its restarts.

use std::{
    ffi::CString,
    thread,
    time::{Duration, Instant},
};

use super::watch::{Occupancy, Watch};
use crate::{Error, ErrorKind, Event};

/// Readers and their events.
pub(super) struct Readers {
    watching: Watching,
    /// Incremented with every watch: readers count events only from the start of the service.
    generation: u32,
}

/// State of the watch over the readers.
enum Watching {
    /// The service is not running, and this was reported.
    Lost,
    NotYet,
    On(Watch),
}

/// Reader at present.
pub(super) struct Reader {
    pub(super) name: CString,
    pub(super) occupancy: Occupancy,
    /// Number that changes with each insertion and removal; `None` if the system does not count.
    pub(super) revision: Option<u64>,
}

impl Readers {
    /// Creates the watch. The service is not asked before the first call.
    pub(super) fn new() -> Self {
        Self {
            watching: Watching::NotYet,
            generation: 0,
        }
    }

    /// Readers present now. Later changes are events.
    pub(super) fn list(&mut self) -> Result<Vec<Reader>, Error> {
        if let Watching::On(watch) = &mut self.watching {
            // An old watch does not survive a restart of the service.
            if watch.wait(Duration::ZERO).is_ok() {
                return self.seen(watch_of(&self.watching));
            }
        }
        let watch = Watch::start()?;
        self.generation = self.generation.wrapping_add(1);
        let readers = self.seen(Some(&watch));
        // After the event that the service stopped, the event that it has started is still due.
        if !matches!(self.watching, Watching::Lost) {
            self.watching = Watching::On(watch);
        }
        readers
    }

    fn seen(&self, watch: Option<&Watch>) -> Result<Vec<Reader>, Error> {
        let readers = watch.into_iter().flat_map(Watch::readers);
        let readers: Vec<_> = readers
            .map(|(name, occupancy, events)| Reader {
                name: name.clone(),
                occupancy,
                // macOS has no counter.
                revision: cfg!(not(target_os = "macos"))
                    .then(|| (u64::from(self.generation) << 32) | u64::from(events)),
            })
            .collect();
        if readers.is_empty() {
            return Err(ErrorKind::NoReader.into());
        }
        Ok(readers)
    }

    /// Waits for events. A service that stops or is missing is reported once, and so is its return.
    pub(super) fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let events = match &mut self.watching {
            Watching::Lost => return self.wait_for_service(timeout),
            Watching::NotYet => self.start().and_then(|watch| watch.wait(timeout)),
            Watching::On(watch) => watch.wait(timeout),
        };
        match events {
            Err(error) if *error.kind() == ErrorKind::NoService => {
                self.watching = Watching::Lost;
                Ok(vec![Event::ServiceStopped])
            }
            events => events,
        }
    }

    /// Waits for a service that is not running.
    fn wait_for_service(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        const PAUSE: Duration = Duration::from_millis(200);
        let begun = Instant::now();
        loop {
            match self.start() {
                Ok(_) => return Ok(vec![Event::ServiceStarted]),
                Err(error) if *error.kind() != ErrorKind::NoService => return Err(error),
                Err(_) => {}
            }
            match timeout.checked_sub(begun.elapsed()) {
                Some(left) if !left.is_zero() => thread::sleep(left.min(PAUSE)),
                _ => return Ok(Vec::new()),
            }
        }
    }

    fn start(&mut self) -> Result<&mut Watch, Error> {
        let watch = Watch::start()?;
        self.generation = self.generation.wrapping_add(1);
        self.watching = Watching::On(watch);
        match &mut self.watching {
            Watching::On(watch) => Ok(watch),
            Watching::Lost | Watching::NotYet => Err(ErrorKind::NoService.into()),
        }
    }
}

fn watch_of(watching: &Watching) -> Option<&Watch> {
    match watching {
        Watching::On(watch) => Some(watch),
        Watching::Lost | Watching::NotYet => None,
    }
}
