//! Parts of a backend that answer separately, so that a slow one delays no other.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Error, ErrorKind, Event, Listing, TokenInfo};

/// Monitor of a backend's sources.
///
/// [`Cards`](crate::Cards) runs each monitor in its own thread. Every method may block, and one that never returns delays
/// nothing else.
pub trait Monitor: Send {
    /// Name of the backend for messages, such as "smart card service".
    fn place(&self) -> String;

    /// Sources that exist now.
    ///
    /// # Errors
    ///
    /// Fails for what concerns the backend as a whole, such as [`NoService`](ErrorKind::NoService) or
    /// [`NoReader`](ErrorKind::NoReader).
    fn sources(&mut self) -> Result<Vec<TokenSource>, Error>;

    /// Error that is reported if [`sources`](Self::sources) takes too long.
    fn timeout_error(&self) -> ErrorKind {
        ErrorKind::TimedOut
    }

    /// Whether [`wait`](Self::wait) reports changes. If not, the sources are polled.
    fn notifies(&self) -> bool {
        false
    }

    /// Waits for changes, at most for `timeout`. An empty result means that nothing changed.
    ///
    /// # Errors
    ///
    /// Fails only if watching is impossible. A service that stopped is an [`Event`].
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let _ = timeout;
        Ok(Vec::new())
    }
}

/// Part of a backend that is listed separately: a reader, a PKCS#11 module, a key file.
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
    /// Creates a source from its name and the function that lists its tokens. The function runs in its own thread and may
    /// block. It is not called again before it has returned.
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

    /// Sets a number that changes whenever the source's tokens may have changed. A listing stays valid while the number stays
    /// the same. Without it, every listing asks again.
    #[must_use]
    pub fn with_revision(self, revision: u64) -> Self {
        Self {
            revision: Some(revision),
            ..self
        }
    }

    /// Reader, module or file.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Number that changes with the source's tokens, if it has one.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// Lists the tokens of this source. Blocks.
    ///
    /// # Errors
    ///
    /// Fails for what concerns the source as a whole.
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

/// Request to list a source, shared between the caller and the source.
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
    /// `None` means [`ErrorKind::TimedOut`].
    timeout_error: Option<ErrorKind>,
    cancelled: bool,
    on_cancel: Option<Box<dyn FnOnce() + Send>>,
}

impl ListRequest {
    /// Creates a request without an answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the error that is reported if the answer takes too long, for example [`Busy`](ErrorKind::Busy) while another
    /// program holds the card.
    pub fn set_timeout_error(&self, error: ErrorKind) {
        self.state().timeout_error = Some(error);
    }

    /// Error that is reported if the answer takes too long; [`TimedOut`](ErrorKind::TimedOut) unless it was
    /// [set](Self::set_timeout_error).
    #[must_use]
    pub fn timeout_error(&self) -> ErrorKind {
        self.state().timeout_error.clone().unwrap_or(ErrorKind::TimedOut)
    }

    /// Cancels the request: the source stops as soon as it can.
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

    /// Whether the request was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Sets a function that ends the source's blocking call on cancellation, in place of an earlier one. It is called at once
    /// if the request was cancelled already.
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
