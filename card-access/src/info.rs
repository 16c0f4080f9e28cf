//! Tokens: identifier, properties, kind and interface.

use std::fmt;

use crate::shown::Shown;

/// Identifier of a token. It opens the token again, and reveals that another card took its place.
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
    /// Creates the identifier of the token `identity` at `place`.
    ///
    /// `place` is the reader's name, or the module's path with the slot. `identity` distinguishes cards at the same place, for
    /// example by the card's GUID or serial number.
    #[must_use]
    pub fn new(backend: Backend, place: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            backend,
            place: place.into(),
            identity: Some(identity.into()),
        }
    }

    /// Creates an identifier of any token at `place`: for a reader that the user chose by name, whichever card is in it.
    #[must_use]
    pub fn any_at(backend: Backend, place: impl Into<String>) -> Self {
        Self {
            backend,
            place: place.into(),
            identity: None,
        }
    }

    /// Backend through which the token is reached.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Reader, or module and slot.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Identity of the card; `None` if any card at the place is meant.
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

/// Properties of a token that can be read without its PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TokenInfo {
    /// Identifier.
    pub id: TokenId,
    /// Display name.
    pub name: String,
    /// Reader, by its PC/SC name; `None` if there is none.
    pub reader: Option<String>,
    /// Serial number or card identifier, if the token reports one.
    pub serial: Option<String>,
    /// Firmware version, if the token reports one.
    pub firmware: Option<String>,
    /// Kind of token.
    #[cfg_attr(feature = "serde", serde(rename = "form"))]
    pub kind: Confidence<TokenKind>,
    /// Interface through which it is connected.
    pub interface: Confidence<Interface>,
    /// Place where the PIN can be typed: on the host only, or also on the reader or the token.
    pub pin_pad: PinPad,
}

impl TokenInfo {
    /// Creates the properties of a token from its name; everything else is unknown.
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

/// Property of a token, with its degree of certainty.
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
    /// Inferred, for example from a name. It may be wrong.
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

/// Kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum TokenKind {
    /// A card in a reader.
    Card,
    /// A certificate and key stored on this device.
    OnDevice,
    /// A security key: its reader is built in, as in a `YubiKey` or a Nitrokey.
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

/// Interface through which a token is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Interface {
    /// Through contacts (ISO/IEC 7816-3) or USB.
    Contact,
    /// Contactless (ISO/IEC 14443).
    Contactless,
    /// None: it is part of the device.
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

/// Place where the PIN can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum PinPad {
    /// On the host only, with [`PinEntry::typed`](crate::PinEntry::typed).
    Absent,
    /// Also on the reader or the token, with [`PinEntry::on_reader`](crate::PinEntry::on_reader).
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
