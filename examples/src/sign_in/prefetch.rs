//! The requests of a sign-in that need no PIN, in a thread, while the user types the PIN.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use cba_protocol::{State, Step};

use super::drive::{Interrupted, send};
use super::observer::Observer;
use super::waiting::Wait;
use crate::http_client::HttpClient;

/// Interval at which the progress of the thread is reported.
const LOOK: Duration = Duration::from_millis(50);

/// The first requests of a sign-in: realm discovery, metadata, nonce. On drop, the thread ends before its next request.
pub(crate) struct Prefetch {
    shared: Arc<Mutex<Shared>>,
    result: Receiver<Result<Step, Interrupted>>,
}

#[derive(Default)]
struct Shared {
    is_dropped: bool,
    /// The states that were not reported yet.
    states: Vec<State>,
    wait: Option<Wait>,
}

impl Prefetch {
    /// Answers the requests up to the first step that needs a key, or the end.
    pub(crate) fn start(mut step: Step, http: &Arc<HttpClient>) -> Self {
        let (sender, result) = channel();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (own, http) = (Arc::clone(&shared), Arc::clone(http));
        thread::spawn(move || {
            let ended = loop {
                let exchange = match step {
                    Step::Send(exchange) => exchange,
                    other => break Ok(other),
                };
                {
                    let mut shared = own.lock().unwrap_or_else(PoisonError::into_inner);
                    if shared.is_dropped {
                        return;
                    }
                    shared.states.push(exchange.state());
                    shared.wait = Some(Wait::request(exchange.state(), exchange.request()));
                }
                match send(exchange, &http) {
                    Ok(next) => step = next,
                    Err(error) => break Err(error),
                }
            };
            // The receiver is gone if the user has left.
            let _ = sender.send(ended);
        });
        Self { shared, result }
    }

    /// Waits for the result. Reports the states since the start, and counts the requests.
    pub(crate) fn finish(
        self,
        requests: &mut usize,
        observer: &mut dyn Observer,
    ) -> Result<Step, Interrupted> {
        loop {
            let result = self.result.recv_timeout(LOOK);
            let (states, wait) = {
                let mut shared = self.shared();
                (std::mem::take(&mut shared.states), shared.wait.clone())
            };
            *requests += states.len();
            for state in states {
                if observer.reached(state).is_break() {
                    return Err(Interrupted::Cancelled);
                }
            }
            match result {
                Ok(result) => return result,
                // The thread sends its result before it ends.
                Err(RecvTimeoutError::Disconnected) => return Err(Interrupted::Cancelled),
                Err(RecvTimeoutError::Timeout) if observer.is_cancelled() => {
                    return Err(Interrupted::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(wait) = wait {
                        observer.waiting_for(wait);
                    }
                }
            }
        }
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.shared().is_dropped = true;
    }
}
