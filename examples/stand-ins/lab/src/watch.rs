//! The state of a reader in pcscd.

use std::ffi::CStr;
use std::time::{Duration, Instant};

use pcsc::{Context, ReaderState, Scope, State};

use crate::Error;

/// pcscd polls its readers every 0.4 s; a busy machine may need more time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The content of a reader, as pcscd sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Card,
    Nothing,
}

/// Waits until pcscd has seen that the card is inserted or removed.
pub(crate) fn wait_for(reader: &CStr, content: Content, patience: Duration) -> Result<(), Error> {
    let wait = || -> Result<bool, pcsc::Error> {
        let pcsc = Context::establish(Scope::User)?;
        let mut states = [ReaderState::new(reader, State::UNAWARE)];
        let start = Instant::now();
        while start.elapsed() < patience {
            match pcsc.get_status_change(Duration::from_millis(500), &mut states) {
                Ok(()) | Err(pcsc::Error::Timeout) => {}
                Err(error) => return Err(error),
            }
            let state = states[0].event_state();
            let seen = match content {
                Content::Card => state.contains(State::PRESENT) && !states[0].atr().is_empty(),
                Content::Nothing => state.contains(State::EMPTY),
            };
            if seen {
                return Ok(true);
            }
            states[0].sync_current_state();
        }
        Ok(false)
    };
    match wait() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::new(format!(
            "pcscd does not report {content:?} in {}",
            reader.to_string_lossy()
        ))),
        Err(error) => Err(Error::new(format!(
            "pcscd does not report the content of {}: {error}",
            reader.to_string_lossy()
        ))),
    }
}
