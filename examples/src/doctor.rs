//! The checks of the program `doctor`.

mod domain;
mod service;
mod tokens;

use std::fmt;
use std::time::{Duration, SystemTime};

use card_access::Error;
use card_access::pkcs11::Modules;
use serde::Serialize;
use upn_resolver::windows::logon_policy::LogonPolicy;

use self::domain::Domain;
pub use self::domain::DomainChecks;
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
    /// Next step to try after a failure.
    pub next: Option<String>,
    /// Distinguishes checks of one name.
    #[serde(skip)]
    place: String,
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
    domain: &DomainChecks,
    time: TimeLimit,
    mut show: impl FnMut(&Check) -> Result<(), E>,
) -> Result<Vec<Check>, E> {
    let modules = backends.modules();
    let mut service = Service::ask();
    let mut domain = Domain::ask(domain);
    let mut cards = stream(backends, policy);
    let mut shown: Vec<Check> = Vec::new();
    let mut snapshot = cards.look(TimeLimit::GRACE);
    loop {
        service.look();
        domain.look();
        let left = time.left();
        let is_last =
            left.is_zero() || (snapshot.is_complete() && service.has_answered() && domain.has_answered());
        let mut checks = all(&service, &modules, &snapshot, is_last);
        checks.extend(domain.checks(&snapshot, is_last));
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

/// Certificates, nonces and TLS fail if the clock is wrong. Without a network, only a clock before the year of this program is
/// known to be wrong.
fn clock() -> Check {
    const YEAR_2026: u64 = 1_767_225_600;
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(now) if now.as_secs() >= YEAR_2026 => {
            Check::passed("clock", "later than the release of this program")
        }
        _ => Check::wrong(
            "clock",
            "earlier than the release of this program",
            "set the clock: timedatectl set-ntp true",
        ),
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
