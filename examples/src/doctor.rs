//! The checks of the program `doctor`.

#[cfg(target_os = "linux")]
mod browsers;
mod domain;
mod service;
mod tokens;
mod windows_services;

use std::fmt;
use std::time::{Duration, SystemTime};

use card_access::Error;
use card_access::pkcs11::Modules;
use clap::Args;
use serde::Serialize;
use upn_resolver::windows::logon_policy::LogonPolicy;

#[cfg(target_os = "linux")]
use self::browsers::{BrowserChecks, Browsers};
use self::domain::{Domain, DomainChecks};
use self::service::Service;
use crate::backends::Backends;
use crate::card_list::{Content, stream};
use crate::card_stream::{CardStream, Snapshot};
use crate::output::printable_line;
use crate::time_limit::TimeLimit;

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The subject of the check.
    pub name: &'static str,
    /// Whether the check passed.
    pub ok: bool,
    /// The result.
    pub found: String,
    /// Next step to try after a failure, or to do without a question.
    pub next: Option<String>,
    /// Distinguishes checks of one name.
    #[serde(skip)]
    place: String,
}

/// Further checks, each after an option.
#[derive(Args, Clone, Debug)]
pub struct FurtherChecks {
    #[command(flatten)]
    domain: DomainChecks,

    #[cfg(target_os = "linux")]
    #[command(flatten)]
    browsers: BrowserChecks,
}

/// Checks that run in a thread of their own.
trait Part {
    /// Takes the answer if there is one.
    fn look(&mut self);

    /// Ends what still runs, because no more time is left for it.
    fn end(&mut self) {}

    /// Whether all results are known.
    fn has_answered(&self) -> bool;

    /// The checks whose results are known. At the end, all of them.
    fn checks(&self, snapshot: &Snapshot<Content>, is_last: bool) -> Vec<Check>;
}

impl FurtherChecks {
    /// What an administrator could install for the browsers: files with their content. Nothing is written.
    #[must_use]
    pub fn for_the_administrator(&self, backends: &Backends) -> Vec<String> {
        #[cfg(target_os = "linux")]
        return self.browsers.policy_files(backends);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = backends;
            Vec::new()
        }
    }

    fn start(&self, backends: &Backends) -> Vec<Box<dyn Part>> {
        let mut parts: Vec<Box<dyn Part>> = Vec::new();
        parts.extend(Domain::ask(&self.domain).map(|domain| Box::new(domain) as Box<dyn Part>));
        #[cfg(target_os = "linux")]
        parts.extend(
            Browsers::ask(&self.browsers, backends).map(|browsers| Box::new(browsers) as Box<dyn Part>),
        );
        #[cfg(not(target_os = "linux"))]
        let _ = backends;
        parts
    }
}

/// Checks everything that a sign-in with a card depends on, from the card service to the certificates. `show` receives each
/// check as soon as its result is known; an error of `show` ends the examination.
///
/// # Errors
///
/// The error of `show`.
pub fn examine<E>(
    backends: &Backends,
    policy: &LogonPolicy,
    further: &FurtherChecks,
    time: TimeLimit,
    mut show: impl FnMut(&Check) -> Result<(), E>,
) -> Result<Vec<Check>, E> {
    let modules = backends.modules();
    let mut service = Service::ask();
    let mut parts = further.start(backends);
    let mut cards = stream(backends, policy);
    let mut shown: Vec<Check> = Vec::new();
    let mut snapshot = cards.look(TimeLimit::GRACE);
    loop {
        service.look();
        for part in &mut parts {
            part.look();
        }
        let left = time.left();
        let have_answered = service.has_answered() && parts.iter().all(|part| part.has_answered());
        let is_last = left.is_zero() || (snapshot.is_complete() && have_answered);
        if is_last {
            for part in &mut parts {
                part.end();
            }
        }
        let mut checks = all(&service, &modules, &snapshot, is_last);
        checks.extend(parts.iter().flat_map(|part| part.checks(&snapshot, is_last)));
        for check in &checks {
            if !shown.iter().any(|one| one.is(check)) {
                show(check)?;
                shown.push(check.clone());
            }
        }
        if is_last {
            // In a fixed order, independent of the order of the answers.
            return Ok(checks);
        }
        snapshot = next(&mut cards, left);
    }
}

fn next(cards: &mut CardStream<Content>, left: Duration) -> Snapshot<Content> {
    /// The answer of the service wakes no wait, so it is polled.
    const SLICE: Duration = Duration::from_millis(500);
    // If the service cannot be watched, its own check fails.
    if cards.wait(left.min(SLICE)).is_err() {
        std::thread::sleep(left.min(SLICE));
    }
    cards.look(Duration::ZERO)
}

/// The checks whose results are known. At the end, all of them.
fn all(service: &Service, modules: &Modules, snapshot: &Snapshot<Content>, is_last: bool) -> Vec<Check> {
    let mut checks = service.checks(is_last);
    checks.extend(tokens::modules(modules, snapshot, is_last));
    checks.extend(tokens::cards(snapshot, is_last));
    checks.extend(tokens::certificates(snapshot, is_last));
    checks.push(clock());
    checks
}

/// How to set the clock.
const SET_CLOCK: &str = if cfg!(windows) {
    "set the clock: w32tm /resync"
} else {
    "set the clock: timedatectl set-ntp true"
};

/// Certificates, nonces and TLS fail if the clock is wrong. Without a network, only a clock before the year of this program is
/// known to be wrong.
fn clock() -> Check {
    const YEAR_2026: u64 = 1_767_225_600;
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(now) if now.as_secs() >= YEAR_2026 => {
            Check::passed("clock", "later than the release of this program")
        }
        _ => Check::wrong("clock", "earlier than the release of this program", SET_CLOCK),
    }
}

impl Check {
    fn passed(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            ok: true,
            found: found.into(),
            next: None,
            place: String::new(),
        }
    }

    fn wrong(name: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            name,
            ok: false,
            found: found.into(),
            next: Some(next.into()),
            place: String::new(),
        }
    }

    fn failed(name: &'static str, error: &Error) -> Self {
        Self::wrong(name, error.to_string(), error.hint())
    }

    fn unknown(name: &'static str, next: &str) -> Self {
        Self::wrong(name, "unknown", next)
    }

    /// Adds something to try to a check that passed.
    #[cfg(target_os = "linux")]
    fn with_next(self, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..self
        }
    }

    fn at(self, place: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            ..self
        }
    }

    /// Whether both are the same check, independent of the result.
    fn is(&self, other: &Self) -> bool {
        (self.name, &self.place) == (other.name, &other.place)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.ok { '✓' } else { '✗' };
        write!(f, "{mark} {:<12} {}", self.name, printable_line(&self.found))?;
        self.next
            .iter()
            .try_for_each(|next| write!(f, "\n  {:<12} → {}", "", printable_line(next)))
    }
}
