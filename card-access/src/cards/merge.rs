//! Merging of the entries of several backends for one card.

use super::{CardEntry, CardListing, Pending, SelectionReason};
use crate::{Backend, ErrorKind, Listing, Problem, TokenInfo};

/// Merges tokens in the same reader: only one card can be there.
///
/// While a PKCS#11 module has not answered (`waiting_module`), it may still know a card that PC/SC does not. Such a card is
/// pending and not a problem.
pub(super) fn merge(
    listing: Listing<TokenInfo>,
    pending: Vec<Pending>,
    waiting_module: Option<&Pending>,
) -> CardListing {
    let Listing { mut found, problems } = listing;
    // A module may not have noticed yet that a card was removed.
    found.retain(|info| info.id.backend() != Backend::Pkcs11 || !is_empty(info.reader.as_deref(), &problems));
    // The sort is stable, so the order of the backends is kept otherwise.
    found.sort_by_key(|info| info.id.backend() != Backend::PcSc);
    let mut merged = CardListing {
        pending,
        ..CardListing::default()
    };
    for info in found {
        let mut entries = merged.found.iter_mut();
        match entries.find(|entry| is_same_reader(&entry.preferred, &info)) {
            Some(entry) => {
                if entry.preferred.id.backend() == Backend::PcSc {
                    entry.reason = SelectionReason::Direct;
                }
                entry.others.push(info);
            }
            None => merged.found.push(CardEntry {
                preferred: info,
                others: Vec::new(),
                reason: SelectionReason::OnlyBackend,
            }),
        }
    }
    for problem in problems {
        let mut entries = merged.found.iter_mut();
        let entry = entries.find(|entry| is_reader(&entry.preferred, &problem.place));
        let is_direct = entry
            .as_ref()
            .is_some_and(|entry| entry.preferred.id.backend() == Backend::PcSc);
        match (problem.error.kind(), entry, waiting_module) {
            // A module that does not see or support a card is not a problem if PC/SC reaches it.
            (ErrorKind::NoCard | ErrorKind::UnknownCard, _, _) if is_direct => {}
            (ErrorKind::UnknownCard, Some(entry), _) => entry.reason = SelectionReason::ModuleKnowsCard,
            _ if merged.problems.iter().any(|listed| is_same(listed, &problem)) => {}
            (ErrorKind::UnknownCard, None, Some(module)) => merged.pending.push(Pending {
                place: problem.place,
                waited: module.waited,
                error: problem.error,
            }),
            _ => merged.problems.push(problem),
        }
    }
    merged
}

/// Whether PC/SC reports a reader as empty. A card that does not answer has a PC/SC error code as well.
fn is_empty(reader: Option<&str>, problems: &[Problem]) -> bool {
    let is_it = |problem: &Problem| {
        let error = &problem.error;
        *error.kind() == ErrorKind::NoCard && error.vendor_code().is_none() && Some(&*problem.place) == reader
    };
    problems.iter().any(is_it)
}

/// Whether two backends report the same for one reader.
fn is_same(listed: &Problem, problem: &Problem) -> bool {
    let kinds = (listed.error.kind(), problem.error.kind());
    listed.place == problem.place
        && matches!(
            kinds,
            (ErrorKind::NoCard, ErrorKind::NoCard | ErrorKind::UnknownCard)
                | (ErrorKind::UnknownCard, ErrorKind::UnknownCard)
        )
}

/// Two tokens of one backend are never one card: a module that shows two tokens in a reader has two.
fn is_same_reader(entry: &TokenInfo, info: &TokenInfo) -> bool {
    entry.id.backend() != info.id.backend()
        && entry
            .reader
            .as_deref()
            .is_some_and(|reader| is_reader(info, reader))
}

/// Whether a token is in the reader of this name. PKCS#11 truncates the name to 64 bytes (`CK_SLOT_INFO`, PKCS #11 v3.1 section
/// 3.2).
pub(super) fn is_reader(info: &TokenInfo, reader: &str) -> bool {
    const DESCRIPTION: usize = 64;
    let Some(name) = info.reader.as_deref() else {
        return false;
    };
    // A character may have been truncated, which leaves a replacement character.
    let whole = name.trim_end_matches(char::REPLACEMENT_CHARACTER);
    name == reader || (name.len() >= DESCRIPTION - 3 && reader.starts_with(whole))
}

#[cfg(test)]
mod tests {
    use super::{CardListing, Pending, SelectionReason, merge};
    use crate::{Backend, Error, ErrorKind, Listing, Problem, TokenId, TokenInfo};
    use std::time::Duration;

    fn token(backend: Backend, reader: &str, identity: &str) -> TokenInfo {
        let place = format!("{backend} {reader}");
        let mut info = TokenInfo::new(TokenId::new(backend, place, identity), identity);
        info.reader = Some(reader.to_owned());
        info
    }

