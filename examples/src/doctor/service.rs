//! The smart card service: whether it runs, lets this user in, and has readers.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use card_access::pcsc::PcscProvider;
use card_access::{Error, ErrorKind, Provider, TokenSource};

use super::Check;

/// What the service says of its readers. No card is asked.
pub(super) struct Service {
    answer: Option<Answer>,
    inbox: Receiver<Answer>,
}

type Answer = Result<Vec<TokenSource>, Error>;

impl Service {
    /// Asks in a thread of its own: a service that hangs does not answer at all.
    pub(super) fn ask() -> Self {
        let (outbox, inbox) = channel();
        thread::spawn(move || outbox.send(PcscProvider::new().monitor().sources()));
        Self { answer: None, inbox }
    }

    /// Sees whether the answer has come.
    pub(super) fn look(&mut self) {
        if let Ok(answer) = self.inbox.try_recv() {
            self.answer = Some(answer);
        }
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answer.is_some()
    }

    /// The checks, once there is an answer; at the end without one too.
    pub(super) fn checks(&self, is_last: bool) -> Vec<Check> {
        let silent = Err(ErrorKind::ServiceSilent.into());
        let seen = match &self.answer {
            Some(answer) => answer,
            None if is_last => &silent,
            None => return Vec::new(),
        };
        vec![service(seen), permission(seen), readers(seen), driver(seen)]
    }
}

fn service(seen: &Answer) -> Check {
    match seen {
        Err(error) if is_away(error) => Check::failed("service", error),
        _ => Check::passed("service", "the smart card service (PC/SC) answers"),
    }
}

/// Debian 13 and most desktops ask polkit, which turns sessions that are not active away.
fn permission(seen: &Answer) -> Check {
    match seen {
        Err(error) if *error.kind() == ErrorKind::NotAuthorized => Check::failed("permission", error),
        Err(error) if is_away(error) => Check::unknown("permission", "start the service first"),
        _ => Check::passed("permission", "this user may use it"),
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

/// Readers without a driver are not listed at all, so this matters only where there is none.
fn driver(seen: &Answer) -> Check {
    const CCID: &str = "usr/lib/pcsc/drivers/ifd-ccid.bundle";
    let installed = [CCID, "usr/lib64/pcsc/drivers/ifd-ccid.bundle"]
        .iter()
        .any(|path| Path::new("/").join(path).exists());
    match seen {
        Ok(_) => Check::passed("driver", "the readers have theirs"),
        Err(_) if installed || !cfg!(target_os = "linux") => {
            Check::passed("driver", "the one for USB readers (CCID) is installed")
        }
        Err(_) => Check::wrong(
            "driver",
            "the one for USB readers (CCID) is not installed",
            "install it: package libccid or pcsc-ccid",
        ),
    }
}

fn is_away(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NoService | ErrorKind::ServiceSilent)
}
