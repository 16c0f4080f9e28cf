//! The PIN as a value: shown to nobody, stored nowhere, spent with care.

use std::fmt;

use zeroize::Zeroizing;

/// A PIN or PUK that the user typed. Wiped from memory when dropped.
///
/// ```
/// use card_access::Pin;
///
/// let pin = Pin::new(String::from("123456"));
/// assert_eq!(format!("{pin:?}"), "Pin(redacted)");
/// ```
#[derive(Clone)]
pub struct Pin(Zeroizing<Vec<u8>>);

impl Pin {
    /// Takes the PIN over: the text's own memory becomes the PIN's, and is wiped with it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }

    /// The characters, as UTF-8, for a [`Token`](crate::Token) to hand on.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pin {
    /// Not even the length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

/// One try at a PIN: where the PIN comes from, and whether the try may be the final one.
///
/// ```
/// use card_access::{FinalTry, Pin, PinEntry, PinSource};
///
/// let pin = Pin::new(String::from("123456"));
/// assert_eq!(pin.as_bytes(), b"123456");
/// let careful = PinEntry::typed(&pin);
/// assert_eq!(careful.final_try(), FinalTry::Refuse);
/// assert_eq!(careful.allow_final_try().final_try(), FinalTry::Allow);
/// assert!(matches!(PinEntry::on_reader().source(), PinSource::OnReader));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PinEntry<'a> {
    source: PinSource<'a>,
    final_try: FinalTry,
}

impl<'a> PinEntry<'a> {
    /// A PIN that was typed on the host.
    #[must_use]
    pub fn typed(pin: &'a Pin) -> Self {
        Self {
            source: PinSource::Typed(pin),
            final_try: FinalTry::Refuse,
        }
    }

    /// The user types the PIN on the reader or the token itself; the host never sees it.
    #[must_use]
    pub fn on_reader() -> Self {
        Self {
            source: PinSource::OnReader,
            final_try: FinalTry::Refuse,
        }
    }

    /// Lets this entry be the final try, after which a wrong PIN blocks the token. Ask the user first.
    #[must_use]
    pub fn allow_final_try(self) -> Self {
        Self {
            final_try: FinalTry::Allow,
            ..self
        }
    }

    /// Where the PIN comes from.
    #[must_use]
    pub fn source(&self) -> PinSource<'a> {
        self.source
    }

    /// Whether this may be the final try.
    #[must_use]
    pub fn final_try(&self) -> FinalTry {
        self.final_try
    }
}

/// Where a PIN comes from.
#[derive(Clone, Copy, Debug)]
pub enum PinSource<'a> {
    /// The reader's or the token's own keys.
    OnReader,
    /// The host.
    Typed(&'a Pin),
}

/// What to do when only one try is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalTry {
    /// Spend it.
    Allow,
    /// Fail with [`FinalTryRefused`](crate::ErrorKind::FinalTryRefused) and leave the counter alone.
    Refuse,
}

/// How a token's PIN stands.
///
/// ```
/// use card_access::PinStatus;
///
/// assert_eq!(PinStatus::from_tries_left(1), PinStatus::FinalTry);
/// assert_eq!(PinStatus::FinalTry.tries_left(), Some(1));
/// assert_eq!(PinStatus::Low.tries_left(), None); // few, but how many is not told
/// assert_eq!(PinStatus::TriesLeft(3).code(), "tries-left");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "status", content = "tries_left", rename_all = "kebab-case")
)]
pub enum PinStatus {
    /// No try is left: the PUK or the issuer must help.
    Blocked,
    /// One wrong PIN blocks the token.
    FinalTry,
    /// At least one try was spent; the token doesn't say how many are left (PKCS#11's `CKF_USER_PIN_COUNT_LOW`).
    Low,
    /// No PIN is asked for.
    NotNeeded,
    /// So many tries are left, more than one.
    TriesLeft(u8),
    /// The token doesn't tell.
    Unknown,
    /// Another program had the PIN verified and did not take it back, as OpenSC's module leaves a PIV card: the card would
    /// sign for anyone. Who signs in must be asked for the PIN all the same; it is checked, and taken back afterwards.
    Verified,
}

impl PinStatus {
    /// The status for a counter of the tries that are left.
    #[must_use]
    pub fn from_tries_left(tries: u8) -> Self {
        match tries {
            0 => Self::Blocked,
            1 => Self::FinalTry,
            more => Self::TriesLeft(more),
        }
    }

    /// A word for programs, the same over versions: `blocked`, `final-try`, `low`, `not-needed`, `tries-left`, `unknown`,
    /// `verified`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::FinalTry => "final-try",
            Self::Low => "low",
            Self::NotNeeded => "not-needed",
            Self::TriesLeft(_) => "tries-left",
            Self::Unknown => "unknown",
            Self::Verified => "verified",
        }
    }

    /// The tries that are left, where their number is known.
    #[must_use]
    pub fn tries_left(self) -> Option<u8> {
        match self {
            Self::Blocked => Some(0),
            Self::FinalTry => Some(1),
            Self::TriesLeft(tries) => Some(tries),
            Self::Low | Self::NotNeeded | Self::Unknown | Self::Verified => None,
        }
    }
}

impl fmt::Display for PinStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked => f.write_str("blocked"),
            Self::FinalTry => f.write_str("one try left"),
            Self::Low => f.write_str("few tries left"),
            Self::NotNeeded => f.write_str("not needed"),
            Self::TriesLeft(tries) => write!(f, "{tries} tries left"),
            Self::Unknown => f.write_str("not told"),
            Self::Verified => f.write_str("left verified by another program"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PinStatus;

    #[test]
    fn a_counter_survives_the_way_through_the_status() {
        for tries in 0..=u8::MAX {
            assert_eq!(PinStatus::from_tries_left(tries).tries_left(), Some(tries));
        }
    }
}
