//! Choice of the certificate of a token.

use std::time::Duration;

use card_access::{
    Backend, Credential, Error, ErrorKind, PinStatus, PivSlot, Problem, Selector, Slot, Token, TokenInfo,
};
use rustls_pki_types::UnixTime;

use super::card_problem::CardProblem;
use crate::output::hex;

/// The certificate that the command line selects.
pub(super) enum Wanted<'a> {
    /// The default one.
    Any,
    /// By its label or the beginning of its SHA-256 hash.
    Certificate(&'a str),
    /// By its slot.
    Slot(&'a Slot),
}

/// Reason why there is no certificate.
pub(super) enum NoCertificate {
    /// No visible certificate matches. After a login, the token may show more.
    NoneVisible(CardProblem),
    /// A login would not change the result.
    Final(CardProblem),
}

impl From<Error> for NoCertificate {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::LoginRequired | ErrorKind::NoCredential | ErrorKind::PinRequired => {
                Self::NoneVisible(error.into())
            }
            _ => Self::Final(error.into()),
        }
    }
}

/// A credential, and the state of the PIN if a signature with it is prepared.
pub(super) type Found = (Credential, Option<PinStatus>);

/// Selects the credential. A PIV card reads only the slot that is needed, and is prepared for a signature with it, for the time
/// `hold`; a PKCS#11 module has read all of them before, and a key file is read as a whole.
pub(super) fn credential(
    token: &mut dyn Token,
    wanted: &Wanted<'_>,
    hold: Option<Duration>,
    warnings: &mut Vec<String>,
) -> Result<Found, NoCertificate> {
    let has_slots = token.info().id.backend() == Backend::PcSc;
    match wanted {
        Wanted::Any if has_slots => best_on_card(token, hold, warnings).map_err(NoCertificate::Final),
        Wanted::Slot(slot) if has_slots => in_slot(token, slot, hold)
            .map_err(|error| NoCertificate::Final(slot_problem(token.info(), slot, error))),
        Wanted::Certificate(_) if has_slots => {
            let mut all = token.credentials()?;
            all.append(token.retired_credentials()?);
            among(token.info(), &all.found, wanted, warnings).map(unprepared)
        }
        _ => {
            let listing = token.credentials()?;
            // Certificates that need a login are read later.
            let (hidden, unreadable): (Vec<_>, Vec<_>) = listing
                .problems
                .iter()
                .partition(|problem| *problem.error.kind() == ErrorKind::LoginRequired);
            warnings.extend(unreadable.into_iter().map(slot_warning));
            match (listing.found.as_slice(), hidden.first()) {
                ([], Some(problem)) => Err(problem.error.clone().into()),
                (found, _) => among(token.info(), found, wanted, warnings).map(unprepared),
            }
        }
    }
}

fn in_slot(token: &mut dyn Token, slot: &Slot, hold: Option<Duration>) -> Result<Found, Error> {
    match hold {
        Some(hold) => {
            let (credential, status) = token.prepare_slot(slot, hold)?;
            Ok((credential, Some(status)))
        }
        None => token.credential(slot).map(unprepared),
    }
}

fn unprepared(credential: Credential) -> Found {
    (credential, None)
}

/// Selects one of the credentials that a token shows. If several match, that is an error.
pub(super) fn among(
    info: &TokenInfo,
    all: &[Credential],
    wanted: &Wanted<'_>,
    warnings: &mut Vec<String>,
) -> Result<Credential, NoCertificate> {
    let object;
    let slot = match wanted {
        Wanted::Any => return usual(all, warnings),
        Wanted::Certificate(wanted) => {
            let fitting: Vec<_> = all.iter().filter(|one| is_called(one, wanted)).collect();
            return only(&fitting).unwrap_or_else(|| {
                Err(NoCertificate::NoneVisible(CardProblem::NoSuchCertificate {
                    wanted: (*wanted).to_owned(),
                    there: described(all),
                }))
            });
        }
        Wanted::Slot(Slot::Piv(slot)) if info.id.backend() == Backend::Pkcs11 => {
            object =
                object_of(*slot).ok_or(NoCertificate::Final(CardProblem::NoSuchObject { slot: *slot }))?;
            &object
        }
        Wanted::Slot(slot) => *slot,
    };
    let fitting: Vec<_> = all.iter().filter(|one| one.slot() == slot).collect();
    only(&fitting).unwrap_or_else(|| {
        let empty = Error::from(ErrorKind::NoCredential);
        Err(NoCertificate::NoneVisible(slot_problem(info, slot, empty)))
    })
}

