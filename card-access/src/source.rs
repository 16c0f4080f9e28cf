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
    fn sources(&mut self) -> Result<Vec<TokenSource>, Error>;

    /// The error that it would be to wait no longer for [`sources`](Self::sources).
    fn timeout_error(&self) -> ErrorKind {
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
/// use card_access::{ListRequest, Listing, TokenSource};
///
/// let source = TokenSource::new("Reader 00 00", |_: &ListRequest| Ok(Listing::default())).with_revision(3);
/// assert_eq!((source.place(), source.revision()), ("Reader 00 00", Some(3)));
/// assert_eq!(source.list(&ListRequest::new())?.found, []);
/// # Ok::<(), card_access::Error>(())
/// ```
#[derive(Clone)]
pub struct TokenSource {
    place: String,
    revision: Option<u64>,
    list: Arc<List>,
}

type List = dyn Fn(&ListRequest) -> Result<Listing<TokenInfo>, Error> + Send + Sync;

impl TokenSource {
    /// A source called `place`, and the function that lists its tokens. The function runs in a thread of its own and may
    /// block; it is not called again before it has returned.
    #[must_use]
    pub fn new(
        place: impl Into<String>,
        list: impl Fn(&ListRequest) -> Result<Listing<TokenInfo>, Error> + Send + Sync + 'static,
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
    pub fn list(&self, request: &ListRequest) -> Result<Listing<TokenInfo>, Error> {
        (self.list)(request)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("place", &self.place)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// One question to a source, shared between who asks and who answers.
///
/// ```
/// use card_access::{ErrorKind, ListRequest};
///
/// let request = ListRequest::new();
/// request.set_timeout_error(ErrorKind::Busy);
/// assert_eq!(request.timeout_error(), ErrorKind::Busy);
/// request.cancel();
/// assert!(request.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct ListRequest(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// `None` stands for [`ErrorKind::TimedOut`].
    timeout_error: Option<ErrorKind>,
    cancelled: bool,
    on_cancel: Option<Box<dyn FnOnce() + Send>>,
}

impl ListRequest {
    /// A question that was not answered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what an answer is being waited for, as the error that it would be to wait no longer: for example
    /// [`Busy`](ErrorKind::Busy) while another program holds the card.
    pub fn set_timeout_error(&self, error: ErrorKind) {
        self.state().timeout_error = Some(error);
    }

    /// The error that it would be to wait no longer; [`TimedOut`](ErrorKind::TimedOut) unless
    /// [noted otherwise](Self::set_timeout_error).
    #[must_use]
    pub fn timeout_error(&self) -> ErrorKind {
        self.state().timeout_error.clone().unwrap_or(ErrorKind::TimedOut)
    }

    /// Says that nobody waits for the answer any more: the source stops as soon as it can.
    pub fn cancel(&self) {
        let hook = {
            let mut state = self.state();
            state.cancelled = true;
            state.on_cancel.take()
        };
        if let Some(hook) = hook {
            hook();
        }
    }

    /// Whether nobody waits for the answer any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Sets what ends a blocking call of the source when the question is cancelled, in place of an earlier one. Called at
    /// once if it was cancelled already.
    pub fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if state.cancelled {
            drop(state);
            hook();
        } else {
            state.on_cancel = Some(Box::new(hook));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ListRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ListRequest")
            .field("timeout_error", &state.timeout_error)
            .field("cancelled", &state.cancelled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::ListRequest;
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    #[test]
    fn cancelling_runs_the_hook_once_whenever_it_was_set() {
        let runs = Arc::new(AtomicU32::new(0));
        let hook = || {
            let runs = Arc::clone(&runs);
            move || {
                runs.fetch_add(1, Ordering::Relaxed);
            }
        };
        let before = ListRequest::new();
        before.on_cancel(hook());
        before.cancel();
        before.cancel();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        let after = ListRequest::new();
        after.cancel();
        after.on_cancel(hook());
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }
}
