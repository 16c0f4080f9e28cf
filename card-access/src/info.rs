//! What a token is.

use std::fmt;

use crate::shown::Shown;

/// Which token: enough to open it again, and to notice that another card took its place.
///
/// ```
/// use card_access::{Backend, TokenId};
///
/// let card = TokenId::new(Backend::PcSc, "Reader 00 00", "0123abcd");
/// assert_eq!(card.to_string(), "pcsc:Reader 00 00#0123abcd");
/// assert_eq!((card.backend(), card.place(), card.identity()), (Backend::PcSc, "Reader 00 00", Some("0123abcd")));
/// assert_eq!(TokenId::any_at(Backend::PcSc, "Reader 00 00").identity(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TokenId {
    backend: Backend,
    place: String,
    identity: Option<String>,
}

impl TokenId {
    /// The token `identity` at `place`.
    ///
    /// `place` is the reader's name, or the module's path with the slot; `identity` is what tells one card from
    /// another there, such as the card's GUID or serial number.
    #[must_use]
    pub fn new(backend: Backend, place: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            backend,
            place: place.into(),
            identity: Some(identity.into()),
        }
    }

    /// Any token at `place`: for a reader that the user chose by name, whichever card is in it.
    #[must_use]
    pub fn any_at(backend: Backend, place: impl Into<String>) -> Self {
        Self {
            backend,
            place: place.into(),
            identity: None,
        }
    }

    /// The way in.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The reader, or the module and slot.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What tells one card from another, unless any will do.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.backend, Shown(&self.place))?;
        self.identity
            .iter()
            .try_for_each(|identity| write!(f, "#{}", Shown(identity)))
    }
}

/// What is known about a token without its PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TokenInfo {
    /// Which token.
    pub id: TokenId,
    /// What to call it before a user.
    pub name: String,
    /// The reader that it is in, as PC/SC names it, where there is one.
    pub reader: Option<String>,
    /// The serial number or card identifier that it shows, where it has one.
    pub serial: Option<String>,
    /// The version of its firmware, where it shows one.
    pub firmware: Option<String>,
    /// Kind of token.
    #[cfg_attr(feature = "serde", serde(rename = "form"))]
    pub kind: Confidence<TokenKind>,
    /// How it is connected.
    pub interface: Confidence<Interface>,
    /// Whether the PIN can be typed on the reader or the token itself.
    pub pin_pad: PinPad,
}

impl TokenInfo {
    /// A token of which nothing but the name is known.
    #[must_use]
    pub fn new(id: TokenId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            reader: None,
            serial: None,
            firmware: None,
            kind: Confidence::Unknown,
            interface: Confidence::Unknown,
            pin_pad: PinPad::Absent,
        }
    }
}

/// A property of a token, and how certain it is.
///
/// ```
/// use card_access::{Confidence, TokenKind};
///
/// assert_eq!(Confidence::Inferred(TokenKind::SecurityKey).value(), Some(TokenKind::SecurityKey));
/// assert_eq!(Confidence::<TokenKind>::Unknown.value(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "certainty", content = "value", rename_all = "kebab-case")
)]
pub enum Confidence<T> {
    /// Inferred, for example from a name; may be wrong.
    #[cfg_attr(feature = "serde", serde(rename = "guessed"))]
    Inferred(T),
    /// Reported by the token, the reader or the backend.
    #[cfg_attr(feature = "serde", serde(rename = "known"))]
    Reported(T),
    /// Unknown.
    #[default]
    Unknown,
}

impl<T> Confidence<T> {
    /// The value, inferred or reported.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Inferred(value) | Self::Reported(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

/// Backend through which a token is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Backend {
    /// A key file on the device.
    File,
    /// The PC/SC service.
    PcSc,
    /// A PKCS#11 module.
    Pkcs11,
    /// Memory of this process.
    Soft,
    /// The user's certificate store of Windows.
    #[cfg_attr(feature = "serde", serde(rename = "windows-store"))]
    WindowsStore,
}

impl Backend {
    /// Stable name for programs: `file`, `pcsc`, `pkcs11`, `soft`, `windows-store`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::PcSc => "pcsc",
            Self::Pkcs11 => "pkcs11",
            Self::Soft => "soft",
            Self::WindowsStore => "windows-store",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum TokenKind {
    /// A card in a reader.
    Card,
    /// A certificate and key that the device itself keeps.
    OnDevice,
    /// A key that is its own reader, such as a `YubiKey` or a Nitrokey.
    SecurityKey,
    /// A virtual card: a TPM or software behind a virtual reader.
    Virtual,
}

impl TokenKind {
    /// Stable name for programs: `card`, `on-device`, `security-key`, `virtual`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::OnDevice => "on-device",
            Self::SecurityKey => "security-key",
            Self::Virtual => "virtual",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How a token is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Interface {
    /// Through contacts (ISO/IEC 7816-3) or USB.
    Contact,
    /// Through the air (ISO/IEC 14443).
    Contactless,
    /// Not at all: it is part of the device.
    None,
}

impl Interface {
    /// Stable name for programs: `contact`, `contactless`, `none`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Contactless => "contactless",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Where a PIN can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum PinPad {
    /// On the host only: use [`PinEntry::typed`](crate::PinEntry::typed).
    Absent,
    /// On the reader or the token: [`PinEntry::on_reader`](crate::PinEntry::on_reader) works too.
    Present,
}

impl PinPad {
    /// Stable name for programs: `absent`, `present`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Present => "present",
        }
    }
}
