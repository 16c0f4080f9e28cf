//! The checks of the program `doctor`: one line each, and the next thing to try.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use card_access::pcsc::PcscProvider;
use card_access::pkcs11::{Modules, Pkcs11Provider};
use card_access::{Error, ErrorKind, Listing, Provider, TokenInfo};
use serde::Serialize;
use upn_resolver::windows::logon_policy::LogonPolicy;

use crate::card_list::{CardList, ListedToken};
use crate::output::on_one_line;

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to try next, when it is not.
    pub next: Option<String>,
}

/// Looks at everything that a sign-in with a card stands on, from the ground up.
#[must_use]
pub fn examine(policy: &LogonPolicy) -> Vec<Check> {
    let pcsc = PcscProvider::new().tokens();
    let list = CardList::of_this_machine(policy);
    let mut checks = vec![service(&pcsc), permission(&pcsc), readers(&pcsc), driver(&pcsc)];
    let good = list
        .tokens
        .iter()
        .flat_map(|token| &token.certificates)
        .any(|certificate| certificate.eligible);
    checks.extend(modules(if good { Need::None } else { Need::Any }));
    checks.extend(cards(&list));
    checks.push(certificates(&list.tokens));
    checks.push(clock());
    checks
}

type Seen = Result<Listing<TokenInfo>, Error>;

fn service(seen: &Seen) -> Check {
    match seen {
        Err(error) if *error.kind() == ErrorKind::NoService => Check::failed("service", error),
        _ => Check::passed("service", "the smart card service (PC/SC) answers"),
    }
}

/// Debian 13 and most desktops ask polkit, which turns sessions that are not active away.
fn permission(seen: &Seen) -> Check {
    match seen {
        Err(error) if *error.kind() == ErrorKind::NotAuthorized => Check::failed("permission", error),
        Err(error) if *error.kind() == ErrorKind::NoService => {
            Check::unknown("permission", "start the service first")
        }
        _ => Check::passed("permission", "this user may use it"),
    }
}

fn readers(seen: &Seen) -> Check {
    match seen {
        Ok(listing) => {
            let places = listing.found.iter().map(|token| token.id.place());
            let empty = listing.problems.iter().map(|problem| problem.place.as_str());
            Check::passed("readers", places.chain(empty).collect::<Vec<_>>().join(", "))
        }
        Err(error) if *error.kind() == ErrorKind::NoReader => Check::failed("readers", error),
        Err(error) => Check::unknown("readers", error.hint()),
    }
}

/// Readers without a driver are not listed at all, so this matters only where there is none.
fn driver(seen: &Seen) -> Check {
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

/// Whether a sign-in may still depend on a module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Any,
    None,
}

/// Each module of the machine, in a process of its own: one that hangs is told, and holds nothing up for long.
fn modules(need: Need) -> Vec<Check> {
    let modules = Modules::system();
    let mut checks: Vec<_> = modules
        .problems
        .iter()
        .map(|problem| {
            Check::wrong(
                "modules",
                problem.to_string(),
                "mend or remove this configuration file",
            )
        })
        .collect();
    if modules.found.is_empty() {
        checks.push(Check::passed(
            "modules",
            "no PKCS#11 module is configured; PIV cards need none",
        ));
    }
    for module in modules.found {
        let name = format!("{} ({})", module.name(), module.path().display());
        let mut provider = Pkcs11Provider::module(module.path()).with_time_limit(Duration::from_secs(20));
        let problem = match provider.tokens() {
            Ok(listing) => listing
                .problems
                .into_iter()
                .map(|problem| problem.error)
                .find(|error| !is_absence(error)),
            Err(error) if is_absence(&error) => None,
            Err(error) => Some(error),
        };
        checks.push(match problem {
            None => Check::passed("modules", format!("{name} answers")),
            Some(error) if need == Need::None => {
                Check::passed("modules", format!("{name} is of no use here ({error}); nothing depends on it"))
            }
            Some(error) => Check::wrong(
                "modules",
                format!("{name}: {error}"),
                "if your certificate is behind it, set it up (a TPM's needs a TPM that this user may use); otherwise leave it be",
            ),
        });
    }
    checks
}

fn is_absence(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NoCard | ErrorKind::NoReader | ErrorKind::NotInitialized
    )
}

fn cards(list: &CardList) -> Vec<Check> {
    if list.tokens.is_empty() {
        return vec![Check::wrong(
            "cards",
            "no card",
            "put one in, chip first and facing up",
        )];
    }
    list.tokens.iter().map(card).collect()
}

fn card(token: &ListedToken) -> Check {
    let name = match (&token.name, &token.reader) {
        (Some(name), Some(reader)) => format!("{name} in {reader}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "a card".to_owned(),
    };
    let unread = token.unread_slots.iter().map(ToString::to_string);
    let unread = unread.collect::<Vec<_>>().join("; ");
    let good = token.certificates.iter().any(|certificate| certificate.eligible);
    match (&token.error, &token.pin) {
        (None, _) if !unread.is_empty() && !good => Check::wrong(
            "cards",
            format!("{name}: {unread}"),
            "the certificate to sign in with may be there: ask who issued the card",
        ),
        (Some(error), _) => Check::wrong("cards", format!("{name}: {}", error.message), error.help),
        (None, Some(pin)) if pin.tries_left == Some(0) => Check::wrong(
            "cards",
            format!("{name}: the PIN is blocked"),
            "unblock it with the PUK, or ask who issued the card",
        ),
        (None, Some(pin)) if !unread.is_empty() => Check::passed(
            "cards",
            format!("{name}, PIN: {pin}; a sign-in does not need this: {unread}"),
        ),
        (None, Some(pin)) => Check::passed("cards", format!("{name}, PIN: {pin}")),
        (None, None) => Check::passed("cards", name),
    }
}

fn certificates(tokens: &[ListedToken]) -> Check {
    let all: Vec<_> = tokens.iter().flat_map(|token| &token.certificates).collect();
    if let Some(one) = all.iter().find(|certificate| certificate.eligible) {
        let name = one
            .upn
            .as_deref()
            .or(one.subject.as_deref())
            .unwrap_or("a certificate without a name");
        return Check::passed("certificates", format!("{name}, in slot {}", one.slot));
    }
    match all.first() {
        None => Check::wrong("certificates", "none", "have one issued to the card"),
        Some(one) => Check::wrong(
            "certificates",
            format!("none of {} can sign in", all.len()),
            one.reasons.join("; "),
        ),
    }
}

/// Certificates, nonces and TLS all fail with a wrong clock. Without a network nothing tells the time, but a clock that is
/// behind this program's own year is wrong for certain.
fn clock() -> Check {
    const YEAR_2026: u64 = 1_767_225_600;
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(now) if now.as_secs() >= YEAR_2026 => {
            Check::passed("clock", "later than this program, as it should be")
        }
        _ => Check::wrong(
            "clock",
            "earlier than this program was written",
            "set it: timedatectl set-ntp true",
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
        }
    }

    fn wrong(name: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            name,
            ok: false,
            found: found.into(),
            next: Some(next.into()),
        }
    }

    fn failed(name: &'static str, error: &Error) -> Self {
        Self::wrong(name, error.to_string(), error.hint())
    }

    fn unknown(name: &'static str, next: &str) -> Self {
        Self::wrong(name, "can't be told", next)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.ok { '✓' } else { '✗' };
        write!(f, "{mark} {:<12} {}", self.name, on_one_line(&self.found))?;
        self.next
            .iter()
            .try_for_each(|next| write!(f, "\n  {:<12} → {}", "", on_one_line(next)))
    }
}
