//! Parts of a backend that answer by themselves, so that a slow one delays no other.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Error, ErrorKind, Event, Listing, TokenInfo};

/// The sources of a backend as they come and go.
///
/// [`Cards`](crate::Cards) moves a monitor into a thread of its own: every method may block, and one that never returns
/// delays nothing else.
pub trait Monitor: Send {
    /// The name of the backend for messages, such as "smart card service".
    fn place(&self) -> String;

    /// The sources that exist now.
    ///
    /// # Errors
    ///
    /// What concerns the backend as a whole, such as [`NoService`](ErrorKind::NoService) or
    /// [`NoReader`](ErrorKind::NoReader).
    fn sources(&mut self) -> Result<Vec<Source>, Error>;

    /// The error that it would be to wait no longer for [`sources`](Self::sources).
    fn late_error(&self) -> ErrorKind {
        ErrorKind::TimedOut
    }

    /// Whether [`wait`](Self::wait) reports changes. The sources of a backend that does not are asked again from time to
    /// time.
    fn notifies(&self) -> bool {
        false
    }

    /// Waits for changes, at most for `timeout`; an empty answer means that there was none.
    ///
    /// # Errors
    ///
    /// Only what makes watching impossible. That a service stopped is an [`Event`].
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let _ = timeout;
        Ok(Vec::new())
    }
}

/// A part of a backend that is asked for its tokens separately: a reader, a PKCS#11 module, a key file.
///
/// ```
/// use card_access::{Inquiry, Listing, Source};
///
/// let source = Source::new("Reader 00 00", |_: &Inquiry| Ok(Listing::default())).with_revision(3);
/// assert_eq!((source.place(), source.revision()), ("Reader 00 00", Some(3)));
/// assert_eq!(source.list(&Inquiry::new())?.found, []);
/// # Ok::<(), card_access::Error>(())
/// ```
#[derive(Clone)]
pub struct Source {
    place: String,
    revision: Option<u64>,
    list: Arc<List>,
}

type List = dyn Fn(&Inquiry) -> Result<Listing<TokenInfo>, Error> + Send + Sync;

impl Source {
    /// A source called `place`, and the function that lists its tokens. The function runs in a thread of its own and may
    /// block; it is not called again before it has returned.
    #[must_use]
    pub fn new(
        place: impl Into<String>,
        list: impl Fn(&Inquiry) -> Result<Listing<TokenInfo>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            place: place.into(),
            revision: None,
            list: Arc::new(list),
        }
    }

    /// Adds a number that changes whenever the source's tokens may have changed. An answer stays valid as long as it does
    /// not. Without it, every listing asks again.
    #[must_use]
    pub fn with_revision(self, revision: u64) -> Self {
        Self {
            revision: Some(revision),
            ..self
        }
    }

    /// The reader, module or file.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The number that changes with the source's tokens, where it has one.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// Lists the tokens of this source; blocks.
    ///
    /// # Errors
    ///
    /// What concerns the source as a whole.
    pub fn list(&self, inquiry: &Inquiry) -> Result<Listing<TokenInfo>, Error> {
        (self.list)(inquiry)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("place", &self.place)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// One question to a source, shared between who asks and who answers.
///
/// ```
/// use card_access::{ErrorKind, Inquiry};
///
/// let inquiry = Inquiry::new();
/// inquiry.waits_for(ErrorKind::Busy);
/// assert_eq!(inquiry.late_error(), ErrorKind::Busy);
/// inquiry.abandon();
/// assert!(inquiry.is_abandoned());
/// ```
#[derive(Clone, Default)]
pub struct Inquiry(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// `None` stands for [`ErrorKind::TimedOut`].
    waits_for: Option<ErrorKind>,
    abandoned: bool,
    on_abandon: Option<Box<dyn FnOnce() + Send>>,
}

impl Inquiry {
    /// A question that was not answered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what an answer is being waited for, as the error that it would be to wait no longer: for example
    /// [`Busy`](ErrorKind::Busy) while another program holds the card.
    pub fn waits_for(&self, error: ErrorKind) {
        self.state().waits_for = Some(error);
    }

    /// The error that it would be to wait no longer; [`TimedOut`](ErrorKind::TimedOut) unless
    /// [noted otherwise](Self::waits_for).
    #[must_use]
    pub fn late_error(&self) -> ErrorKind {
        self.state().waits_for.clone().unwrap_or(ErrorKind::TimedOut)
    }

    /// Says that nobody waits for the answer any more: the source stops as soon as it can.
    pub fn abandon(&self) {
        let hook = {
            let mut state = self.state();
            state.abandoned = true;
            state.on_abandon.take()
        };
        if let Some(hook) = hook {
            hook();
        }
    }

    /// Whether nobody waits for the answer any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.state().abandoned
    }

    /// Sets what ends a blocking call of the source when the question is abandoned, in place of an earlier one. Called at
    /// once if it was abandoned already.
    pub fn on_abandon(&self, hook: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if state.abandoned {
            drop(state);
            hook();
        } else {
            state.on_abandon = Some(Box::new(hook));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Inquiry")
            .field("waits_for", &state.waits_for)
            .field("abandoned", &state.abandoned)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Inquiry;
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    #[test]
    fn abandoning_runs_the_hook_once_whenever_it_was_set() {
        let runs = Arc::new(AtomicU32::new(0));
        let hook = || {
            let runs = Arc::clone(&runs);
            move || {
                runs.fetch_add(1, Ordering::Relaxed);
            }
        };
        let before = Inquiry::new();
        before.on_abandon(hook());
        before.abandon();
        before.abandon();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        let after = Inquiry::new();
        after.abandon();
        after.on_abandon(hook());
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }
}
