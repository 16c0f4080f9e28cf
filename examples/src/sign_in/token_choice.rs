//! Choice of the token.

use std::path::Path;
use std::time::Duration;

use card_access::on_device::FileProvider;
use card_access::pcsc::PcscProvider;
use card_access::piv::KnownCards;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{Backend, CardListing, Cards, Error, ErrorKind, Problem, Token, TokenId, TokenInfo};

use zeroize::Zeroizing;

use super::card_options::CardOptions;
use super::card_problem::CardProblem;
use super::waiting::{Wait, Waiting};
use crate::bounded;
use crate::time_limit::TimeLimit;

/// Opens the token of the command line. Adds a warning for each place that cannot be read or does not answer. If only one card can be
/// meant, it is opened by its reader: a listing would send it commands that the sign-in sends again.
pub(super) fn open(
    args: &CardOptions,
    limit: Duration,
    known_cards: KnownCards,
    warnings: &mut Vec<String>,
    waiting: &Waiting,
) -> Result<(Box<dyn Token>, Cards), CardProblem> {
    if let Some(path) = &args.key_file {
        waiting.set(Wait::Files);
        return of_key_file(path);
    }
    let mut cards = cards(args, limit, known_cards);
    let open = |cards: &mut Cards, reader: &str| {
        waiting.set(Wait::Card {
            place: reader.to_owned(),
        });
        cards.open(&TokenId::any_at(Backend::PcSc, reader))
    };
    if let Some(reader) = &args.reader {
        match open(&mut cards, reader) {
            Err(error) if *error.kind() == ErrorKind::NoReader => {}
            opened => return Ok((opened?, cards)),
        }
    }
    if args.is_over_pcsc() {
        waiting.set(Wait::Cards);
        if let Some(reader) = only_reader(args.reader.as_deref(), limit) {
            return Ok((open(&mut cards, &reader)?, cards));
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
    let id = match info.id.backend() {
        // The certificate that is read next identifies the card: its other identifiers were read for the listing.
        Backend::PcSc => TokenId::any_at(Backend::PcSc, info.id.place()),
        _ => info.id,
    };
    Ok((cards.open(&id)?, cards))
}

/// The only reader with a card, of those whose name contains `wanted`; `None` if a listing has to find out more.
fn only_reader(wanted: Option<&str>, limit: Duration) -> Option<String> {
    let provider = PcscProvider::new().with_time_limit(limit.min(PcscProvider::DEFAULT_TIME_LIMIT));
    let mut occupied = provider.occupied_readers().ok()?;
    occupied.retain(|name| wanted.is_none_or(|wanted| name.contains(wanted)));
    let is_only = occupied.len() == 1;
    occupied.pop().filter(|_| is_only)
}

/// The token of a key file. PEM is text.
fn of_key_file(path: &Path) -> Result<(Box<dyn Token>, Cards), CardProblem> {
    let is_pem = bounded::read_regular(path).is_ok_and(|content| {
        let content = Zeroizing::new(content);
        content.windows(PEM.len()).any(|part| part == PEM)
    });
    let file = if is_pem {
        FileProvider::new().with_pem(path, path)
    } else {
        FileProvider::new().with_pkcs12(path)
    };
    let mut cards = Cards::new().with_provider(file);
    let token = cards.open(&TokenId::any_at(Backend::File, path.display().to_string()))?;
    Ok((token, cards))
}

const PEM: &[u8] = b"-----BEGIN ";

fn cards(args: &CardOptions, whole: Duration, known_cards: KnownCards) -> Cards {
    if let Some(cards) = args.windows_store() {
        return cards;
    }
    if let Some(path) = &args.module {
        // Typing the PIN on the reader takes place within one call of the module.
        let limit = Duration::from_secs(if args.pin_pad { 60 } else { 20 });
        return Cards::new()
            .with_provider(Pkcs11Provider::from_module(path).with_time_limit(limit.min(whole)));
    }
    let limit = PcscProvider::DEFAULT_TIME_LIMIT.min(whole);
    let provider = PcscProvider::new().with_time_limit(limit);
    Cards::new().with_provider(provider.with_known_cards(known_cards))
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
