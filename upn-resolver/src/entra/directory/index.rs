//! Index from names to user numbers, with about one cache miss per lookup.
//!
//! A hash table of strings reads memory three times: the tag of the slot, the slot, and the string that it points to.
//! Each read waits for the previous one, and in a directory of a million users none of them is cached. Here a name is
//! represented by 32 bits of a keyed hash, sorted in one array with gaps. Hashes are evenly distributed, so the
//! position of a hash follows from its value, and the first read finds it or one of its neighbours.
//!
//! The hash is SipHash-1-3 under a secret key: a directory is untrusted input, and names could otherwise be chosen to
//! collide. Among five million names, one lookup in a thousand meets another name with the same 32 bits, so the index
//! returns candidates. The directory compares the name when it reads the user's record, which it does anyway; more bits
//! would cost memory for each name and save one read in a thousand.

use alloc::vec::Vec;
use core::{fmt, mem, slice};

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

/// Read-only index from names, without regard to case, to the numbers of candidates.
///
/// # Examples
///
/// ```
/// use upn_resolver::entra::{IndexKey, NameIndex};
///
/// let key = IndexKey::from_seed(*b"sixteen bytes!!!");
/// let names = [("ada@contoso.com", 0), ("bob@contoso.com", 1), ("Bob@contoso.com", 2)];
/// let index = NameIndex::build(key, names)?;
/// assert_eq!(index.candidates("ADA@contoso.com"), [0]);
/// assert_eq!(index.candidates("bob@contoso.com"), [1, 2]);
/// assert!(index.candidates("eve@contoso.com").is_empty());
/// assert_eq!(index.duplicates().collect::<Vec<_>>(), [[1, 2]]);
/// assert!(index.memory() > 0);
/// # Ok::<(), upn_resolver::entra::TooManyNames>(())
/// ```
#[derive(Clone)]
pub struct NameIndex {
    key: IndexKey,
    /// In ascending order, with gaps: 32 bits of hash, then the number.
    slots: Vec<Slot>,
    /// The number of places that hashes are distributed over. A few more slots follow, for overflow at the end.
    places: u32,
    /// The numbers of hashes that have several, and the range of each such hash.
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
        let mut all = Names::new(key, 0);
        for (name, owner) in names {
            all.add(name, owner)?;
        }
        Self::of(all)
    }

    pub(super) fn of(Names { key, mut slots }: Names) -> Result<Self, TooManyNames> {
        sort(&mut slots);
        let mut index = Self {
            key,
            slots,
            places: 0,
            shared: Vec::new(),
            shares: Vec::new(),
        };
        index.share()?;
        index.spread()?;
        Ok(index)
    }

    /// Returns the numbers of the candidates that may have the name, in ascending order: all that have it, and rarely another one.
    /// The caller compares the name.
    #[must_use]
    pub fn candidates(&self, name: &str) -> &[u32] {
        let wanted = hash(self.key, name);
        let slots = self.slots.get(self.place(wanted)..).unwrap_or_default();
        match slots.iter().find(|slot| slot.hash >= wanted) {
            Some(slot) if slot.hash == wanted && *slot != Slot::EMPTY => self.owners(slot),
            _ => &[],
        }
    }

    /// Returns the numbers of the candidates that may share a name, in arbitrary order of names.
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

    fn place(&self, hash: u32) -> usize {
        // Scaled from 2³² to the number of places.
        let place = (u64::from(hash) * u64::from(self.places)) >> 32;
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

    /// Uses one of the sorted slots per hash, regardless of its numbers. Otherwise a directory full of one name would push
    /// all others far from their places.
    fn share(&mut self) -> Result<(), TooManyNames> {
        let position = |length: usize| u32::try_from(length).map_err(|_| TooManyNames);
        let (owners, shares) = (&mut self.shared, &mut self.shares);
        let mut failed = None;
        self.slots.dedup_by(|slot, kept| {
            if slot.hash != kept.hash {
                return false;
            }
            // One owner may have two values with this hash.
            let last = if kept.owner < SEVERAL {
                Some(&kept.owner)
            } else {
                owners.last()
            };
            if last == Some(&slot.owner) {
                return true;
            }
            let mut join = || {
                if kept.owner < SEVERAL {
                    let number = SEVERAL
                        .checked_add(position(shares.len())?)
                        .filter(|number| *number != EMPTY)
                        .ok_or(TooManyNames)?;
                    shares.push((position(owners.len())?, 0));
                    owners.push(kept.owner);
                    kept.owner = number;
                }
                owners.push(slot.owner);
                if let Some((_, end)) = shares.last_mut() {
                    *end = position(owners.len())?;
                }
                Ok(())
            };
            failed = failed.or(join().err());
            true
        });
        failed.map_or(Ok(()), Err)
    }

    /// Moves the sorted slots to their places, within the same memory.
    fn spread(&mut self) -> Result<(), TooManyNames> {
        let len = self.slots.len();
        // Eight names in nine places: 9 bytes per name, and rarely more than two cache lines to read.
        self.places = u32::try_from(len / 8 * 9 + 9).map_err(|_| TooManyNames)?;
        let mut end = 0;
        for slot in &self.slots {
            end = self.place(slot.hash).max(end) + 1;
        }
        // A lookup ends at an empty slot, also after the last name.
        let size = end.max(as_index(self.places)) + 1;
        self.slots.reserve_exact(size - len);
        self.slots.resize(size, Slot::EMPTY);
        // From the end of the array each slot moves forward only, onto a place that is free by then.
        self.slots.rotate_right(size - len);
        let mut free = 0;
        for from in size - len..size {
            let Some(slot) = self
                .slots
                .get_mut(from)
                .map(|place| mem::replace(place, Slot::EMPTY))
            else {
                break;
            };
            let at = self.place(slot.hash).max(free);
            if let Some(place) = self.slots.get_mut(at) {
                *place = slot;
            }
            free = at + 1;
        }
        self.slots.shrink_to_fit();
        Ok(())
    }
}

