//! The card of the form: open and prepared while the user types the PIN.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card_access::Token;

use super::overview::Tile;
use crate::sign_in::attempt::Begun;

/// A card that is open, and its sign-in up to the PIN.
pub(super) struct Ready {
    pub(super) tile: Tile,
    pub(super) token: Box<dyn Token>,
    pub(super) begun: Begun,
}

/// Place for the card of the form. There is one form at a time.
#[derive(Clone, Default)]
pub(super) struct ReadyCard(Arc<Mutex<Place>>);

#[derive(Default)]
struct Place {
    /// Number of the form; a preparation for an earlier form is dropped.
    form: u64,
    ready: Option<Ready>,
}

/// The form that a preparation is for.
#[derive(Clone, Copy)]
pub(super) struct FormNumber(u64);

impl ReadyCard {
    /// A new form. The card of the last one is closed.
    pub(super) fn next_form(&self) -> FormNumber {
        self.release();
        FormNumber(self.place().form)
    }

    /// Keeps a prepared card, unless its form is closed already.
    pub(super) fn put(&self, form: FormNumber, ready: Ready) {
        let mut place = self.place();
        if place.form == form.0 {
            place.ready = Some(ready);
        } else {
            drop(place);
            // This waits until the card is closed.
            drop(ready);
        }
    }

    /// Takes the card out, if it is that of the tile. A preparation that is still running is dropped.
    pub(super) fn take(&self, tile: &Tile) -> Option<Ready> {
        self.close().filter(|ready| ready.tile.is(tile))
    }

    /// Closes the card, because the user has left the form.
    pub(super) fn release(&self) {
        drop(self.close());
    }

    fn close(&self) -> Option<Ready> {
        let mut place = self.place();
        place.form += 1;
        place.ready.take()
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
