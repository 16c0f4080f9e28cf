//! PIN entries that can be kept, or sent to another thread.

use crate::{FinalTryPolicy, Pin, PinEntry, PinSource, ShortPinPolicy};

/// A [`PinEntry`] with its own copy of the PIN, which is wiped on drop.
#[derive(Clone)]
pub(crate) struct OwnedPinEntry {
    /// `None` if the user types it on the reader.
    pub(crate) pin: Option<Pin>,
    pub(crate) final_try: FinalTryPolicy,
    pub(crate) short_pin: ShortPinPolicy,
}

impl OwnedPinEntry {
    pub(crate) fn borrow(&self) -> PinEntry<'_> {
        let entry = self
            .pin
            .as_ref()
            .map_or_else(PinEntry::on_reader, PinEntry::typed);
        let entry = match self.final_try {
            FinalTryPolicy::Allow => entry.allow_final_try(),
            FinalTryPolicy::Refuse => entry,
        };
        match self.short_pin {
            ShortPinPolicy::Allow => entry.allow_short_pin(),
            ShortPinPolicy::Refuse => entry,
        }
    }
}

impl From<PinEntry<'_>> for OwnedPinEntry {
    fn from(entry: PinEntry<'_>) -> Self {
        let pin = match entry.source() {
            PinSource::OnReader => None,
            PinSource::Typed(pin) => Some(pin.clone()),
        };
        Self {
            pin,
            final_try: entry.final_try(),
            short_pin: entry.short_pin(),
        }
    }
}
