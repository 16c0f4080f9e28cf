//! What a virtual card can do wrong.

use std::fmt;

/// A fault that strikes one APDU, in front of the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer has no byte at all: the card is out of the reader for an instant, and comes back without power. pcscd
    /// sees the swap when it looks at the reader the next time, in about half a second; until then commands fail.
    Empty,
    /// There is no answer until the card is taken out.
    Hang,
    /// The answer is half a status word.
    OneByte,
    /// The answer has 60,000 bytes and the status word 9000.
    OverLong,
    /// The card leaves the reader in the middle of the command.
    Removed,
    /// The card loses power and comes back before it answers: nothing is selected, no PIN verified.
    Reset,
    /// This status word comes instead of the answer; the firmware does not see the command.
    Status(u16),
    /// The right answer comes with one bit of its last data byte turned: a wrong signature, a broken certificate.
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
