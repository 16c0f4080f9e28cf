//! Faults of single APDUs, before they reach the firmware.

use std::{fmt, str::FromStr};

/// The kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No bytes: the card leaves the reader for an instant and loses its power.
    Empty,
    /// No answer until the card is removed.
    Hang,
    /// Half a status word.
    OneByte,
    /// Much more data than requested.
    OverLong,
    /// The card leaves the reader during the command.
    Removed,
    /// The card loses power and returns: nothing is selected, no PIN is verified.
    Reset,
    /// This status word replaces the answer; the firmware does not see the command.
    Status([u8; 2]),
    /// One bit of the last data byte of the answer is inverted.
    WrongData,
}

/// A fault and the number of its APDU, counted from 1 from the moment it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: u32,
    pub(crate) kind: Kind,
}

impl Fault {
    /// Counts an APDU. Returns whether this one has the fault.
    pub(crate) fn strikes(&mut self) -> bool {
        self.at = self.at.saturating_sub(1);
        self.at == 0
    }
}

/// The answer with one bit of its data inverted; an answer without data is unchanged.
pub(crate) fn wrong_data(mut answer: Vec<u8>) -> Vec<u8> {
    if let [.., last, _, _] = answer.as_mut_slice() {
        *last ^= 1;
    }
    answer
}

impl FromStr for Fault {
    type Err = NotAFault;

    fn from_str(text: &str) -> Result<Self, NotAFault> {
        let (at, kind) = text.split_once(':').ok_or(NotAFault)?;
        let kind = match kind.split_once('=') {
            Some(("status", word)) if word.len() == 4 && !word.starts_with('+') => Kind::Status(
                u16::from_str_radix(word, 16)
                    .map_err(|_| NotAFault)?
                    .to_be_bytes(),
            ),
            None => match kind {
                "empty" => Kind::Empty,
                "hang" => Kind::Hang,
                "one-byte" => Kind::OneByte,
                "over-long" => Kind::OverLong,
                "removed" => Kind::Removed,
                "reset" => Kind::Reset,
                "wrong-data" => Kind::WrongData,
                _ => return Err(NotAFault),
            },
            Some(_) => return Err(NotAFault),
        };
        match at.parse() {
            Ok(0) | Err(_) => Err(NotAFault),
            Ok(at) => Ok(Self { at, kind }),
        }
    }
}

/// The text is not a fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAFault;

impl fmt::Display for NotAFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a fault is N:KIND, N from 1, KIND one of empty, hang, one-byte, over-long, removed, reset, status=6F00, \
             wrong-data",
        )
    }
}

impl std::error::Error for NotAFault {}
