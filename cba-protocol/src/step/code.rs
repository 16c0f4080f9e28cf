//! A user code to show, and the time to wait before the token endpoint is asked again.

use core::fmt;
use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::{Step, record_end};
use crate::error::Error;
use crate::prt::PrimaryRefreshToken;
use crate::recorder::Recorder;

/// A user code to show: the user enters it on another machine (RFC 8628 section 3.3).
pub struct UserCodeTask<T = PrimaryRefreshToken> {
    shown: Shown,
    recorder: Recorder,
    next: Box<Next<T>>,
}

/// Code and address for the user.
pub(crate) struct Shown {
    pub(crate) code: String,
    pub(crate) address: String,
    pub(crate) expires_at: UnixTime,
}

type Next<T> = dyn FnOnce() -> Result<Step<T>, Error> + Send;

impl<T> UserCodeTask<T> {
    /// The code to enter.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.shown.code
    }

    /// The address to open in a browser, an `https` URL.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shown.address
    }

    /// Expiry time of the code.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.shown.expires_at
    }

    /// Continues after the code was shown. Leave it on the screen until the flow ends.
    ///
    /// # Errors
    /// An [`Error`] if the next request cannot be written.
    pub fn shown(self) -> Result<Step<T>, Error> {
        let step = (self.next)();
        record_end(&self.recorder, &step);
        step
    }
}

/// A time to wait before the token endpoint is asked again (RFC 8628 section 3.5).
pub struct WaitTask<T = PrimaryRefreshToken> {
    duration: Duration,
    recorder: Recorder,
    next: Box<Next<T>>,
}

impl<T> WaitTask<T> {
    /// Time to wait. The service refuses earlier requests.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Continues after the wait.
    ///
    /// # Errors
    /// An [`Error`] if the next request cannot be written.
    pub fn waited(self) -> Result<Step<T>, Error> {
        let step = (self.next)();
        record_end(&self.recorder, &step);
        step
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn show_code(
        shown: Shown,
        recorder: Recorder,
        next: impl FnOnce() -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::ShowCode(UserCodeTask {
            shown,
            recorder,
            next: Box::new(next),
        })
    }

    pub(crate) fn wait(
        duration: Duration,
        recorder: Recorder,
        next: impl FnOnce() -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::Wait(WaitTask {
            duration,
            recorder,
            next: Box::new(next),
        })
    }
}

impl<T> fmt::Debug for UserCodeTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCodeTask").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WaitTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitTask")
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}
