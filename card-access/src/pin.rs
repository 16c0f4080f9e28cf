//! PINs, and [the rule](PinStatus::check_try) for spending a try.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::ErrorKind;

/// PIN or PUK. Its memory is wiped on drop, and `Debug` does not print it.
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
    /// Creates a PIN from text. It takes over the string's memory and wipes it on drop.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }

    /// Creates a PIN from a line of input. The line end is removed in place, and nothing else.
    ///
    /// It takes over the line's memory and wipes it on drop. A `String` that grows while it is read leaves copies behind, so
    /// reserve enough capacity first.
    ///
    /// ```
    /// use card_access::Pin;
    ///
    /// let mut line = String::with_capacity(256);
    /// # let mut input = &b"123456\r\n"[..];
    /// std::io::BufRead::read_line(&mut input, &mut line)?;
    /// assert_eq!(Pin::from_line(line).as_bytes(), b"123456");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn from_line(line: String) -> Self {
        let mut pin = Self::new(line);
        let end = pin.0.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        let end = end.map_or(0, |last| last + 1);
        if let Some(line_end) = pin.0.get_mut(end..) {
            line_end.zeroize();
        }
        pin.0.truncate(end);
        pin
    }

    /// Characters of the PIN, in UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the PIN is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Pin {
    /// Prints neither the PIN nor its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

/// One try at the PIN: the source of the PIN, and what the caller permits.
///
/// ```
/// use card_access::{FinalTryPolicy, Pin, PinEntry, PinSource, ShortPinPolicy};
///
/// let pin = Pin::new(String::from("123456"));
/// assert_eq!(pin.as_bytes(), b"123456");
/// let careful = PinEntry::typed(&pin);
/// assert_eq!((careful.final_try(), careful.short_pin()), (FinalTryPolicy::Refuse, ShortPinPolicy::Refuse));
/// assert_eq!(careful.allow_final_try().final_try(), FinalTryPolicy::Allow);
/// assert_eq!(careful.allow_short_pin().short_pin(), ShortPinPolicy::Allow);
/// assert!(matches!(PinEntry::on_reader().source(), PinSource::OnReader));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PinEntry<'a> {
    source: PinSource<'a>,
    final_try: FinalTryPolicy,
    short_pin: ShortPinPolicy,
}

impl<'a> PinEntry<'a> {
    /// Creates an entry with a PIN that was typed on the host.
    #[must_use]
    pub fn typed(pin: &'a Pin) -> Self {
        Self::new(PinSource::Typed(pin))
    }

    /// Creates an entry for a PIN that the user types on the reader or the token. The host never sees it.
    #[must_use]
    pub fn on_reader() -> Self {
        Self::new(PinSource::OnReader)
    }

    fn new(source: PinSource<'a>) -> Self {
        Self {
            source,
            final_try: FinalTryPolicy::Refuse,
            short_pin: ShortPinPolicy::Refuse,
        }
    }

    /// Permits a try that is the last one, or that may be the last one because the counter cannot be read. A wrong PIN then
    /// blocks the token: ask the user first.
    #[must_use]
    pub fn allow_final_try(self) -> Self {
        Self {
            final_try: FinalTryPolicy::Allow,
            ..self
        }
    }

    /// Permits a PIN of 4 or 5 characters on a PIV card. SP 800-73-5 (part 2 section 2.4.3) requires 6 to 8, and a shorter PIN
    /// is usually a mistake, so it is not sent without this permission. Some cards do have such a PIN.
    #[must_use]
    pub fn allow_short_pin(self) -> Self {
        Self {
            short_pin: ShortPinPolicy::Allow,
            ..self
        }
    }

    /// Source of the PIN.
    #[must_use]
    pub fn source(&self) -> PinSource<'a> {
        self.source
    }

    /// Whether a final try is permitted.
    #[must_use]
    pub fn final_try(&self) -> FinalTryPolicy {
        self.final_try
    }

    /// Whether a PIN shorter than the standard's is permitted.
    #[must_use]
    pub fn short_pin(&self) -> ShortPinPolicy {
        self.short_pin
    }
}

