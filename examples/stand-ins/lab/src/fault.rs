//! Faults of a virtual card.

use std::fmt;

/// A fault of one APDU, before it reaches the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer has no bytes: the card leaves the reader for an instant and returns without power. pcscd sees the swap at its next
    /// poll, in about half a second; until then commands fail.
    Empty,
    /// There is no answer until the card is removed.
    Hang,
    /// The answer is half a status word.
    OneByte,
    /// The answer has 60,000 bytes and the status word 9000.
    OverLong,
    /// The card leaves the reader during the command.
    Removed,
    /// The card loses power and returns before it answers: nothing is selected, no PIN is verified.
    Reset,
    /// This status word replaces the answer; the firmware does not see the command.
    Status(u16),
    /// One bit of the last data byte of the answer is inverted: a wrong signature, a broken certificate.
    WrongData,
}

/// The form of the virtual card's command line.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Hang => f.write_str("hang"),
            Self::OneByte => f.write_str("one-byte"),
            Self::OverLong => f.write_str("over-long"),
            Self::Removed => f.write_str("removed"),
            Self::Reset => f.write_str("reset"),
            Self::Status(word) => write!(f, "status={word:04X}"),
            Self::WrongData => f.write_str("wrong-data"),
        }
    }
}