/// Hashed names of an index that is being built.
pub(super) struct Names {
    key: IndexKey,
    slots: Vec<Slot>,
}

impl Names {
    pub(super) fn new(key: IndexKey, expected: usize) -> Self {
        let slots = Vec::with_capacity(expected);
        Self { key, slots }
    }

    pub(super) fn add(&mut self, name: &str, owner: u32) -> Result<(), TooManyNames> {
        if owner >= SEVERAL {
            return Err(TooManyNames);
        }
        self.slots.push(Slot::new(hash(self.key, name), owner));
        Ok(())
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

/// Eight bytes, so that a cache line contains eight.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    hash: u32,
    owner: u32,
}

impl Slot {
    /// Sorts after every name, so that a search stops at it.
    const EMPTY: Self = Self {
        hash: u32::MAX,
        owner: EMPTY,
    };

    fn new(hash: u32, owner: u32) -> Self {
        Self { hash, owner }
    }

    /// One number, which sorts faster than two.
    fn order(self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.owner)
    }
}

/// 32 bits of a keyed hash.
fn hash(key: IndexKey, name: &str) -> u32 {
    u32::try_from(folded_hash::hash((key.0, key.1), name) >> 32).unwrap_or_default()
}

/// Sorts slots by distribution, because their hashes are evenly distributed: in a few steps per slot, regardless of their number.
fn sort(slots: &mut [Slot]) {
    // About eight slots per bucket.
    let bits = (slots.len() / 8).checked_ilog2().unwrap_or_default().clamp(1, 16);
    let bucket = |slot: Slot| as_index(slot.hash >> (32 - bits));
    let mut ends = alloc::vec![0_usize; 1 << bits];
    for slot in slots.iter() {
        if let Some(count) = ends.get_mut(bucket(*slot)) {
            *count += 1;
        }
    }
    let mut end = 0;
    for count in &mut ends {
        end += *count;
        *count = end;
    }
    // Each bucket is filled from its end, and `next` becomes its start. Every exchange puts one slot into its bucket.
    let mut next = ends.clone();
    for (number, end) in ends.iter().enumerate() {
        while let Some(place) = next.get(number).and_then(|next| next.checked_sub(1)) {
            let Some(slot) = slots.get(place).filter(|_| place >= start_of(&ends, number)) else {
                break;
            };
            let target = bucket(*slot);
            if let Some(next) = next.get_mut(target) {
                *next -= 1;
                let to = *next;
                slots.swap(place, to);
            }
        }
        if let Some(bucket) = slots.get_mut(start_of(&ends, number)..*end) {
            bucket.sort_unstable_by_key(|slot| slot.order());
        }
    }
}

fn start_of(ends: &[usize], bucket: usize) -> usize {
    bucket
        .checked_sub(1)
        .and_then(|before| ends.get(before))
        .copied()
        .unwrap_or_default()
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
    fn a_slot_has_eight_bytes() {
        assert_eq!(size_of::<Slot>(), 8);
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
                assert_eq!(index.candidates(&name), owners, "{name} of {users}");
                assert_eq!(
                    index.candidates(&name.to_uppercase()),
                    owners,
                    "{name} of {users}"
                );
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
        assert_eq!(index.candidates("ÉLODIE@CONTOSO.COM"), [1]);
        // U+212A is the Kelvin sign, whose lower case is an ordinary k.
        assert_eq!(index.candidates("\u{212a}im@contoso.com"), [0; 0]);
    }

    #[test]
    fn the_key_decides_over_places() {
        let hash = |seed| hash(IndexKey::from_seed([seed; 16]), "ada@contoso.com");
        assert!(hash(7) != hash(8));
    }
}
