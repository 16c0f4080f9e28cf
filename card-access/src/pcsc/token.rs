//! PIV card, reached through the thread of its connection.

use std::time::Duration;

use super::connection::Connection;
use crate::{
    Credential, Error, ErrorKind, KeyPolicy, Listing, Pin, PinEntry, PinStatus, Scheme, Slot, Token,
    TokenInfo, Traffic,
    owned_pin_entry::OwnedPinEntry,
    piv::{Prepare, SignOrder},
    spans,
};

/// Passes each operation to the thread as a whole, which costs two switches and not two for each command.
pub(super) struct PcscToken {
    pub(super) connection: Connection,
    pub(super) info: TokenInfo,
}

impl PcscToken {
    /// Errors of an operation that was given up have no location yet.
    fn located(&self) -> impl Fn(Error) -> Error {
        let place = self.info.id.place().to_owned();
        move |error| error.with_location(&place)
    }
}

impl Token for PcscToken {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.connection.run(Token::credentials).map_err(self.located())
    }

    fn credential(&mut self, slot: &Slot) -> Result<Credential, Error> {
        let slot = slot.clone();
        self.connection
            .run(move |token| token.credential(&slot))
            .map_err(self.located())
    }

    fn retired_credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.connection
            .run(Token::retired_credentials)
            .map_err(self.located())
    }

    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        let credential = credential.clone();
        self.connection
            .run(move |token| token.policy(&credential))
            .map_err(self.located())
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.connection.run(Token::pin_status).map_err(self.located())
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let (message, entry) = (message.to_vec(), pin.map(OwnedPinEntry::from));
        let order = |answer| SignOrder {
            scheme,
            message: message.clone(),
            entry: entry.clone(),
            context: spans::Context::current(),
            answer,
        };
        if let Some(signed) = self.connection.sign_prepared(credential, order) {
            return signed.map_err(self.located());
        }
        let credential = credential.clone();
        self.connection
            .run_answering(move |token, answer| {
                let entry = entry.as_ref().map(OwnedPinEntry::borrow);
                token.sign_early(&credential, scheme, &message, entry, |result| {
                    let _ = answer.send(result);
                });
            })
            .map_err(self.located())
    }

    fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let (current, new) = (OwnedPinEntry::from(current), new.clone());
        self.connection
            .run(move |token| token.change_pin(current.borrow(), &new))
            .map_err(self.located())
    }

    fn unblock_pin(&mut self, puk: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let (puk, new) = (OwnedPinEntry::from(puk), new.clone());
        self.connection
            .run(move |token| token.unblock_pin(puk.borrow(), &new))
            .map_err(self.located())
    }

    fn prepare(&mut self, credential: &Credential, hold: Duration) -> Result<PinStatus, Error> {
        let prepared = self
            .connection
            .prepare(Prepare::Credential(credential.clone()), hold);
        prepared.map(|(_, status)| status).map_err(self.located())
    }

    fn prepare_slot(&mut self, slot: &Slot, hold: Duration) -> Result<(Credential, PinStatus), Error> {
        let Slot::Piv(slot) = slot else {
            return Err(self.located()(ErrorKind::NoCredential.into()));
        };
        self.connection
            .prepare(Prepare::Slot(*slot), hold)
            .map_err(self.located())
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(self.connection.traffic())
    }
}