    fn merged(found: Vec<TokenInfo>, problems: Vec<Problem>) -> CardListing {
        merge(Listing { found, problems }, Vec::new(), None)
    }

    fn entries(listing: &CardListing) -> Vec<(usize, SelectionReason)> {
        let entry = |entry: &super::CardEntry| (entry.backends().count(), entry.reason());
        listing.found.iter().map(entry).collect()
    }

    fn problem(kind: ErrorKind) -> Vec<Problem> {
        vec![Problem {
            place: "reader".to_owned(),
            error: Error::from(kind),
        }]
    }

    #[test]
    fn one_reader_is_one_card() {
        let long = "x".repeat(70);
        for reader in ["reader 0", &long] {
            let module = token(Backend::Pkcs11, &reader[..reader.len().min(64)], "b");
            let direct = token(Backend::PcSc, reader, "a");
            let listing = merged(vec![module, direct], vec![]);
            assert_eq!(entries(&listing), [(2, SelectionReason::Direct)]);
        }
    }

    #[test]
    fn two_readers_are_two_cards_and_two_tokens_of_a_module_are_two() {
        let found = vec![
            token(Backend::PcSc, "reader 1", "a"),
            token(Backend::Pkcs11, "reader 10", "b"),
        ];
        assert_eq!(merged(found, vec![]).found.len(), 2);
        let found = vec![
            token(Backend::Pkcs11, "reader", "a"),
            token(Backend::Pkcs11, "reader", "b"),
        ];
        assert_eq!(merged(found, vec![]).found.len(), 2);
    }

    #[test]
    fn a_module_that_knows_the_card_settles_the_problem() {
        let found = || vec![token(Backend::Pkcs11, "reader", "b")];
        let listing = merged(found(), problem(ErrorKind::UnknownCard));
        assert_eq!(entries(&listing), [(1, SelectionReason::ModuleKnowsCard)]);
        assert_eq!(listing.problems, []);
        let listing = merged(found(), problem(ErrorKind::Busy));
        assert_eq!(entries(&listing), [(1, SelectionReason::OnlyBackend)]);
        assert_eq!(listing.problems.len(), 1);
    }

    #[test]
    fn a_module_that_does_not_know_a_card_that_is_reached_directly_is_not_a_problem() {
        let found = || vec![token(Backend::PcSc, "reader", "a")];
        for kind in [ErrorKind::UnknownCard, ErrorKind::NoCard] {
            let listing = merged(found(), problem(kind));
            assert_eq!(entries(&listing), [(1, SelectionReason::OnlyBackend)]);
            assert_eq!(listing.problems, []);
        }
        // Other failures of a slot are reported.
        assert_eq!(merged(found(), problem(ErrorKind::CardFailed)).problems.len(), 1);
    }

    #[test]
    fn an_empty_reader_is_named_once() {
        let both = [problem(ErrorKind::NoCard), problem(ErrorKind::NoCard)].concat();
        assert_eq!(merged(vec![], both).problems.len(), 1);
    }

    #[test]
    fn a_name_that_a_module_cut_in_the_middle_of_a_character_is_the_readers() {
        let name = format!("{}é reader", "x".repeat(63));
        let cut = String::from_utf8_lossy(&name.as_bytes()[..64]).into_owned();
        let found = vec![
            token(Backend::PcSc, &name, "a"),
            token(Backend::Pkcs11, &cut, "b"),
        ];
        assert_eq!(merged(found, vec![]).found.len(), 1);
    }

    #[test]
    fn a_card_that_only_a_module_still_sees_is_gone() {
        let found = || vec![token(Backend::Pkcs11, "reader", "b")];
        assert_eq!(merged(found(), problem(ErrorKind::NoCard)).found, []);
        assert_eq!(merged(found(), problem(ErrorKind::TimedOut)).found.len(), 1);
    }

    #[test]
    fn an_unknown_card_is_pending_as_long_as_a_module_may_know_it() {
        let module = Pending {
            place: "module".to_owned(),
            waited: Duration::from_secs(3),
            error: ErrorKind::TimedOut.into(),
        };
        let listing = |kind| Listing {
            found: Vec::new(),
            problems: problem(kind),
        };
        let unknown = merge(
            listing(ErrorKind::UnknownCard),
            vec![module.clone()],
            Some(&module),
        );
        assert_eq!(unknown.problems, []);
        assert_eq!(unknown.pending[1].place, "reader");
        assert_eq!(unknown.pending[1].error.kind(), &ErrorKind::UnknownCard);
        let busy = merge(listing(ErrorKind::Busy), vec![module.clone()], Some(&module));
        assert_eq!((busy.problems.len(), busy.pending.len()), (1, 1));
    }
}
