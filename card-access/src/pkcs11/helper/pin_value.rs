//! PIN entries in messages.

use super::wire::{Reader, Writer};
use crate::owned_pin_entry::OwnedPinEntry;
use crate::{FinalTryPolicy, Pin, PinEntry, PinSource, ShortPinPolicy};

pub(super) fn put_pin(to: &mut Writer, entry: PinEntry<'_>) {
    to.byte((entry.final_try() == FinalTryPolicy::Allow).into());
    to.byte((entry.short_pin() == ShortPinPolicy::Allow).into());
    match entry.source() {
        PinSource::OnReader => to.byte(0),
        PinSource::Typed(pin) => {
            to.byte(1);
            to.bytes(pin.as_bytes());
        }
    }
}

pub(super) fn take_pin(from: &mut Reader<'_>) -> Option<OwnedPinEntry> {
    let final_try = if from.byte()? == 0 {
        FinalTryPolicy::Refuse
    } else {
        FinalTryPolicy::Allow
    };
    let short_pin = if from.byte()? == 0 {
        ShortPinPolicy::Refuse
    } else {
        ShortPinPolicy::Allow
    };
    let pin = match from.byte()? {
        0 => None,
        _ => Some(Pin::new(from.text()?.to_owned())),
    };
    Some(OwnedPinEntry {
        pin,
        final_try,
        short_pin,
    })
}
