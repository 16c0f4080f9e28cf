//! Modules, cards and certificates.

use card_access::pkcs11::{Module, Modules};
use card_access::{Error, ErrorKind};

use super::Check;
use crate::card_list::{CardList, Content, ListedCertificate, ListedToken};
use crate::card_stream::Snapshot;

/// Each module of the machine.
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

/// A module that fails matters only where nothing else has a certificate to sign in with, which the end shows.
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
            format!("{name} is of no use here ({error}); nothing depends on it"),
        ),
        (Some(_), _) | (None, Some(_)) if !is_last => return None,
        (None, Some(error)) if !is_needed => Check::passed(
            "modules",
            format!("{name} does not answer ({error}); nothing depends on it"),
        ),
        (Some(error), _) | (None, Some(error)) => Check::wrong(
            "modules",
            format!("{name}: {error}"),
            "if your certificate is behind it, set it up (a TPM's needs a TPM that this user may use); otherwise leave it be",
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

/// The cards that were read; at the end those that could not be, too.
pub(super) fn cards(snapshot: &Snapshot<Content>, is_last: bool) -> Vec<Check> {
    if !is_last {
        let read = snapshot.read.iter();
        return read
            .filter_map(|(entry, content)| Some(card(&ListedToken::of(entry, Ok(content.as_ref().ok()?)))))
            .collect();
    }
    let list = CardList::of(snapshot.clone());
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
            format!("the certificate to sign in with may be there. {help}"),
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

/// The certificate to sign in with, as soon as there is one.
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
    let behind_pin = format!("log in to see those on {}", hidden.join(", "));
    let all: Vec<_> = every(snapshot).collect();
    let check = match (all.first(), hidden.is_empty()) {
        (None, true) => Check::wrong("certificates", "none", "have one issued to the card"),
        // Whether one is there, only the PIN could tell, which is not asked for here.
        (None, false) => Check::passed(
            "certificates",
            format!("none is visible without the PIN; {behind_pin}, as a sign-in does"),
        ),
        (Some(one), no_hidden) => {
            let reasons = one.reasons.join("; ");
            Check::wrong(
                "certificates",
                format!("none of {} can sign in", all.len()),
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

fn every(snapshot: &Snapshot<Content>) -> impl Iterator<Item = &ListedCertificate> {
    let contents = snapshot
        .read
        .iter()
        .filter_map(|(_, content)| content.as_ref().ok());
    contents.flat_map(Content::certificates)
}
