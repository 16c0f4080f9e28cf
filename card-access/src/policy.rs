//! What a key wants at its use.

use crate::Told;

/// What a key wants at its use, beside being asked.
///
/// ```
/// use card_access::{KeyPolicy, PinUse, Told, TouchUse};
///
/// let policy = KeyPolicy::new(Told::Known(PinUse::EveryUse), Told::Unknown);
/// assert_eq!((policy.pin.value(), policy.touch.value()), (Some(PinUse::EveryUse), None::<TouchUse>));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KeyPolicy {
    /// When the PIN is wanted.
    pub pin: Told<PinUse>,
    /// When a touch is wanted.
    pub touch: Told<TouchUse>,
}

impl KeyPolicy {
    /// What is known of a key's policy.
    #[must_use]
    pub fn new(pin: Told<PinUse>, touch: Told<TouchUse>) -> Self {
        Self { pin, touch }
    }
}

/// When a key wants the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum PinUse {
    /// Right before every use.
    EveryUse,
    /// Never.
    Never,
    /// Once, until it is forgotten.
    Once,
}

/// When a key wants to be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum TouchUse {
    /// At a use, unless it was touched some seconds ago.
    Cached,
    /// At every use.
    EveryUse,
    /// Never.
    Never,
}
