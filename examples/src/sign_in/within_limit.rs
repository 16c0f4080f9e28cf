//! The work of a program in another thread, with a time limit.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::failure::Failure;
use super::waiting::{Wait, Waiting};
use crate::pin_prompt::restore_echo;

/// Work that has ended, and the thread that still closes the card.
pub(crate) struct Finished<T> {
    pub(crate) result: Result<T, Failure>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

/// Runs `work` in another thread and waits for it up to the time limit. After the limit, the thread may be in a call that cannot be
/// interrupted; it then ends with the program. Work that has [committed](Waiting::commit) itself is waited for.
///
/// `work` also returns what is to be dropped after its result is known.
pub(crate) fn within_limit<T, K>(
    limit: Duration,
    waiting: &Waiting,
    work: impl FnOnce() -> (Result<T, Failure>, K) + Send + 'static,
) -> Finished<T>
where
    T: Send + 'static,
    K: 'static,
{
    let (sender, results) = channel();
    let thread = thread::spawn(move || {
        let (result, kept) = work();
        let _ = sender.send(result);
        drop(kept);
    });
    let ended = match results.recv_timeout(limit) {
        Err(RecvTimeoutError::Timeout) => match waiting.abandon() {
            Some(wait) => {
                if restore_echo() && wait == Wait::Pin {
                    // Ends the line of the prompt.
                    let _ = writeln!(io::stderr());
                }
                return Finished {
                    result: Err(Failure::TimeLimit { limit, wait }),
                    thread: None,
                };
            }
            None => results.recv().ok(),
        },
        ended => ended.ok(),
    };
    match ended {
        Some(result) => Finished {
            result,
            thread: Some(thread),
        },
        None => match thread.join() {
            Err(panic) => resume_unwind(panic),
            // The thread sends its result before it ends.
            Ok(()) => unreachable!("the work ended without a result"),
        },
    }
}
