//! Faults: what goes wrong, and at which APDU, in front of the real firmware.

use std::{fmt, str::FromStr};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No byte at all: the card is out of the reader for an instant, and without power.
    Empty,
    /// No answer until the card is taken out.
    Hang,
    /// Half a status word.
    OneByte,
    /// Far more data than was asked for.
    OverLong,
    /// The card leaves the reader in the middle of the command.
    Removed,
    /// The card loses power and comes back: nothing selected, no PIN verified.
    Reset,
    /// This status word instead of the answer; the firmware never sees the command.
    Status([u8; 2]),
    /// The right answer with one bit of its last data byte turned.
    WrongData,
}

/// A fault and the APDU that it strikes, counted from 1 from the moment it is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: u32,
    pub(crate) kind: Kind,
}

impl Fault {
    /// Counts one APDU; true when this is the one to strike.
    pub(crate) fn strikes(&mut self) -> bool {
        self.at = self.at.saturating_sub(1);
        self.at == 0
    }
}

/// The answer with one bit of its data turned; an answer without data stays as it is.
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

/// The text is no fault.
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
