//! Compact records of users: one memory read per user, without allocations.

use alloc::vec::Vec;

use crate::entra::fold;
use crate::entra::sign_in::Account;

/// Alignment of records, so that a 31-bit number can address 16 GiB.
const ALIGNMENT: usize = 8;

/// The line of the export (4 bytes), the lengths of the three texts (2 bytes each), and the texts.
const HEADER_SIZE: usize = 10;

/// All users of a directory. A user's number is its position, in units of [`ALIGNMENT`].
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    len: usize,
}

impl Records {
    /// Adds a user; `None` if a text or all of them together are too long.
    pub(super) fn push(&mut self, line: u32, texts: [&str; 3]) -> Option<()> {
        number_of(self.bytes.len())?;
        let mut lengths = [[0; 2]; 3];
        for (length, text) in lengths.iter_mut().zip(texts) {
            *length = u16::try_from(text.len()).ok()?.to_le_bytes();
        }
        self.bytes.extend(line.to_le_bytes());
        self.bytes.extend(lengths.as_flattened());
        for text in texts {
            self.bytes.extend(text.as_bytes());
        }
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
        self.len += 1;
        Some(())
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, number: u32) -> Option<User<'_>> {
        let start = usize::try_from(number).ok()?.checked_mul(ALIGNMENT)?;
        Some(read(self.bytes.get(start..)?)?.0)
    }

    /// Returns the users with their numbers, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (User<'_>, u32)> {
        let mut at = 0;
        core::iter::from_fn(move || {
            let (user, size) = read(self.bytes.get(at..)?)?;
            let number = number_of(at)?;
            at += size.next_multiple_of(ALIGNMENT);
            Some((user, number))
        })
    }

    /// Returns one of the names of each user that has it, with the user's number.
    pub(super) fn names<'d>(&'d self, name: fn(User<'d>) -> &'d str) -> impl Iterator<Item = (&'d str, u32)> {
        self.iter()
            .map(move |(user, number)| (name(user), number))
            .filter(|(name, _)| !name.is_empty())
    }
}

fn number_of(start: usize) -> Option<u32> {
    u32::try_from(start / ALIGNMENT)
        .ok()
        .filter(|number| *number < 1 << 31)
}

fn read(bytes: &[u8]) -> Option<(User<'_>, usize)> {
    let (header, texts) = bytes.split_first_chunk::<HEADER_SIZE>()?;
    let [l0, l1, l2, l3, a0, a1, b0, b1, c0, c1] = *header;
    let length = |low, high| usize::from(u16::from_le_bytes([low, high]));
    let (name, texts) = texts.split_at_checked(length(a0, a1))?;
    let (on_premises, texts) = texts.split_at_checked(length(b0, b1))?;
    let (ids, _) = texts.split_at_checked(length(c0, c1))?;
    let size = HEADER_SIZE + name.len() + on_premises.len() + ids.len();
    Some((
        User {
            name,
            on_premises,
            ids,
            line: u32::from_le_bytes([l0, l1, l2, l3]),
        },
        size,
    ))
}

/// A user in a [`UserDirectory`](super::UserDirectory).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User<'d> {
    name: &'d [u8],
    on_premises: &'d [u8],
    /// One value per line.
    ids: &'d [u8],
    line: u32,
}

impl<'d> User<'d> {
    /// The line of the export that the user comes from; 0 for a user from code.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn name(self) -> &'d str {
        text(self.name)
    }

    pub(super) fn on_premises_name(self) -> &'d str {
        text(self.on_premises)
    }

    pub(super) fn ids(self) -> impl Iterator<Item = &'d str> + Clone {
        text(self.ids).lines()
    }

    pub(super) fn has_id(self, value: &str) -> bool {
        self.ids().any(|own| fold::equal(own, value))
    }
}

impl Account for User<'_> {
    fn user_principal_name(&self) -> &str {
        self.name()
    }

    fn on_premises_user_principal_name(&self) -> Option<&str> {
        Some(self.on_premises_name()).filter(|name| !name.is_empty())
    }

    fn certificate_user_ids(&self) -> impl Iterator<Item = &str> {
        self.ids()
    }
}

/// The bytes were valid text when they were stored. Checking them again costs less than a memory read.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
