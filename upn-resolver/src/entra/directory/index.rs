//! Index from names to user numbers, with about one cache miss per lookup.
//!
//! A hash table of strings reads memory three times: the tag of the slot, the slot, and the string that it points to.
//! Each read waits for the previous one, and in a directory of a million users none of them is cached. Here a name is
//! represented by 96 bits of a keyed hash, sorted in one array with gaps. Hashes are evenly distributed, so the
//! position of a hash follows from its value, and the first read finds it or one of its neighbours.
//!
//! The hash is SipHash-1-3 under a secret key: a directory is untrusted input, and names could otherwise be chosen to
//! collide. Two names in a directory of five million share all 96 bits with a probability of 2⁻⁵²; the directory
//! still compares the name when it reads the user's record.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::slice;

use super::folded_hash;

/// Secret key for hashing names.
#[derive(Clone, Copy)]
pub struct IndexKey(u64, u64);

impl IndexKey {
    /// Returns a key from 16 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 16]) -> Self {
        let seed = u128::from_le_bytes(seed);
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
        Self(half(seed), half(seed >> 64))
    }

    /// Returns a random key, from the random source of the standard library's hash tables.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn random() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self(RandomState::new().hash_one(0), RandomState::new().hash_one(1))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(…)")
    }
}

/// Read-only index from names, without regard to case, to numbers.
///
/// # Examples
///
/// ```
/// use upn_resolver::entra::{IndexKey, NameIndex};
///
/// let key = IndexKey::from_seed(*b"sixteen bytes!!!");
/// let names = [("ada@contoso.com", 0), ("bob@contoso.com", 1), ("Bob@contoso.com", 2)];
/// let index = NameIndex::build(key, names)?;
/// assert_eq!(index.find("ADA@contoso.com"), [0]);
/// assert_eq!(index.find("bob@contoso.com"), [1, 2]);
/// assert!(index.find("eve@contoso.com").is_empty());
/// assert_eq!(index.duplicates().collect::<Vec<_>>(), [[1, 2]]);
/// assert!(index.memory() > 0);
/// # Ok::<(), upn_resolver::entra::TooManyNames>(())
/// ```
#[derive(Clone)]
pub struct NameIndex {
    key: IndexKey,
    /// In ascending order, with gaps: 96 bits of hash, then the number.
    slots: Vec<Slot>,
    /// The number of places that hashes are distributed over. A few more slots follow, for overflow at the end.
    places: u32,
    /// The numbers of names that have several, and the range of each such name.
    shared: Vec<u32>,
    shares: Vec<(u32, u32)>,
}

impl NameIndex {
    /// Builds the index.
    ///
    /// # Errors
    /// Fails for 2³¹ names or more, or if a number is that large.
    pub fn build<'n>(
        key: IndexKey,
        names: impl IntoIterator<Item = (&'n str, u32)>,
    ) -> Result<Self, TooManyNames> {
        let mut sorted = Vec::new();
        for (name, owner) in names {
            if owner >= SEVERAL {
                return Err(TooManyNames);
            }
            sorted.push(Slot::new(hash(key, name), owner));
        }
        sorted.sort_unstable();

        // Five names in six places: 19 bytes per name, and rarely more than two cache lines to read.
        let places = u32::try_from(sorted.len() / 5 * 6 + 6).map_err(|_| TooManyNames)?;
        let mut index = Self {
            key,
            slots: vec![Slot::EMPTY; as_index(places)],
            places,
            shared: Vec::new(),
            shares: Vec::new(),
        };
        let mut free = 0;
        for same_name in sorted.chunk_by(|left, right| left.hash() == right.hash()) {
            let slot = match same_name {
                [one] => *one,
                several => index.share(several)?,
            };
            let at = index.place(slot.hash()).max(free);
            match index.slots.get_mut(at) {
                Some(place) => *place = slot,
                None => index.slots.push(slot),
            }
            free = at + 1;
        }
        // A lookup ends at an empty slot, also after the last name.
        index.slots.push(Slot::EMPTY);
        index.slots.shrink_to_fit();
        Ok(index)
    }

    /// Returns the numbers for the name, in ascending order.
    #[must_use]
    pub fn find(&self, name: &str) -> &[u32] {
        let wanted = hash(self.key, name);
        let candidates = self.slots.get(self.place(wanted)..).unwrap_or_default();
        match candidates.iter().find(|slot| slot.hash() >= wanted) {
            Some(slot) if slot.hash() == wanted && slot.owner != EMPTY => self.owners(slot),
            _ => &[],
        }
    }

    /// Returns the numbers of each name that has several, in arbitrary order of names.
    pub fn duplicates(&self) -> impl Iterator<Item = &[u32]> {
        self.shares.iter().map(|share| self.share_of(*share))
    }

