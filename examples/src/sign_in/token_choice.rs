//! Choice of the token.

use std::time::Duration;

use card_access::pcsc::PcscProvider;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{Backend, CardListing, Cards, Error, ErrorKind, Problem, Token, TokenId, TokenInfo};

use super::card_options::CardOptions;
use super::card_problem::CardProblem;
use super::waiting::{Wait, Waiting};
use crate::time_limit::TimeLimit;

/// Opens the token of the command line. Adds a warning for each place that cannot be read or does not answer. If --reader is
/// the full name of a reader, the others are not read, which saves two commands.
pub(super) fn open(
    args: &CardOptions,
    limit: Duration,
    warnings: &mut Vec<String>,
    waiting: &Waiting,
) -> Result<(Box<dyn Token>, Cards), CardProblem> {
    let mut cards = cards(args, limit);
    if let Some(reader) = &args.reader {
        waiting.set(Wait::Card {
            place: reader.clone(),
        });
        match cards.open(&TokenId::any_at(Backend::PcSc, reader)) {
            Err(error) if *error.kind() == ErrorKind::NoReader => {}
            opened => return Ok((opened?, cards)),
        }
    }
    waiting.set(match &args.module {
        Some(path) => Wait::Module {
            place: path.display().to_string(),
        },
        None => Wait::Cards,
    });
    let wanted = args.reader.as_deref().or(args.token.as_deref());
    let info = choose(&mut cards, wanted, warnings)?;
    waiting.set(Wait::token(&info.id));
    Ok((cards.open(&info.id)?, cards))
}

fn cards(args: &CardOptions, whole: Duration) -> Cards {
    if let Some(path) = &args.module {
        // Typing the PIN on the reader takes place within one call of the module.
        let limit = Duration::from_secs(if args.pin_pad { 60 } else { 20 });
        return Cards::new()
            .with_provider(Pkcs11Provider::from_module(path).with_time_limit(limit.min(whole)));
    }
    let limit = PcscProvider::DEFAULT_TIME_LIMIT.min(whole);
    Cards::new().with_provider(PcscProvider::new().with_time_limit(limit))
}

/// The token of this name, or the only one. Waits for tokens that do not answer only while no other matches.
fn choose(
    cards: &mut Cards,
    wanted: Option<&str>,
    warnings: &mut Vec<String>,
) -> Result<TokenInfo, CardProblem> {
    const LONG: Duration = Duration::from_secs(3600);
    let mut listing = cards.tokens(TimeLimit::GRACE);
    loop {
        let (mut fitting, others) = sorted(&listing, wanted);
        if fitting.is_empty() && !listing.pending.is_empty() {
            cards.wait(LONG)?;
            listing = cards.tokens(Duration::ZERO);
            continue;
        }
        let pending = listing.pending.iter();
        warnings.extend(pending.map(|pending| format!("{pending}; continuing without it")));
        let problems = listing.problems;
        if fitting.is_empty() && others.is_empty() {
            return Err(reason(problems, warnings));
        }
        warnings.extend(problems.iter().filter(|problem| !is_empty(problem)).map(warning));
        return match (fitting.len(), wanted) {
            (1, _) => Ok(fitting.remove(0)),
            (0, Some(wanted)) => Err(CardProblem::NotFound {
                wanted: wanted.to_owned(),
                there: names(&others),
            }),
            _ => Err(CardProblem::Several {
                there: names(&fitting),
            }),
        };
    }
}

/// The tokens that match, and the others.
fn sorted(listing: &CardListing, wanted: Option<&str>) -> (Vec<TokenInfo>, Vec<TokenInfo>) {
    let fits = |info: &TokenInfo| {
        let names = [Some(info.name.as_str()), info.reader.as_deref()];
        wanted.is_none_or(|wanted| names.iter().flatten().any(|name| name.contains(wanted)))
    };
    let tokens = listing.found.iter().map(|entry| entry.preferred().clone());
    tokens.partition(fits)
}

/// The reason why there is no token. A token that cannot be read is a better reason than an empty reader. The other problems
/// become warnings.
fn reason(problems: Vec<Problem>, warnings: &mut Vec<String>) -> CardProblem {
    let (empty, mut unreadable): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_empty);
    let reason = match unreadable.pop() {
        Some(Problem { place, error, .. }) if is_slot(&error) => CardProblem::Unreadable { place, error },
        Some(Problem { error, .. }) => error.into(),
        None => empty
            .into_iter()
            .next()
            .map_or_else(|| Error::from(ErrorKind::NoCard), |problem| problem.error)
            .into(),
    };
    warnings.extend(unreadable.iter().map(warning));
    reason
}

fn is_empty(problem: &Problem) -> bool {
    *problem.error.kind() == ErrorKind::NoCard
}

fn warning(problem: &Problem) -> String {
    let Problem { place, error, .. } = problem;
    format!("{place} cannot be read: {error}. {}", error.hint())
}

/// Whether a problem concerns a single slot. The error of a whole module names the module itself.
fn is_slot(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::HelperMissing | ErrorKind::ModuleFailed | ErrorKind::ModuleMissing
    )
}

fn names(tokens: &[TokenInfo]) -> String {
    let names = tokens.iter().map(|info| match &info.reader {
        Some(reader) => format!("{:?} in {reader:?}", info.name),
        None => format!("{:?}", info.name),
    });
    names.collect::<Vec<_>>().join(", ")
}
