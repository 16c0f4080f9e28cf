//! A timer by the wall clock. It fires at once after a suspend that lasted past its time, and costs nothing until then.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use rustls_pki_types::UnixTime;

/// A timer. One thread waits for it, and any thread sets it.
pub(super) struct Timer(OwnedFd);

impl Timer {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(timerfd_create(
            TimerfdClockId::Realtime,
            TimerfdFlags::CLOEXEC,
        )?))
    }

    /// Sets the time, or stops the timer. A time in the past fires at once.
    pub(super) fn set(&self, at: Option<UnixTime>) {
        let seconds = at.map_or(0, |at| i64::try_from(at.as_secs()).unwrap_or(i64::MAX).max(1));
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let time = Itimerspec {
            it_interval: zero,
            it_value: Timespec {
                tv_sec: seconds,
                ..zero
            },
        };
        // The thread that waits also learns of a clock that was set, because the time of the next renewal may be another then.
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        // It fails only for a time that is not valid, and this one is.
        let _ = timerfd_settime(&self.0, flags, &time);
    }

    /// Blocks until the time has come or the clock was set.
    pub(super) fn wait(&self) {
        let mut expirations = [0; 8];
        while let Err(Errno::INTR) = rustix::io::read(&self.0, &mut expirations) {}
    }
}
