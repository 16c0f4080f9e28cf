//! Work on all cores whose results are used in the order of the input.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// Jobs for each thread that may be read before the result of the first is used, so that memory is bounded.
const JOBS_A_THREAD: u64 = 4;

/// Calls `next` for jobs until there are none, `work` on several threads, and `done` with the results in the order of the jobs.
///
/// At most a few jobs for each core are kept at a time. A job is worked on at once, also if `next` blocks for the one after it,
/// and so is its result used.
///
/// # Errors
/// The first error of `next` or `done`, after which neither is called again. Jobs from before an error of `next` are completed.
pub fn in_order<J, R: Send, E: Send>(
    next: impl FnMut() -> Result<Option<J>, E> + Send,
    work: impl Fn(J) -> R + Sync,
    done: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let line = Line {
        input: Mutex::new(Input {
            next,
            number: 0,
            is_closed: false,
        }),
        output: Mutex::new(Output {
            done,
            due: 0,
            waiting: BTreeMap::new(),
            failed: None,
        }),
        was_used: Condvar::new(),
        ahead: JOBS_A_THREAD * u64::try_from(threads).unwrap_or(1),
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| line.work(&work));
        }
        line.work(&work);
    });
    let output = line.output.into_inner().unwrap_or_else(PoisonError::into_inner);
    output.failed.map_or(Ok(()), Err)
}

struct Line<N, D, R, E> {
    input: Mutex<Input<N>>,
    output: Mutex<Output<D, R, E>>,
    /// Signals that a result was used.
    was_used: Condvar,
    ahead: u64,
}

struct Input<N> {
    next: N,
    /// The number of the next job.
    number: u64,
    is_closed: bool,
}

struct Output<D, R, E> {
    done: D,
    /// The number of the job whose result is used next.
    due: u64,
    /// Results of later jobs.
    waiting: BTreeMap<u64, R>,
    failed: Option<E>,
}

impl<N, D, R, E> Line<N, D, R, E> {
    fn work<J>(&self, work: impl Fn(J) -> R)
    where
        N: FnMut() -> Result<Option<J>, E>,
        D: FnMut(R) -> Result<(), E>,
    {
        while let Some((number, job)) = self.next() {
            let result = work(job);
            let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            output.waiting.insert(number, result);
            output.use_results();
            self.was_used.notify_all();
        }
    }

    fn next<J>(&self) -> Option<(u64, J)>
    where
        N: FnMut() -> Result<Option<J>, E>,
    {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        if input.is_closed {
            return None;
        }
        let number = input.number;
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let output = self
            .was_used
            .wait_while(output, |output| {
                output.failed.is_none() && number >= output.due + self.ahead
            })
            .unwrap_or_else(PoisonError::into_inner);
        input.is_closed = output.failed.is_some();
        drop(output);
        if input.is_closed {
            return None;
        }
        let next = (input.next)();
        input.number += 1;
        input.is_closed = !matches!(next, Ok(Some(_)));
        match next {
            Ok(job) => job.map(|job| (number, job)),
            Err(error) => {
                drop(input);
                let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
                output.failed.get_or_insert(error);
                self.was_used.notify_all();
                None
            }
        }
    }
}

impl<D, R, E> Output<D, R, E> {
    fn use_results(&mut self)
    where
        D: FnMut(R) -> Result<(), E>,
    {
        while let Some(result) = self.waiting.remove(&self.due) {
            self.due += 1;
            if let Err(error) = (self.done)(result) {
                // Nothing is due any more.
                self.due = u64::MAX;
                self.failed.get_or_insert(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_order_and_few_jobs_are_kept() {
        let mut jobs = 0..2_000_u64;
        let (begun, used) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut results = Vec::new();
        let most = AtomicU64::new(0);
        in_order(
            || {
                let kept = begun.fetch_add(1, Ordering::SeqCst) - used.load(Ordering::SeqCst);
                most.fetch_max(kept, Ordering::SeqCst);
                Ok::<_, ()>(jobs.next())
            },
            |job| {
                if job % 100 == 0 {
                    thread::sleep(Duration::from_millis(2));
                }
                job * 3
            },
            |result| {
                used.fetch_add(1, Ordering::SeqCst);
                results.push(result);
                Ok(())
            },
        )
        .unwrap();
        assert!(results.iter().copied().eq((0..2_000).map(|job| job * 3)));
        let threads = u64::try_from(thread::available_parallelism().map_or(1, NonZero::get)).unwrap();
        assert!(most.into_inner() <= threads * (JOBS_A_THREAD + 1));
    }

    #[test]
    fn an_error_of_the_input_comes_after_the_jobs_before_it() {
        let mut jobs = 0..100_u64;
        let mut results = Vec::new();
        let ended = in_order(
            || jobs.next().map(Some).ok_or("end"),
            |job| {
                thread::sleep(Duration::from_micros(100 - job));
                job
            },
            |result| {
                results.push(result);
                Ok(())
            },
        );
        assert_eq!(ended, Err("end"));
        assert!(results.iter().copied().eq(0..100));
    }

    #[test]
    fn an_error_of_the_output_ends_the_work() {
        let (mut asked, mut used) = (0_u64, 0);
        let ended = in_order(
            || {
                asked += 1;
                Ok(Some(asked))
            },
            |job| job,
            |result| {
                used += 1;
                if result == 7 { Err("full") } else { Ok(()) }
            },
        );
        assert_eq!((ended, used), (Err("full"), 7));
    }
}
