//! Spans of a token's operations.

use std::time::Duration;

use super::Operation;
use crate::{
    Credential, Error, KeyPolicy, Listing, Pin, PinEntry, PinSource, PinStatus, Scheme, Slot, Token,
    TokenInfo, Traffic,
};

/// Token whose operations are spans.
pub(super) struct Traced<T>(pub(super) T);

impl<T: Token> Traced<T> {
    fn begin(&self, name: &'static str) -> Operation {
        let info = self.0.info();
        let operation = Operation::new(name, info.id.backend().code(), Some(info.id.place()));
        if let Some(reader) = &info.reader {
            operation.record("reader", reader);
        }
        operation
    }

    fn begin_with_key(&self, name: &'static str, credential: &Credential) -> Operation {
        let operation = self.begin(name);
        operation.record_shown("slot", credential.slot());
        operation
    }

    fn list(
        &mut self,
        operation: &Operation,
        body: impl FnOnce(&mut T) -> Result<Listing<Credential>, Error>,
    ) -> Result<Listing<Credential>, Error> {
        let result = operation.run(|| body(&mut self.0));
        if let Ok(listing) = &result {
            operation.record_listing(listing);
        }
        result
    }
}

impl<T: Token> Token for Traced<T> {
    fn info(&self) -> &TokenInfo {
        self.0.info()
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        let operation = self.begin("credentials");
        self.list(&operation, T::credentials)
    }

    fn credentials_after_login(&mut self, pin: PinEntry<'_>) -> Result<Listing<Credential>, Error> {
        let operation = self.begin("credentials-after-login");
        operation.record("pin", source(Some(pin)));
        self.list(&operation, |token| token.credentials_after_login(pin))
    }

    fn credential(&mut self, slot: &Slot) -> Result<Credential, Error> {
        let operation = self.begin("credential");
        operation.record_shown("slot", slot);
        operation.run(|| self.0.credential(slot))
    }

    fn credential_with_hash(&mut self, sha256: &[u8; 32]) -> Result<Credential, Error> {
        self.begin("credential-with-hash")
            .run(|| self.0.credential_with_hash(sha256))
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        self.begin_with_key("schemes", credential)
            .run(|| self.0.schemes(credential))
    }

    fn retired_credentials(&mut self) -> Result<Listing<Credential>, Error> {
        let operation = self.begin("retired-credentials");
        self.list(&operation, T::retired_credentials)
    }

    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        self.begin_with_key("policy", credential)
            .run(|| self.0.policy(credential))
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        let operation = self.begin("pin-status");
        let result = operation.run(|| self.0.pin_status());
        record_status(&operation, &result);
        result
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let operation = self.begin_with_key("sign", credential);
        operation.record_shown("scheme", &scheme);
        operation.record("pin", source(pin));
        operation.run(|| self.0.sign(credential, scheme, message, pin))
    }

    fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let operation = self.begin("change-pin");
        operation.record("pin", source(Some(current)));
        operation.run(|| self.0.change_pin(current, new))
    }

    fn unblock_pin(&mut self, puk: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let operation = self.begin("unblock-pin");
        operation.record("pin", source(Some(puk)));
        operation.run(|| self.0.unblock_pin(puk, new))
    }

    fn prepare(&mut self, credential: &Credential, hold: Duration) -> Result<PinStatus, Error> {
        let operation = self.begin_with_key("prepare", credential);
        let result = operation.run(|| self.0.prepare(credential, hold));
        record_status(&operation, &result);
        result
    }

    fn prepare_slot(&mut self, slot: &Slot, hold: Duration) -> Result<(Credential, PinStatus), Error> {
        let operation = self.begin("prepare");
        operation.record_shown("slot", slot);
        let result = operation.run(|| self.0.prepare_slot(slot, hold));
        if let Ok((_, status)) = &result {
            record_status(&operation, &Ok(*status));
        }
        result
    }

    fn traffic(&self) -> Option<Traffic> {
        self.0.traffic()
    }
}

fn record_status(operation: &Operation, status: &Result<PinStatus, Error>) {
    if let Ok(status) = status {
        operation.record("pin_status", status.code());
        if let Some(tries_left) = status.tries_left() {
            operation.record_count("tries_left", tries_left.into());
        }
    }
}

/// Source of the PIN, never the PIN itself.
fn source(pin: Option<PinEntry<'_>>) -> &'static str {
    match pin.map(|entry| entry.source()) {
        None => "none",
        Some(PinSource::OnReader) => "on-reader",
        Some(PinSource::Typed(_)) => "typed",
    }
}
