//! Waiting for the end of a process.

use std::io;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

pub(super) fn ended_within(
    limit: Duration,
    mut ask: impl FnMut() -> io::Result<Option<ExitStatus>>,
) -> Option<ExitStatus> {
    const PAUSE: Duration = Duration::from_millis(5);
    let end = Instant::now() + limit;
    loop {
        match ask() {
            Ok(None) if Instant::now() < end => thread::sleep(PAUSE),
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
}
