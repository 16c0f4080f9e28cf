//! Compact records of users: one memory read per user, without allocations.
//!
//! Everything in a record is UTF-8, also what is before its texts, so that the texts need no further checks when they are read.

use alloc::string::String;
use alloc::vec::Vec;

use super::eight::from_special;
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
    pieces: Vec<String>,
    len: usize,
}

impl Records {
    /// Adds a user; `None` if a text or all of them together are too long.
    pub(super) fn push(&mut self, line: u32, texts: [&str; 3]) -> Option<()> {
        let header = Header::new(line, texts)?;
        let size = header.size_with_texts();
        let piece = self.piece_with_room(size)?;
        header.write(piece);
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            piece.push_str(text);
        }
        let padding = size.next_multiple_of(ALIGNMENT) - size;
        piece.push_str("\0\0\0".get(..padding).unwrap_or_default());
        self.len += 1;
        Some(())
    }

    /// Appends the users of `other`. Returns the number of those for which no number is left.
    pub(super) fn append(&mut self, other: &Self) -> usize {
        let lost = other
            .pieces
            .iter()
            .map(|piece| sizes(self.append_piece(piece)).count())
            .sum();
        self.len += other.len - lost;
        lost
    }

    /// Appends records, and returns those for which no number is left.
    fn append_piece<'r>(&mut self, mut records: &'r str) -> &'r str {
        while let Some(first) = sizes(records).next() {
            let Some(piece) = self.piece_with_room(first) else {
                break;
            };
            let room = PIECE_SIZE.saturating_sub(piece.len());
            let end = if records.len() <= room {
                records.len()
            } else {
                let fitting = sizes(records).try_fold(0, |end, size| {
                    let end_after = end + size;
                    if end_after <= room {
                        Ok(end_after)
                    } else {
                        Err(end)
                    }
                });
                fitting.unwrap_or_else(|end| end)
            };
            let (taken, rest) = records.split_at_checked(end).unwrap_or((records, ""));
            piece.push_str(taken);
            records = rest;
        }
        records
    }

    /// The last piece if the record fits into it, otherwise a new one; `None` if no numbers are left.
    fn piece_with_room(&mut self, size: usize) -> Option<&mut String> {
        let fits = |piece: &String| piece.len() + size.next_multiple_of(ALIGNMENT) <= PIECE_SIZE;
        if !self.pieces.last().is_some_and(fits) {
            number_of(self.pieces.len(), 0)?;
            // The first one grows as needed: most directories are small.
            let piece = if self.pieces.is_empty() {
                String::new()
            } else {
                String::with_capacity(PIECE_SIZE)
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
        let (mut index, mut at) = (0, 0);
        core::iter::from_fn(move || {
            loop {
                let piece = self.pieces.get(index)?;
                if let Some((user, size)) = piece.get(at..).and_then(read) {
                    let number = number_of(index, at)?;
                    at += size;
                    return Some((user, number));
                }
                (index, at) = (index + 1, 0);
            }
        })
    }
}

/// The numbers of a piece.
const NUMBERS: usize = PIECE_SIZE / ALIGNMENT;

fn number_of(piece: usize, at: usize) -> Option<u32> {
    let number = piece.checked_mul(NUMBERS)? + at / ALIGNMENT;
    u32::try_from(number).ok().filter(|number| *number < 1 << 31)
}

/// What comes before the texts of a record: the line of the export and the lengths of the texts.
struct Header {
    line: u32,
    lengths: [u16; 3],
}

/// In place of the first length: the lengths follow in three bytes each.
const LONG: u8 = 0x7F;

impl Header {
    fn new(line: u32, texts: [&str; 3]) -> Option<Self> {
        let mut lengths = [0; 3];
        for (length, text) in lengths.iter_mut().zip(texts) {
            *length = u16::try_from(text.len()).ok()?;
        }
        Some(Self { line, lengths })
    }

    /// Whether each length fits into one byte.
    fn is_short(&self) -> bool {
        self.lengths.iter().all(|length| *length < u16::from(LONG))
    }

    fn size(&self) -> usize {
        if self.is_short() { 8 } else { 15 }
    }

    fn size_with_texts(&self) -> usize {
        self.lengths
            .iter()
            .fold(self.size(), |size, length| size + usize::from(*length))
    }

    fn write(&self, out: &mut String) {
        let [l0, l1, l2, l3, l4] = in_sevens(self.line);
        let lengths = self.lengths.map(u32::from);
        if self.is_short() {
            let [[a], [b], [c]] = lengths.map(in_sevens);
            push(out, [l0, l1, l2, l3, l4, a, b, c]);
        } else {
            let [[a0, a1, a2], [b0, b1, b2], [c0, c1, c2]] = lengths.map(in_sevens);
            push(
                out,
                [l0, l1, l2, l3, l4, LONG, a0, a1, a2, b0, b1, b2, c0, c1, c2],
            );
        }
    }

    #[inline]
    fn read(record: &[u8]) -> Option<Self> {
        let (line, rest) = record.split_first_chunk::<5>()?;
        let lengths = match *rest {
            [LONG, a0, a1, a2, b0, b1, b2, c0, c1, c2, ..] => {
                let [a, b, c] = [[a0, a1, a2], [b0, b1, b2], [c0, c1, c2]].map(from_sevens);
                [a, b, c].map(|length| u16::try_from(length).unwrap_or_default())
            }
            [a, b, c, ..] => [a, b, c].map(u16::from),
            _ => return None,
        };
        Some(Self {
            line: from_sevens(*line),
            lengths,
        })
    }
}

/// Appends bytes below 0x80.
fn push<const COUNT: usize>(out: &mut String, ascii: [u8; COUNT]) {
    out.push_str(core::str::from_utf8(&ascii).unwrap_or_default());
}

/// A number as bytes below 0x80, the lowest first.
fn in_sevens<const COUNT: usize>(mut number: u32) -> [u8; COUNT] {
    [(); COUNT].map(|()| {
        let low = u8::try_from(number & 0x7F).unwrap_or_default();
        number >>= 7;
        low
    })
}

#[inline]
fn from_sevens<const COUNT: usize>(bytes: [u8; COUNT]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 7 | u32::from(*byte))
}

