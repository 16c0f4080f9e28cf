//! Checks of modules, cards and certificates.

use card_access::pkcs11::{Module, Modules};
use card_access::{Backend, Error, ErrorKind};

use super::Check;
use crate::card_list::{CardList, Content, ListedCertificate, ListedToken};
use crate::card_stream::Snapshot;

/// One check for each module of the machine.
pub(super) fn modules(modules: &Modules, snapshot: &Snapshot<Content>, is_last: bool) -> Vec<Check> {
    let mut checks: Vec<_> = modules
        .problems
        .iter()
        .map(|problem| {
            Check::wrong(
                "modules",
                problem.to_string(),
                "correct or remove this configuration file",
            )
            .at(problem.file.display().to_string())
        })
        .collect();
    if modules.found.is_empty() {
        checks.push(Check::passed(
            "modules",
            "no PKCS#11 module is configured; PIV cards need none",
        ));
    }
    let modules = modules.found.iter();
    checks.extend(modules.filter_map(|module| self::module(module, snapshot, is_last)));
    checks
}

/// A failed module is an error only if no other token has a suitable certificate, which is known at the end.
fn module(module: &Module, snapshot: &Snapshot<Content>, is_last: bool) -> Option<Check> {
    let path = module.path().display().to_string();
    let name = format!("{} ({path})", module.name());
    let slot = format!("{path} slot ");
    let is_its = |place: &str| place == path || place.starts_with(&slot);
    let failed = snapshot.problems.iter();
    let failed = failed
        .filter(|problem| is_its(&problem.place))
        .map(|problem| &problem.error)
        .find(|error| !is_absence(error));
    let late = snapshot.pending.iter().find(|pending| is_its(&pending.place));
    let late = late.map(|pending| &pending.error);
    let is_needed = best(snapshot).is_none();
    let check = match (failed, late) {
        (None, None) => Check::passed("modules", format!("{name} answers")),
        (Some(error), _) if !is_needed => Check::passed(
            "modules",
            format!("{name} failed ({error}); no certificate depends on it"),
        ),
        (Some(_), _) | (None, Some(_)) if !is_last => return None,
        (None, Some(error)) if !is_needed => Check::passed(
            "modules",
            format!("{name} does not answer ({error}); no certificate depends on it"),
        ),
        (Some(error), _) | (None, Some(error)) => Check::wrong(
            "modules",
            format!("{name}: {error}"),
            "if your certificate is in this module, configure it (a TPM module requires a TPM that this user may use); otherwise ignore it",
        ),
    };
    Some(check.at(path))
}

fn is_absence(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NoCard | ErrorKind::NoReader | ErrorKind::NotInitialized
    )
}

/// The cards that were read. At the end, also those that could not be read.
pub(super) fn cards(snapshot: &Snapshot<Content>, is_last: bool) -> Vec<Check> {
    if !is_last {
        let read = snapshot.read.iter();
        return read
            .filter_map(|(entry, content)| Some(card(&ListedToken::of(entry, Ok(content.as_ref().ok()?)))))
            .collect();
    }
    let list = CardList::of(snapshot.clone());
    let mut checks: Vec<_> = list.tokens.iter().map(card).collect();
    if list.tokens.iter().all(is_unsuitable_store) {
        let no_card = Check::wrong(
            "cards",
            "no card",
            if cfg!(windows) {
                "insert a card, chip first and facing up; certutil -scinfo shows what Windows sees"
            } else {
                "insert a card, chip first and facing up"
            },
        );
        checks.insert(0, no_card);
    }
    checks
}

/// Whether this is the certificate store of Windows, and nothing in it can be used for a sign-in: then a card is missing.
fn is_unsuitable_store(token: &ListedToken) -> bool {
    let id = token.ids.first();
    id.is_some_and(|id| id.backend() == Backend::WindowsStore)
        && !token.certificates.iter().any(|one| one.eligible)
}

fn card(token: &ListedToken) -> Check {
    let place = match token.ids.first() {
        Some(id) => id.to_string(),
        None => token.reader.clone().unwrap_or_default(),
    };
    judged(token).at(place)
}

fn judged(token: &ListedToken) -> Check {
    let name = match (&token.name, &token.reader) {
        (Some(name), Some(reader)) => format!("{name} in {reader}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "a card".to_owned(),
    };
    let unread = token.unread_slots.iter().filter(|unread| !unread.is_hidden());
    let unread = unread.map(ToString::to_string);
    let unread = unread.collect::<Vec<_>>().join("; ");
    let help = token.unread_slots.first().map_or("", |unread| unread.error.help);
    let good = token.certificates.iter().any(|certificate| certificate.eligible);
    match (&token.error, &token.pin) {
        (None, _) if !unread.is_empty() && !good => Check::wrong(
            "cards",
            format!("{name}: {unread}"),
            format!("the certificate for the sign-in may be in this slot. {help}"),
        ),
        (Some(error), _) => Check::wrong("cards", format!("{name}: {}", error.message), error.help),
        (None, Some(pin)) if pin.tries_left == Some(0) => Check::wrong(
            "cards",
            format!("{name}: the PIN is blocked"),
            "unblock it with the PUK, or ask the issuer of the card",
        ),
        (None, Some(pin)) if !unread.is_empty() => Check::passed(
            "cards",
            format!("{name}, PIN: {pin}; not needed for a sign-in: {unread}"),
        ),
        (None, Some(pin)) => Check::passed("cards", format!("{name}, PIN: {pin}")),
        (None, None) => Check::passed("cards", name),
    }
}

/// The certificate to sign in with, once there is one.
pub(super) fn certificates(snapshot: &Snapshot<Content>, is_last: bool) -> Option<Check> {
    if let Some(one) = best(snapshot) {
        let name = one
            .upn
            .as_deref()
            .or(one.subject.as_deref())
            .unwrap_or("a certificate without a name");
        return Some(Check::passed(
            "certificates",
            format!("{name}, in slot {}", one.slot),
        ));
    }
    let hidden = snapshot
        .read
        .iter()
        .filter(|(_, content)| content.as_ref().is_ok_and(Content::has_hidden));
    let hidden: Vec<_> = hidden.map(|(entry, _)| &*entry.preferred().name).collect();
    let behind_pin = format!("log in to see the certificates on {}", hidden.join(", "));
    let all: Vec<_> = every(snapshot).collect();
    let check = match (all.first(), hidden.is_empty()) {
        (None, true) => Check::wrong(
            "certificates",
            "none",
            "ask the issuer for a certificate on the card",
        ),
        // Only a login shows whether there is one, and this program asks for no PIN.
        (None, false) => Check::passed(
            "certificates",
            format!("no certificate is visible without the PIN; {behind_pin}, as a sign-in does"),
        ),
        (Some(one), no_hidden) => {
            let reasons = one.reasons.join("; ");
            Check::wrong(
                "certificates",
                format!("none of {} certificates is suitable", all.len()),
                if no_hidden {
                    reasons
                } else {
                    format!("{reasons}; {behind_pin}")
                },
            )
        }
    };
    is_last.then_some(check)
}

fn best(snapshot: &Snapshot<Content>) -> Option<&ListedCertificate> {
    every(snapshot).find(|certificate| certificate.eligible)
}

/// Every certificate of every token.
pub(super) fn every(snapshot: &Snapshot<Content>) -> impl Iterator<Item = &ListedCertificate> {
    let contents = snapshot
        .read
        .iter()
        .filter_map(|(_, content)| content.as_ref().ok());
    contents.flat_map(Content::certificates)
}
