//! Compact records of users: one memory read per user, without allocations.

use alloc::vec::Vec;

use crate::entra::fold;
use crate::entra::sign_in::Account;

/// Alignment of records, so that a 31-bit number can address 8 GiB.
const ALIGNMENT: usize = 4;

/// Size of a piece. Adding records does not move earlier ones, and little memory is reserved in advance.
const PIECE_SIZE: usize = 1 << 20;

/// All users of a directory. A user's number is its position, in units of [`ALIGNMENT`]; numbers ascend as users are added.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// None is longer than [`PIECE_SIZE`], and no record continues in the next one.
    pieces: Vec<Vec<u8>>,
    len: usize,
}

impl Records {
    /// Adds a user; `None` if a text or all of them together are too long.
    pub(super) fn push(&mut self, line: u32, texts: [&str; 3]) -> Option<()> {
        let header = Header::new(line, texts)?;
        let size = header.size() + texts.iter().map(|text| text.len()).sum::<usize>();
        let piece = self.piece_with_room(size)?;
        header.write(piece);
        for text in texts {
            piece.extend(text.as_bytes());
        }
        piece.resize(piece.len().next_multiple_of(ALIGNMENT), 0);
        self.len += 1;
        Some(())
    }

    /// Appends the users of `other`. Returns those for which no number is left.
    pub(super) fn append(&mut self, other: &Self) -> usize {
        let before = self.len;
        for piece in &other.pieces {
            self.append_piece(piece);
        }
        other.len - (self.len - before)
    }

    fn append_piece(&mut self, mut records: &[u8]) {
        while let Some((_, first)) = read(records) {
            let Some(piece) = self.piece_with_room(first) else {
                return;
            };
            let room = PIECE_SIZE.saturating_sub(piece.len());
            let (mut end, mut users) = (0, 0);
            while let Some((_, size)) = records.get(end..).and_then(read) {
                if end + size > room {
                    break;
                }
                end += size;
                users += 1;
            }
            let (taken, rest) = records.split_at_checked(end).unwrap_or((records, &[]));
            piece.extend(taken);
            self.len += users;
            records = rest;
        }
    }

    /// The last piece if the record fits into it, otherwise a new one; `None` if no numbers are left.
    fn piece_with_room(&mut self, size: usize) -> Option<&mut Vec<u8>> {
        let fits = |piece: &Vec<u8>| piece.len() + size.next_multiple_of(ALIGNMENT) <= PIECE_SIZE;
        if !self.pieces.last().is_some_and(fits) {
            number_of(self.pieces.len(), 0)?;
            // The first one grows as needed: most directories are small.
            let piece = if self.pieces.is_empty() {
                Vec::new()
            } else {
                Vec::with_capacity(PIECE_SIZE)
            };
            self.pieces.push(piece);
        }
        self.pieces.last_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, number: u32) -> Option<User<'_>> {
        let place = usize::try_from(number).ok()?;
        let piece = self.pieces.get(place / NUMBERS)?;
        Some(read(piece.get(place % NUMBERS * ALIGNMENT..)?)?.0)
    }

    /// Returns the users with their numbers, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (User<'_>, u32)> {
        self.pieces.iter().enumerate().flat_map(|(index, piece)| {
            let mut at = 0;
            core::iter::from_fn(move || {
                let (user, size) = read(piece.get(at..)?)?;
                let number = number_of(index, at)?;
                at += size;
                Some((user, number))
            })
        })
    }

    /// Returns one of the names of each user that has it, with the user's number.
    pub(super) fn names<'d>(&'d self, name: fn(User<'d>) -> &'d str) -> impl Iterator<Item = (&'d str, u32)> {
        self.iter()
            .map(move |(user, number)| (name(user), number))
            .filter(|(name, _)| !name.is_empty())
    }
}

/// The numbers of a piece.
const NUMBERS: usize = PIECE_SIZE / ALIGNMENT;

fn number_of(piece: usize, at: usize) -> Option<u32> {
    let number = piece.checked_mul(NUMBERS)? + at / ALIGNMENT;
    u32::try_from(number).ok().filter(|number| *number < 1 << 31)
}

/// What comes before the texts of a record: the line of the export (4 bytes), and the lengths of the texts (1 byte each; or
/// [`LONG`] and 2 bytes each).
struct Header {
    line: u32,
    lengths: [u16; 3],
}

/// In place of the first length.
const LONG: u8 = u8::MAX;

impl Header {
    fn new(line: u32, texts: [&str; 3]) -> Option<Self> {
        let mut lengths = [0; 3];
        for (length, text) in lengths.iter_mut().zip(texts) {
            *length = u16::try_from(text.len()).ok()?;
        }
        Some(Self { line, lengths })
    }

    /// The lengths in one byte each, if they fit.
    fn short(&self) -> Option<[u8; 3]> {
        let [a, b, c] = self.lengths.map(|length| u8::try_from(length).ok());
        Some([a.filter(|length| *length != LONG)?, b?, c?])
    }

    fn size(&self) -> usize {
        if self.short().is_some() { 7 } else { 11 }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.line.to_le_bytes());
        if let Some(lengths) = self.short() {
            out.extend(lengths);
        } else {
            out.push(LONG);
            out.extend(self.lengths.map(u16::to_le_bytes).as_flattened());
        }
    }

    fn read(record: &[u8]) -> Option<(Self, &[u8])> {
        let (line, rest) = record.split_first_chunk()?;
        let line = u32::from_le_bytes(*line);
        match *rest {
            [LONG, a0, a1, b0, b1, c0, c1, ref texts @ ..] => {
                let lengths = [[a0, a1], [b0, b1], [c0, c1]].map(u16::from_le_bytes);
                Some((Self { line, lengths }, texts))
            }
            [a, b, c, ref texts @ ..] => {
                let lengths = [a, b, c].map(u16::from);
                Some((Self { line, lengths }, texts))
            }
            _ => None,
        }
    }
}

/// The first user of these records, and the size of its record.
fn read(records: &[u8]) -> Option<(User<'_>, usize)> {
    let (header, texts) = Header::read(records)?;
    let [name, on_premises, ids] = header.lengths.map(usize::from);
    let (name, texts) = texts.split_at_checked(name)?;
    let (on_premises, texts) = texts.split_at_checked(on_premises)?;
    let (ids, _) = texts.split_at_checked(ids)?;
    let size = header.size() + name.len() + on_premises.len() + ids.len();
    let line = header.line;
    Some((
        User {
            name,
            on_premises,
            ids,
            line,
        },
        size.next_multiple_of(ALIGNMENT),
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
