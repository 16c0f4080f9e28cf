//! Limit of one blocked thread for each reader.

use std::{
    ffi::{CStr, CString},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::progress::Progress;

/// A thread's turn with a reader.
///
/// A PC/SC call cannot be interrupted, so a thread that was given up stays in it until the card answers or is removed. The next
/// thread waits for that: a daemon that retries a silent card has one blocked thread, not one for each try.
pub(super) struct Visit(u64);

struct All {
    last: u64,
    visitors: Vec<Visitor>,
}

struct Visitor {
    number: u64,
    reader: CString,
    progress: Arc<Progress>,
}

static ALL: Mutex<All> = Mutex::new(All {
    last: 0,
    visitors: Vec::new(),
});
static LEFT: Condvar = Condvar::new();

impl Visit {
    /// Begins when no thread that was given up still uses the reader; `None` if this one is given up meanwhile.
    pub(super) fn begin(reader: &CStr, progress: &Arc<Progress>) -> Option<Self> {
        /// Interval at which a cancelled request is noticed.
        const SLICE: Duration = Duration::from_millis(50);
        let mut all = all();
        loop {
            if progress.is_given_up() {
                return None;
            }
            let is_stuck = |visitor: &&Visitor| *visitor.reader == *reader && visitor.progress.is_given_up();
            let Some(stuck) = all.visitors.iter().find(is_stuck) else {
                break;
            };
            progress.wait_as(&stuck.progress);
            let waited = LEFT.wait_timeout(all, SLICE);
            all = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        all.last += 1;
        let number = all.last;
        all.visitors.push(Visitor {
            number,
            reader: reader.to_owned(),
            progress: Arc::clone(progress),
        });
        Some(Self(number))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        all().visitors.retain(|visitor| visitor.number != self.0);
        LEFT.notify_all();
    }
}

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Arc, Duration, Progress, Visit};
    use crate::ListRequest;
    use std::{sync::mpsc::channel, thread};

    #[test]
    fn a_reader_with_a_thread_that_was_given_up_is_waited_for_and_another_is_not() {
        let first = Arc::new(Progress::default());
        let visit = Visit::begin(c"reader", &first).unwrap();
        let second = Arc::new(Progress::default());
        assert!(
            Visit::begin(c"reader", &second).is_some(),
            "two that get on take turns"
        );
        first.give_up();
        assert!(Visit::begin(c"other reader", &second).is_some());
        let (sender, receiver) = channel();
        let waiting = Arc::clone(&second);
        thread::spawn(move || sender.send(Visit::begin(c"reader", &waiting).is_some()));
        assert!(receiver.recv_timeout(Duration::from_millis(200)).is_err());
        drop(visit);
        assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Ok(true));
    }

    #[test]
    fn a_thread_that_waits_for_nobody_ends() {
        let stuck = Arc::new(Progress::default());
        let _visit = Visit::begin(c"stuck reader", &stuck).unwrap();
        stuck.give_up();
        let request = ListRequest::new();
        let progress = Arc::new(Progress::of(&request));
        let end = request.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            end.cancel();
        });
        assert!(Visit::begin(c"stuck reader", &progress).is_none());
    }
}