/// Source of a PIN.
#[derive(Clone, Copy, Debug)]
pub enum PinSource<'a> {
    /// Typed on the reader or the token.
    OnReader,
    /// Typed on the host.
    Typed(&'a Pin),
}

/// Policy for a try that may be the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalTryPolicy {
    /// Make the try.
    Allow,
    /// Fail with [`FinalTryRefused`](ErrorKind::FinalTryRefused) or [`TriesUnknown`](ErrorKind::TriesUnknown), without spending
    /// a try.
    Refuse,
}

/// Policy for a PIN of 4 or 5 characters on a PIV card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortPinPolicy {
    /// Send it.
    Allow,
    /// Fail with [`PinFormat`](ErrorKind::PinFormat), without sending anything.
    Refuse,
}

/// State of a token's PIN.
///
/// ```
/// use card_access::PinStatus;
///
/// assert_eq!(PinStatus::from_tries_left(1), PinStatus::FinalTry);
/// assert_eq!(PinStatus::FinalTry.tries_left(), Some(1));
/// assert_eq!(PinStatus::Low.tries_left(), None); // the number is not reported
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
    /// No try is left. The PUK or the issuer is required.
    Blocked,
    /// The token reports that the PIN must be changed first: it is the issuer's initial PIN, or it has expired (PKCS#11's
    /// `CKF_USER_PIN_TO_BE_CHANGED`). A signature most likely fails with [`PinChangeRequired`](ErrorKind::PinChangeRequired).
    ChangeRequired,
    /// One try is left. A wrong PIN blocks the token.
    FinalTry,
    /// A wrong PIN was entered since the last login. The number of tries left is not reported (PKCS#11's
    /// `CKF_USER_PIN_COUNT_LOW`).
    Low,
    /// No wrong PIN is reported since the last login (a PKCS#11 token with none of the PIN flags set).
    NotLow,
    /// No PIN is required.
    NotNeeded,
    /// Number of tries left, two or more.
    TriesLeft(u8),
    /// The number of tries left cannot be read. The next try may be the last.
    Unknown,
    /// A PIN is required, and wrong ones never block the token (password of a key file).
    Unlimited,
    /// Another program verified the PIN and did not log out, as OpenSC's module does with a PIV card, so the card would sign
    /// for anyone. The user must be asked for the PIN nevertheless: it is checked, and the card is logged out afterwards.
    Verified,
}

impl PinStatus {
    /// Returns the status for a number of tries left.
    #[must_use]
    pub fn from_tries_left(tries: u8) -> Self {
        match tries {
            0 => Self::Blocked,
            1 => Self::FinalTry,
            more => Self::TriesLeft(more),
        }
    }