    /// Memory used by the index, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
            + self.shared.capacity() * size_of::<u32>()
            + self.shares.capacity() * size_of::<(u32, u32)>()
    }

    fn place(&self, (high, _): Hash) -> usize {
        // The upper 32 of the 96 bits, scaled from 2³² to the number of places.
        let place = ((high >> 32) * u64::from(self.places)) >> 32;
        usize::try_from(place).unwrap_or(usize::MAX)
    }

    fn owners<'i>(&'i self, slot: &'i Slot) -> &'i [u32] {
        if slot.owner < SEVERAL {
            return slice::from_ref(&slot.owner);
        }
        self.shares
            .get(as_index(slot.owner - SEVERAL))
            .map_or(&[], |share| self.share_of(*share))
    }

    fn share_of(&self, (start, end): (u32, u32)) -> &[u32] {
        self.shared
            .get(as_index(start)..as_index(end))
            .unwrap_or_default()
    }

    /// Uses one slot per name, regardless of its numbers. Otherwise a directory full of one name would push all
    /// others far from their places.
    fn share(&mut self, several: &[Slot]) -> Result<Slot, TooManyNames> {
        let position = |length: usize| u32::try_from(length).map_err(|_| TooManyNames);
        let start = position(self.shared.len())?;
        self.shared.extend(several.iter().map(|slot| slot.owner));
        let owner = SEVERAL
            .checked_add(position(self.shares.len())?)
            .filter(|owner| *owner != EMPTY);
        self.shares.push((start, position(self.shared.len())?));
        match (several, owner) {
            ([first, ..], Some(owner)) => Ok(Slot::new(first.hash(), owner)),
            _ => Err(TooManyNames),
        }
    }
}

impl fmt::Debug for NameIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameIndex")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

/// Error for an index of 2³¹ names or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyNames;

impl fmt::Display for TooManyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index is limited to 2³¹ - 1 names; split the directory")
    }
}

impl core::error::Error for TooManyNames {}

/// Numbers from this one refer to an entry of `shares`.
const SEVERAL: u32 = 1 << 31;
const EMPTY: u32 = u32::MAX;

/// Sixteen bytes, so that a cache line contains four.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    high: u64,
    low: u32,
    owner: u32,
}

impl Slot {
    /// Sorts after every name, so that a search stops at it.
    const EMPTY: Self = Self {
        high: u64::MAX,
        low: u32::MAX,
        owner: EMPTY,
    };

    fn new((high, low): Hash, owner: u32) -> Self {
        Self { high, low, owner }
    }

    fn hash(&self) -> Hash {
        (self.high, self.low)
    }
}

/// 96 bits of a keyed hash.
type Hash = (u64, u32);

fn hash(key: IndexKey, name: &str) -> Hash {
    let (high, second) = folded_hash::hash((key.0, key.1), name);
    (high, u32::try_from(second >> 32).unwrap_or_default())
}

/// Widening conversion. A machine with a 16-bit `usize` cannot hold such an index anyway.
fn as_index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::format;
    use std::string::String;

    use super::*;

    #[test]
    fn a_slot_has_sixteen_bytes() {
        assert_eq!(size_of::<Slot>(), 16);
    }

    #[test]
    fn finds_what_a_hash_map_finds() {
        // Miri is far slower.
        let most = if cfg!(miri) { 200 } else { 20_000 };
        for users in [0_u32, 1, 2, 5, 6, 7, 100, most] {
            let names: Vec<String> = (0..users)
                .map(|user| format!("User{}@contoso.com", user / 3 * 2))
                .collect();
            let numbered = || names.iter().map(String::as_str).zip(0..);
            let index = NameIndex::build(IndexKey::from_seed([7; 16]), numbered()).unwrap();
            let mut expected: HashMap<&str, Vec<u32>> = HashMap::new();
            for (name, user) in numbered() {
                expected.entry(name).or_default().push(user);
            }
            for user in 0..users + 10 {
                let name = format!("User{user}@contoso.com");
                let owners = expected.get(name.as_str()).map_or(&[][..], Vec::as_slice);
                assert_eq!(index.find(&name), owners, "{name} of {users}");
                assert_eq!(index.find(&name.to_uppercase()), owners, "{name} of {users}");
            }
            assert_eq!(
                index.duplicates().count(),
                expected.values().filter(|owners| owners.len() > 1).count()
            );
        }
    }

    #[test]
    fn folds_letters_beyond_ascii() {
        let index = NameIndex::build(
            IndexKey::from_seed([7; 16]),
            [("Élodie@contoso.com", 1), ("kim@contoso.com", 2)],
        )
        .unwrap();
        assert_eq!(index.find("ÉLODIE@CONTOSO.COM"), [1]);
        // U+212A is the Kelvin sign, whose lower case is an ordinary k.
        assert_eq!(index.find("\u{212a}im@contoso.com"), [0; 0]);
    }

    #[test]
    fn the_key_decides_over_places() {
        let hash = |seed| hash(IndexKey::from_seed([seed; 16]), "ada@contoso.com");
        assert!(hash(7) != hash(8));
    }
}
