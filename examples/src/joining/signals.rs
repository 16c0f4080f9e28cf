//! Signals that ask the program to end, while a device is registered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal has asked the program to end since the signals were deferred.
#[derive(Clone, Default)]
pub(super) struct Deferred(Arc<AtomicBool>);

impl Deferred {
    /// From now on, control-C and the like do not end the program: a device that is registered needs its file, or has to leave again.
    pub(super) fn begin(&self) {
        system::record(&self.0);
    }

    pub(super) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
mod system {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;

    pub(super) fn record(requested: &Arc<AtomicBool>) {
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            // It fails only for signals that cannot be caught.
            let _ = flag::register(signal, Arc::clone(requested));
        }
    }
}

/// On Windows, control-C ends the program at once: [CTRL+C and CTRL+BREAK
/// signals](https://learn.microsoft.com/windows/console/ctrl-c-and-ctrl-break-signals).
#[cfg(not(unix))]
mod system {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    pub(super) fn record(_: &Arc<AtomicBool>) {}
}
