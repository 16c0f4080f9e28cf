//! PIN and touch policy of keys.

use crate::Confidence;

/// PIN and touch policy of a key.
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
    /// PIN policy.
    pub pin: Confidence<PinPolicy>,
    /// Touch policy.
    pub touch: Confidence<TouchPolicy>,
}

impl KeyPolicy {
    /// Creates a policy, as far as it is known.
    #[must_use]
    pub fn new(pin: Confidence<PinPolicy>, touch: Confidence<TouchPolicy>) -> Self {
        Self { pin, touch }
    }
}

/// PIN policy of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum PinPolicy {
    /// Before every use.
    EveryUse,
    /// Never required.
    Never,
    /// Once, until the card forgets it.
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

/// Touch policy of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum TouchPolicy {
    /// Once for uses within some seconds.
    Cached,
    /// For every use.
    EveryUse,
    /// Never required.
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
