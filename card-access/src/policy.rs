//! What a key wants at its use.

use crate::Confidence;

/// What a key wants at its use, beside being asked.
///
/// ```
/// use card_access::{KeyPolicy, PinPolicy, Confidence, TouchPolicy};
///
/// let policy = KeyPolicy::new(Confidence::Reported(PinPolicy::EveryUse), Confidence::Unknown);
/// assert_eq!((policy.pin.value(), policy.touch.value()), (Some(PinPolicy::EveryUse), None::<TouchPolicy>));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KeyPolicy {
    /// When the PIN is wanted.
    pub pin: Confidence<PinPolicy>,
    /// When a touch is wanted.
    pub touch: Confidence<TouchPolicy>,
}

impl KeyPolicy {
    /// What is known of a key's policy.
    #[must_use]
    pub fn new(pin: Confidence<PinPolicy>, touch: Confidence<TouchPolicy>) -> Self {
        Self { pin, touch }
    }
}

/// When a key wants the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum PinPolicy {
    /// Right before every use.
    EveryUse,
    /// Never.
    Never,
    /// Once, until it is forgotten.
    Once,
}

impl PinPolicy {
    /// Stable name for programs: `every-use`, `never`, `once`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EveryUse => "every-use",
            Self::Never => "never",
            Self::Once => "once",
        }
    }
}

/// When a key wants to be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum TouchPolicy {
    /// At a use, unless it was touched some seconds ago.
    Cached,
    /// At every use.
    EveryUse,
    /// Never.
    Never,
}

impl TouchPolicy {
    /// Stable name for programs: `cached`, `every-use`, `never`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::EveryUse => "every-use",
            Self::Never => "never",
        }
    }
}
