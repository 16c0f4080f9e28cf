//! Checks of the card service: whether it runs, whether this user may use it, and whether it has readers.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use card_access::pcsc::PcscProvider;
use card_access::{Error, ErrorKind, Provider, TokenSource};

use super::{Check, windows_services};

/// The service's list of readers. Does not access a card.
pub(super) struct Service {
    answer: Option<Answer>,
    inbox: Receiver<(Answer, Vec<Check>)>,
    /// Checks of the services that only Windows has.
    windows: Vec<Check>,
}

type Answer = Result<Vec<TokenSource>, Error>;

impl Service {
    /// Asks in another thread, because the service may hang.
    pub(super) fn ask() -> Self {
        let (outbox, inbox) = channel();
        thread::spawn(move || {
            let windows = windows_services::checks();
            outbox.send((PcscProvider::new().monitor().sources(), windows))
        });
        Self {
            answer: None,
            inbox,
            windows: Vec::new(),
        }
    }

    /// Takes the answer if there is one.
    pub(super) fn look(&mut self) {
        if let Ok((answer, windows)) = self.inbox.try_recv() {
            self.answer = Some(answer);
            self.windows = windows;
        }
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answer.is_some()
    }

    /// The checks, once there is an answer. At the end, also without one.
    pub(super) fn checks(&self, is_last: bool) -> Vec<Check> {
        let silent = Err(ErrorKind::ServiceSilent.into());
        let seen = match &self.answer {
            Some(answer) => answer,
            None if is_last => &silent,
            None => return Vec::new(),
        };
        let mut checks = vec![service(seen), permission(seen), readers(seen), driver(seen)];
        checks.extend(self.windows.iter().cloned());
        checks
    }
}

fn service(seen: &Answer) -> Check {
    match seen {
        Err(error) if is_away(error) => Check::failed("service", error),
        _ => Check::passed("service", "the smart card service (PC/SC) answers"),
    }
}

/// Debian 13 and most desktops ask polkit, which refuses inactive sessions.
fn permission(seen: &Answer) -> Check {
    match seen {
        Err(error) if *error.kind() == ErrorKind::NotAuthorized => Check::failed("permission", error),
        Err(error) if is_away(error) => Check::unknown("permission", "start the service first"),
        _ => Check::passed("permission", "this user may use the service"),
    }
}

fn readers(seen: &Answer) -> Check {
    match seen {
        Ok(sources) => {
            let places = sources.iter().map(TokenSource::place);
            Check::passed("readers", places.collect::<Vec<_>>().join(", "))
        }
        Err(error) if *error.kind() == ErrorKind::NoReader => Check::failed("readers", error),
        Err(error) => Check::unknown("readers", error.hint()),
    }
}

/// A reader without a driver is not listed, so the driver is checked only if there is no reader.
fn driver(seen: &Answer) -> Check {
    const CCID: &str = "usr/lib/pcsc/drivers/ifd-ccid.bundle";
    let installed = [CCID, "usr/lib64/pcsc/drivers/ifd-ccid.bundle"]
        .iter()
        .any(|path| Path::new("/").join(path).exists());
    match seen {
        Ok(_) => Check::passed("driver", "every reader has a driver"),
        Err(_) if cfg!(windows) => Check::unknown(
            "driver",
            "look for the reader in the Device Manager, below \"Smart card readers\"; certutil -scinfo lists what works",
        ),
        Err(_) if installed || !cfg!(target_os = "linux") => {
            Check::passed("driver", "the driver for USB readers (CCID) is installed")
        }
        Err(_) => Check::wrong(
            "driver",
            "the driver for USB readers (CCID) is not installed",
            "install the package libccid or pcsc-ccid",
        ),
    }
}

fn is_away(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NoService | ErrorKind::ServiceSilent)
}