    /// Stable name for programs: `blocked`, `change-required`, `final-try`, `low`, `not-low`, `not-needed`, `tries-left`,
    /// `unknown`, `unlimited`, `verified`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::ChangeRequired => "change-required",
            Self::FinalTry => "final-try",
            Self::Low => "low",
            Self::NotLow => "not-low",
            Self::NotNeeded => "not-needed",
            Self::TriesLeft(_) => "tries-left",
            Self::Unknown => "unknown",
            Self::Unlimited => "unlimited",
            Self::Verified => "verified",
        }
    }

    /// Number of tries left, if it is known.
    #[must_use]
    pub fn tries_left(self) -> Option<u8> {
        match self {
            Self::Blocked => Some(0),
            Self::FinalTry => Some(1),
            Self::TriesLeft(tries) => Some(tries),
            Self::ChangeRequired
            | Self::Low
            | Self::NotLow
            | Self::NotNeeded
            | Self::Unknown
            | Self::Unlimited
            | Self::Verified => None,
        }
    }

    /// Checks whether a try may be made.
    ///
    /// A PIN is sent only if the token has shown that this cannot be the last try, or if the caller has permitted the last try
    /// with [`PinEntry::allow_final_try`]. A counter that cannot be read is treated as one that may be at its last try:
    ///
    /// | status before the try | without the permission | with it |
    /// |---|---|---|
    /// | [`TriesLeft`](PinStatus::TriesLeft), two or more | sent | sent |
    /// | [`NotLow`](PinStatus::NotLow), [`Low`](PinStatus::Low), [`ChangeRequired`](PinStatus::ChangeRequired): PKCS#11 flags without "final try" | sent | sent |
    /// | [`Unlimited`](PinStatus::Unlimited), [`NotNeeded`](PinStatus::NotNeeded) | sent | sent |
    /// | [`FinalTry`](PinStatus::FinalTry) | [`FinalTryRefused`](ErrorKind::FinalTryRefused) | sent |
    /// | [`Unknown`](PinStatus::Unknown) | [`TriesUnknown`](ErrorKind::TriesUnknown) | sent |
    /// | [`Verified`](PinStatus::Verified) | a PIV card is logged out and asked again; `TriesUnknown` if that fails | sent |
    /// | [`Blocked`](PinStatus::Blocked) | [`PinBlocked`](ErrorKind::PinBlocked) | sent; to a PKCS#11 token not even then |
    ///
    /// A PKCS#11 module has flags instead of a counter (PKCS #11 v3.1 section 3.2, `CKF_USER_PIN_FINAL_TRY`). The standard
    /// allows a token to leave them always clear, so clear flags show less than a counter does. They are accepted nevertheless:
    /// otherwise every sign-in with a TPM or a software token would need the permission, and a permission that is always given
    /// protects nobody. Flags that cannot be read at all are `Unknown`, as an unreadable counter is. Other flags refuse
    /// nothing: `CKF_USER_PIN_INITIALIZED` is missing on tokens whose PIN works, and `C_Login` reports the real state without a
    /// try.
    ///
    /// Every token of this crate applies the rule before it sends a PIN. A program should apply it before it asks for the PIN,
    /// so that the user does not type a PIN that is then refused.
    ///
    /// ```
    /// use card_access::{ErrorKind, FinalTryPolicy, PinStatus};
    ///
    /// assert_eq!(PinStatus::TriesLeft(2).check_try(FinalTryPolicy::Refuse), Ok(()));
    /// assert_eq!(PinStatus::FinalTry.check_try(FinalTryPolicy::Refuse), Err(ErrorKind::FinalTryRefused));
    /// assert_eq!(PinStatus::Unknown.check_try(FinalTryPolicy::Refuse), Err(ErrorKind::TriesUnknown));
    /// assert_eq!(PinStatus::Unknown.check_try(FinalTryPolicy::Allow), Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// [`FinalTryRefused`](ErrorKind::FinalTryRefused), [`PinBlocked`](ErrorKind::PinBlocked) or
    /// [`TriesUnknown`](ErrorKind::TriesUnknown). With the permission the token itself decides: a try at a blocked PIN costs
    /// nothing.
    pub fn check_try(self, final_try: FinalTryPolicy) -> Result<(), ErrorKind> {
        match (self, final_try) {
            (Self::Blocked, FinalTryPolicy::Refuse) => Err(ErrorKind::PinBlocked),
            (Self::FinalTry, FinalTryPolicy::Refuse) => Err(ErrorKind::FinalTryRefused),
            (Self::Unknown, FinalTryPolicy::Refuse) => Err(ErrorKind::TriesUnknown),
            // The counter of a verified PIN is unknown: a PIV card is logged out and asked again.
            _ => Ok(()),
        }
    }
}

impl fmt::Display for PinStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked => f.write_str("blocked"),
            Self::ChangeRequired => f.write_str("must be changed first"),
            Self::FinalTry => f.write_str("one try left"),
            Self::Low => f.write_str("few tries left"),
            Self::NotLow => f.write_str("no wrong PIN reported"),
            Self::NotNeeded => f.write_str("not required"),
            Self::TriesLeft(tries) => write!(f, "{tries} tries left"),
            Self::Unknown => f.write_str("number of tries left unknown"),
            Self::Unlimited => f.write_str("unlimited tries"),
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
