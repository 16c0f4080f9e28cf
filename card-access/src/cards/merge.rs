//! The same card seen twice is one token with two ways in.

use std::fmt;

use crate::{Backend, ErrorKind, Listing, TokenInfo};

/// A token, and every way in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    best: TokenInfo,
    others: Vec<TokenInfo>,
    choice: Choice,
}

impl Sighting {
    /// The way in to choose.
    #[must_use]
    pub fn best(&self) -> &TokenInfo {
        &self.best
    }

    /// Every way in, the best one first.
    pub fn ways(&self) -> impl Iterator<Item = &TokenInfo> {
        std::iter::once(&self.best).chain(&self.others)
    }

    /// Why it is the best one.
    #[must_use]
    pub fn choice(&self) -> Choice {
        self.choice
    }
}

/// Why a way in was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Choice {
    /// PC/SC before PKCS#11: fewer commands, and the exact number of PIN tries.
    Direct,
    /// PKCS#11, because the card's own application is not known here.
    ModuleKnowsCard,
    /// There is no other.
    OnlyWay,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "reached directly, with the exact number of PIN tries",
            Self::ModuleKnowsCard => "reached through its module, which alone knows this card",
            Self::OnlyWay => "reached in the only way there is",
        })
    }
}

/// Puts together what is in the same reader: there can be one card only.
pub(super) fn merge(listing: Listing<TokenInfo>) -> Listing<Sighting> {
    let Listing {
        mut found,
        mut problems,
    } = listing;
    // A stable sort: among equals the order of the ways in stays.
    found.sort_by_key(|info| info.id.backend() != Backend::PcSc);
    let mut merged: Vec<Sighting> = Vec::new();
    for info in found {
        match merged.iter_mut().find(|seen| same_reader(&seen.best, &info)) {
            Some(seen) => {
                if seen.best.id.backend() == Backend::PcSc {
                    seen.choice = Choice::Direct;
                }
                seen.others.push(info);
            }
            None => merged.push(Sighting {
                best: info,
                others: Vec::new(),
                choice: Choice::OnlyWay,
            }),
        }
    }
    // A card that PC/SC does not know, while a module does, is no problem.
    problems.retain(|problem| {
        let unknown = *problem.error.kind() == ErrorKind::UnknownCard;
        let known = merged
            .iter_mut()
            .find(|seen| unknown && is_reader(&seen.best, &problem.place));
        known.map(|seen| seen.choice = Choice::ModuleKnowsCard).is_none()
    });
    Listing {
        found: merged,
        problems,
    }
}

/// Two ways in of the same kind are never one card: a module that shows two tokens in a reader means two.
fn same_reader(seen: &TokenInfo, info: &TokenInfo) -> bool {
    seen.id.backend() != info.id.backend()
        && seen
            .reader
            .as_deref()
            .is_some_and(|reader| is_reader(info, reader))
}

/// PKCS#11 has room for 64 bytes of a reader's name (`CK_SLOT_INFO`, PKCS #11 v3.1 section 3.2).
fn is_reader(info: &TokenInfo, reader: &str) -> bool {
    const DESCRIPTION: usize = 64;
    info.reader
        .as_deref()
        .is_some_and(|name| name == reader || (name.len() >= DESCRIPTION - 3 && reader.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::{Choice, merge};
    use crate::{Backend, Error, ErrorKind, Listing, Problem, TokenId, TokenInfo};

    fn token(backend: Backend, reader: &str, identity: &str) -> TokenInfo {
        let place = format!("{backend} {reader}");
        let mut info = TokenInfo::new(TokenId::new(backend, place, identity), identity);
        info.reader = Some(reader.to_owned());
        info
    }

    fn merged(found: Vec<TokenInfo>, problems: Vec<Problem>) -> (Vec<(usize, Choice)>, usize) {
        let listing = merge(Listing { found, problems });
        let found = listing
            .found
            .iter()
            .map(|seen| (seen.ways().count(), seen.choice()))
            .collect();
        (found, listing.problems.len())
    }

    #[test]
    fn one_reader_is_one_card() {
        let long = "x".repeat(70);
        for reader in ["reader 0", &long] {
            let module = token(Backend::Pkcs11, &reader[..reader.len().min(64)], "b");
            let direct = token(Backend::PcSc, reader, "a");
            assert_eq!(
                merged(vec![module, direct], vec![]),
                (vec![(2, Choice::Direct)], 0)
            );
        }
    }

    #[test]
    fn two_readers_are_two_cards_and_two_tokens_of_a_module_are_two() {
        let found = vec![
            token(Backend::PcSc, "reader 1", "a"),
            token(Backend::Pkcs11, "reader 10", "b"),
        ];
        assert_eq!(merged(found, vec![]).0.len(), 2);
        let found = vec![
            token(Backend::Pkcs11, "reader", "a"),
            token(Backend::Pkcs11, "reader", "b"),
        ];
        assert_eq!(merged(found, vec![]).0.len(), 2);
    }

    #[test]
    fn a_module_that_knows_the_card_settles_the_problem() {
        let problem = |kind| {
            vec![Problem {
                place: "reader".to_owned(),
                error: Error::from(kind),
            }]
        };
        let found = || vec![token(Backend::Pkcs11, "reader", "b")];
        assert_eq!(
            merged(found(), problem(ErrorKind::UnknownCard)),
            (vec![(1, Choice::ModuleKnowsCard)], 0)
        );
        assert_eq!(
            merged(found(), problem(ErrorKind::Busy)),
            (vec![(1, Choice::OnlyWay)], 1)
        );
    }
}
