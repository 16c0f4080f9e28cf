//! Implementation of [`Token`] for the PIV application.

use std::time::Duration;

use super::{PivToken, pin, pin::Attempt, yubico};
use crate::{
    CardConnection, Confidence, Credential, Error, ErrorKind, KeyPolicy, Listing, Pin, PinEntry, PinPolicy,
    PinStatus, PivSlot, Scheme, Slot, Token, TokenInfo, Traffic,
};

impl<C: CardConnection> Token for PivToken<C> {
    fn info(&self) -> &TokenInfo {
        &self.state.info
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.transaction(|session| session.read_credentials(PivSlot::STANDARD))
    }

    fn credential(&mut self, slot: &Slot) -> Result<Credential, Error> {
        let slot = piv_slot(slot)?;
        self.transaction(|session| session.read_credential(slot))
    }

    /// Reads all twenty slots. The key history object (SP 800-73-5 part 1 section 3.3.3) contains how many are in use, but
    /// programs that write certificates often leave it out, stale or at 0.
    fn retired_credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.transaction(|session| session.read_credentials(PivSlot::retired()))
    }

    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        let slot = piv_slot(credential.slot())?;
        let reported = self.transaction(|session| yubico::policy(&mut session.channel, slot))?;
        Ok(reported.unwrap_or_else(|| standard_policy(slot)))
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.transaction(|session| {
            let reference = session.primary_pin()?;
            pin::status(&mut session.channel, reference)
        })
    }

    /// Both are read in one transaction, which then ends.
    fn prepare_slot(&mut self, slot: &Slot, hold: Duration) -> Result<(Credential, PinStatus), Error> {
        let _ = hold;
        let slot = piv_slot(slot)?;
        self.transaction(|session| {
            let credential = session.read_certain_credential(slot)?;
            let status = session.pin_status(&credential)?;
            Ok((credential, status))
        })
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let mut signature = Err(ErrorKind::CardFailed.into());
        self.sign_early(credential, scheme, message, pin, |result| signature = result);
        signature
    }

    fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let attempt = Attempt::new(current, self.state.info.interface.value())?;
        self.transaction(|session| {
            session.expect_certainty()?;
            session.unlocked(&attempt, None, |session, reference| {
                attempt.change(&mut session.channel, reference, new)
            })
        })
    }

    fn unblock_pin(&mut self, puk: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let attempt = Attempt::new(puk, self.state.info.interface.value())?;
        self.transaction(|session| {
            session.expect_certainty()?;
            attempt.unblock(&mut session.channel, new)
        })
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(self.sent())
    }
}

pub(super) fn piv_slot(slot: &Slot) -> Result<PivSlot, Error> {
    match slot {
        Slot::Piv(slot) => Ok(*slot),
        Slot::Object(_) => Err(ErrorKind::NoCredential.into()),
    }
}

/// PIN policy of the standard's keys (SP 800-73-5 part 1 table 5).
fn standard_policy(slot: PivSlot) -> KeyPolicy {
    let pin = match slot {
        PivSlot::CardAuthentication => PinPolicy::Never,
        PivSlot::Signature => PinPolicy::EveryUse,
        PivSlot::Authentication | PivSlot::KeyManagement | PivSlot::Retired(_) => PinPolicy::Once,
    };
    KeyPolicy::new(Confidence::Inferred(pin), Confidence::Unknown)
}
