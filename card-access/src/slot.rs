//! Key slots of a token.

use std::{fmt, str::FromStr};

/// Key slot of a token.
///
/// ```
/// use card_access::{PivSlot, Slot};
///
/// assert_eq!("9a".parse(), Ok(Slot::Piv(PivSlot::Authentication)));
/// assert_eq!("id:01ff".parse(), Ok(Slot::Object(vec![0x01, 0xff])));
/// assert_eq!(Slot::Object(vec![0x01, 0xff]).to_string(), "id:01ff");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Slot {
    /// Object identifier, such as PKCS#11's `CKA_ID`.
    Object(Vec<u8>),
    /// Key of the PIV card application.
    Piv(PivSlot),
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(id) => write!(f, "id:{}", Hex(id)),
            Self::Piv(slot) => slot.fmt(f),
        }
    }
}

impl FromStr for Slot {
    type Err = ParseSlotError;

    fn from_str(text: &str) -> Result<Self, ParseSlotError> {
        match text.strip_prefix("id:") {
            Some("") => Err(ParseSlotError),
            Some(hex) => bytes_from_hex(hex).map(Self::Object),
            None => text.parse().map(Self::Piv),
        }
    }
}

/// Key of the PIV card application (SP 800-73-5 part 1 table 5).
///
/// ```
/// use card_access::PivSlot;
///
/// assert_eq!(PivSlot::from_key_reference(0x9c), Some(PivSlot::Signature));
/// assert_eq!(PivSlot::STANDARD.map(PivSlot::key_reference), [0x9a, 0x9c, 0x9d, 0x9e]);
/// assert!(PivSlot::retired().map(PivSlot::key_reference).eq(0x82..=0x95));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PivSlot {
    /// 9A, PIV Authentication: the key for signing in.
    Authentication,
    /// 9E, Card Authentication: the key for physical access, which needs no PIN.
    CardAuthentication,
    /// 9D, Key Management: the key for decryption.
    KeyManagement,
    /// 82 to 95, retired Key Management keys, numbered from 1 to 20.
    Retired(RetiredKey),
    /// 9C, Digital Signature: the key for signing documents, which requires the PIN each time.
    Signature,
}

/// Number of a retired key management key, 1 to 20.
///
/// ```
/// use card_access::{PivSlot, RetiredKey};
///
/// let last = RetiredKey::new(20).ok_or("1 to 20")?;
/// assert_eq!(last.number(), 20);
/// assert_eq!(PivSlot::Retired(last).key_reference(), 0x95);
/// assert_eq!(RetiredKey::new(21), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RetiredKey(u8);

impl RetiredKey {
    /// Returns the key of a number; `None` unless it is 1 to 20.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (1..=20).contains(&number).then_some(Self(number))
    }

    /// Number, 1 to 20.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl PivSlot {
    /// The four standard slots, the one for signing in first.
    pub const STANDARD: [Self; 4] = [
        Self::Authentication,
        Self::Signature,
        Self::KeyManagement,
        Self::CardAuthentication,
    ];

    /// Retired slots, 82 to 95.
    pub fn retired() -> impl Iterator<Item = Self> {
        (1..=20).map(|number| Self::Retired(RetiredKey(number)))
    }

    /// Returns the slot of a key reference; `None` if it is not one of these keys.
    #[must_use]
    pub fn from_key_reference(reference: u8) -> Option<Self> {
        match reference {
            0x9a => Some(Self::Authentication),
            0x9c => Some(Self::Signature),
            0x9d => Some(Self::KeyManagement),
            0x9e => Some(Self::CardAuthentication),
            0x82..=0x95 => Some(Self::Retired(RetiredKey(reference - 0x81))),
            _ => None,
        }
    }

    /// Key reference (SP 800-73-5 part 1 table 5).
    #[must_use]
    pub fn key_reference(self) -> u8 {
        match self {
            Self::Authentication => 0x9a,
            Self::Signature => 0x9c,
            Self::KeyManagement => 0x9d,
            Self::CardAuthentication => 0x9e,
            Self::Retired(RetiredKey(number)) => 0x81 + number,
        }
    }
}

impl fmt::Display for PivSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.key_reference())
    }
}

impl FromStr for PivSlot {
    type Err = ParseSlotError;

    fn from_str(text: &str) -> Result<Self, ParseSlotError> {
        let Ok([reference]) = <[u8; 1]>::try_from(bytes_from_hex(text)?) else {
            return Err(ParseSlotError);
        };
        Self::from_key_reference(reference).ok_or(ParseSlotError)
    }
}

/// Bytes that print as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn bytes_from_hex(text: &str) -> Result<Vec<u8>, ParseSlotError> {
    let digits: Vec<u32> = text
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()
        .ok_or(ParseSlotError)?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high << 4 | low).map_err(|_| ParseSlotError),
        _ => Err(ParseSlotError),
    });
    bytes.collect()
}

/// Error of a text that is not a slot: neither `9a`, `9c`, `9d`, `9e`, `82` to `95`, nor `id:` with hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseSlotError;

impl fmt::Display for ParseSlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a key slot: write 9a, 9c, 9d, 9e, 82 to 95, or id: with hexadecimal digits")
    }
}

impl std::error::Error for ParseSlotError {}

#[cfg(test)]
mod tests {
    use super::{ParseSlotError, PivSlot, Slot};

    #[test]
    fn every_slot_reads_back_as_it_is_printed() {
        for slot in PivSlot::STANDARD.into_iter().chain(PivSlot::retired()) {
            assert_eq!(slot.to_string().parse(), Ok(Slot::Piv(slot)));
            assert_eq!(PivSlot::from_key_reference(slot.key_reference()), Some(slot));
        }
    }

    #[test]
    fn other_text_is_not_a_slot() {
        for text in [
            "", "9b", "81", "96", "0x9a", "id:", "id:1", "id:zz", "id:é0", "+9a",
        ] {
            assert_eq!(text.parse::<Slot>(), Err(ParseSlotError), "{text}");
        }
    }
}