/// The sizes of these records.
fn sizes(mut records: &str) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let size = Header::read(records.as_bytes())?
            .size_with_texts()
            .next_multiple_of(ALIGNMENT);
        records = records.get(size..).unwrap_or_default();
        Some(size)
    })
}

/// The first user of these records, and the size of its record.
#[inline]
fn read(records: &str) -> Option<(User<'_>, usize)> {
    let header = Header::read(records.as_bytes())?;
    let start = header.size();
    let [name, on_premises, ids] = header.lengths.map(usize::from);
    let on_premises_start = start + name;
    let ids_start = on_premises_start + on_premises;
    let end = ids_start + ids;
    let user = User {
        name: records.get(start..on_premises_start)?,
        on_premises: records.get(on_premises_start..ids_start)?,
        ids: records.get(ids_start..end)?,
        line: header.line,
    };
    Some((user, end.next_multiple_of(ALIGNMENT)))
}

/// A user in a [`UserDirectory`](super::UserDirectory).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User<'d> {
    name: &'d str,
    on_premises: &'d str,
    /// One value per line.
    ids: &'d str,
    line: u32,
}

impl<'d> User<'d> {
    /// The line of the export that the user comes from; 0 for a user from code.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn name(self) -> &'d str {
        self.name
    }

    pub(super) fn on_premises_name(self) -> &'d str {
        self.on_premises
    }

    pub(super) fn ids(self) -> impl Iterator<Item = &'d str> + Clone {
        values_of(self.ids)
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

/// The values of a text that has one per line.
pub(super) fn values_of(text: &str) -> impl Iterator<Item = &str> + Clone {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (value, after) = rest.split_at_checked(line_length(rest.as_bytes()))?;
        rest = after.get(1..).unwrap_or_default();
        // None of them is empty.
        Some(value).filter(|value| !value.is_empty())
    })
}

/// The number of bytes before the first line end.
fn line_length(text: &[u8]) -> usize {
    let mut rest = text;
    loop {
        rest = from_special(rest, b'\n');
        match rest {
            [] | [b'\n', ..] => return text.len() - rest.len(),
            [_, more @ ..] => rest = more,
        }
    }
}