/// The PKCS#11 object of the PIV authentication key if it is suitable, or else the only suitable one.
fn usual(all: &[Credential], warnings: &mut Vec<String>) -> Result<Credential, NoCertificate> {
    let selector = Selector::new(UnixTime::now());
    let suitable = selector.select(all).suitable;
    let authentication = object_of(PivSlot::Authentication);
    let is_usual = |one: &&Credential| Some(one.slot()) == authentication.as_ref();
    let in_usual_place: Vec<_> = all.iter().filter(is_usual).collect();
    if (suitable.is_empty() || in_usual_place.iter().any(|one| suitable.contains(one)))
        && let Some(found) = only(&in_usual_place)
    {
        return found;
    }
    let all: Vec<_> = all.iter().collect();
    let candidates = if suitable.is_empty() { &all } else { &suitable };
    if let ([first], [one]) = (in_usual_place.as_slice(), candidates.as_slice()) {
        warnings.push(format!(
            "the certificate in {} is not suitable for a sign-in; using {}",
            first.slot(),
            one.slot()
        ));
    }
    only(candidates).unwrap_or_else(|| Err(Error::from(ErrorKind::NoCredential).into()))
}

/// The only match, if there is any; several are an error.
fn only(fitting: &[&Credential]) -> Option<Result<Credential, NoCertificate>> {
    match fitting {
        [] => None,
        [one] => Some(Ok((*one).clone())),
        several => Some(Err(NoCertificate::Final(CardProblem::SeveralCertificates {
            there: described(several.iter().copied()),
        }))),
    }
}

/// A hash prefix needs eight digits, so that two certificates of a token do not share it by chance.
fn is_called(credential: &Credential, wanted: &str) -> bool {
    let wanted_hash = wanted.to_ascii_lowercase().replace(':', "");
    credential.label() == wanted
        || wanted_hash.len() >= 8 && hex(credential.sha256()).starts_with(&wanted_hash)
}

fn described<'a>(credentials: impl IntoIterator<Item = &'a Credential>) -> String {
    let described = credentials.into_iter().map(|one| {
        let hash: String = hex(one.sha256()).chars().take(16).collect();
        format!("{} {:?} ({hash}…)", one.slot(), one.label())
    });
    described.collect::<Vec<_>>().join(", ")
}

fn slot_warning(problem: &Problem) -> String {
    let Problem { place, error, .. } = problem;
    format!("slot {place} cannot be read: {error}. {}", error.hint())
}

fn slot_problem(info: &TokenInfo, slot: &Slot, error: Error) -> CardProblem {
    match error.kind() {
        ErrorKind::NoCredential => CardProblem::EmptySlot {
            token: info.name.clone(),
            slot: slot.clone(),
        },
        _ => CardProblem::Card(error),
    }
}

/// The certificate in 9A of a PIV card if it is suitable, because this takes the fewest commands. Otherwise the best one of all
/// slots, including the retired ones. Otherwise the one in 9A, which the server then judges.
fn best_on_card(
    token: &mut dyn Token,
    hold: Option<Duration>,
    warnings: &mut Vec<String>,
) -> Result<Found, CardProblem> {
    const AUTHENTICATION: Slot = Slot::Piv(PivSlot::Authentication);
    let selector = Selector::new(UnixTime::now());
    let usual = match in_slot(token, &AUTHENTICATION, hold) {
        Ok(found) if is_suitable(&selector, &found.0) => return Ok(found),
        Err(error) if !is_of_slot(&error) => return Err(error.into()),
        usual => usual.map(|(credential, _)| credential),
    };
    let listing = selector.credentials(token)?;
    warnings.extend(listing.problems.iter().map(slot_warning));
    let selection = selector.select(&listing.found);
    let Some(best) = selection.best() else {
        return usual
            .map(unprepared)
            .map_err(|error| slot_problem(token.info(), &AUTHENTICATION, error));
    };
    warnings.push(match usual {
        Ok(_) => format!(
            "the certificate in slot 9a is not suitable for a sign-in; using slot {}",
            best.slot()
        ),
        Err(_) => format!("slot 9a has no usable certificate; using slot {}", best.slot()),
    });
    Ok(unprepared(best.clone()))
}

fn is_suitable(selector: &Selector, credential: &Credential) -> bool {
    !selector
        .select(std::slice::from_ref(credential))
        .suitable
        .is_empty()
}

/// Whether an error concerns only one slot, so that others may still be read.
fn is_of_slot(error: &Error) -> bool {
    use ErrorKind::{AccessDenied, CardFailed, ContactRequired, Malformed, NoCredential, Unsupported};
    matches!(
        error.kind(),
        AccessDenied | CardFailed | ContactRequired | Malformed { .. } | NoCredential | Unsupported { .. }
    )
}

/// The PKCS#11 object of a PIV key. `OpenSC` and `ykcs11` number them 01 to 04 in `CKA_ID`.
fn object_of(slot: PivSlot) -> Option<Slot> {
    let number = match slot {
        PivSlot::Authentication => 1,
        PivSlot::Signature => 2,
        PivSlot::KeyManagement => 3,
        PivSlot::CardAuthentication => 4,
        _ => return None,
    };
    Some(Slot::Object(vec![number]))
}
