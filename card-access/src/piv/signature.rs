//! Signatures in one transaction, whose result is returned before the logout.

use super::{
    PivToken,
    pin::{Attempt, Reference},
    session::Session,
    sign::Task,
    status::Status,
    token::piv_slot,
};
use crate::{CardConnection, Credential, Error, PinEntry, PinStatus, PivSlot, Scheme, spans};

#[cfg(feature = "pcsc")]
use crate::owned_pin_entry::OwnedPinEntry;

/// What a prepared signature still needs, and where its result goes.
#[cfg(feature = "pcsc")]
pub(crate) struct SignOrder {
    pub(crate) scheme: Scheme,
    pub(crate) message: Vec<u8>,
    pub(crate) entry: Option<OwnedPinEntry>,
    /// Span of the signature, which is not that of its preparation.
    pub(crate) context: spans::Context,
    pub(crate) answer: std::sync::mpsc::Sender<Result<Vec<u8>, Error>>,
}

/// The key that a signature is prepared for.
#[cfg(feature = "pcsc")]
#[derive(Clone)]
pub(crate) enum Prepare {
    /// Of a certificate that was read before.
    Credential(Credential),
    /// Of the certificate that is in the slot now.
    Slot(PivSlot),
}

/// A signature, ready for the card.
struct Signature<'a> {
    credential: &'a Credential,
    message: &'a [u8],
    scheme: Scheme,
    slot: PivSlot,
    task: Task,
    attempt: Option<Attempt>,
}

impl<C: CardConnection> PivToken<C> {
    /// Signs, and calls `answer` once: with the signature before the logout, or with the error.
    pub(crate) fn sign_early(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
        mut answer: impl FnMut(Result<Vec<u8>, Error>),
    ) {
        let place = self.place();
        let interface = self.state.info.interface.value();
        let signed = Signature::new(credential, scheme, message, pin, interface).and_then(|signature| {
            self.transaction(|session| {
                session.expect_credential(signature.slot, credential)?;
                signature.run(session, None, |result| {
                    if let Err(error) = &result {
                        spans::failed(error);
                    }
                    answer(result.map_err(|error: Error| error.with_location(&place)));
                })
            })
        });
        if let Err(error) = signed {
            answer(Err(error));
        }
    }

    /// Prepares a signature and calls `wait` with the credential and the state of the PIN; it may take its time, and the transaction
    /// stays open meanwhile. Then signs as the order says, or not at all if there is none.
    ///
    /// # Errors
    ///
    /// What happens before `wait` is called. Later errors go where the order says.
    #[cfg(feature = "pcsc")]
    pub(crate) fn sign_held(
        &mut self,
        prepare: Prepare,
        wait: impl FnOnce(Credential, PinStatus) -> Option<SignOrder>,
    ) -> Result<(), Error> {
        let interface = self.state.info.interface.value();
        let place = self.place();
        self.transaction(|session| {
            let credential = match prepare {
                Prepare::Credential(credential) => {
                    session.expect_credential(piv_slot(credential.slot())?, &credential)?;
                    credential
                }
                Prepare::Slot(slot) => session.read_certain_credential(slot)?,
            };
            let status = session.pin_status(&credential)?;
            let Some(order) = wait(credential.clone(), status) else {
                return Ok(());
            };
            // Nobody listens to an operation that was given up.
            let answer = |result: Result<Vec<u8>, Error>| {
                let _ = order
                    .answer
                    .send(result.map_err(|error| error.with_location(&place)));
            };
            let entry = order.entry.as_ref().map(OwnedPinEntry::borrow);
            let signed = order.context.run(|| {
                Signature::new(&credential, order.scheme, &order.message, entry, interface)?.run(
                    session,
                    Some(status),
                    answer,
                )
            });
            if let Err(error) = signed {
                answer(Err(error));
            }
            Ok(())
        })
    }
}

impl<'a> Signature<'a> {
    fn new(
        credential: &'a Credential,
        scheme: Scheme,
        message: &'a [u8],
        pin: Option<PinEntry<'_>>,
        interface: Option<crate::Interface>,
    ) -> Result<Self, Error> {
        Ok(Self {
            credential,
            message,
            scheme,
            slot: piv_slot(credential.slot())?,
            task: Task::new(credential.algorithm(), scheme, message)?,
            attempt: pin.map(|entry| Attempt::new(entry, interface)).transpose()?,
        })
    }

    /// Signs and calls `answer` before the logout; an error before the card was asked is returned.
    fn run(
        &self,
        session: &mut Session<'_>,
        known: Option<PinStatus>,
        answer: impl FnOnce(Result<Vec<u8>, Error>),
    ) -> Result<(), Error> {
        let (slot, task) = (self.slot, &self.task);
        let Some(attempt) = &self.attempt else {
            let signed = task.run(&mut session.channel, slot, Status::key_error_without_pin);
            answer(self.checked(session, None, signed));
            return Ok(());
        };
        let interface = session.state.info.interface.value();
        session.unlocked(attempt, known, |session, reference| {
            let verified = attempt.verify(&mut session.channel, reference);
            let signed = verified
                .and_then(|()| task.run(&mut session.channel, slot, |status| status.key_error(interface)));
            answer(self.checked(session, Some(reference), signed));
            Ok(())
        })
    }

    fn checked(
        &self,
        session: &Session<'_>,
        reference: Option<Reference>,
        signed: Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        session.signed(
            self.credential,
            reference,
            |signature| self.fits(signature),
            signed,
        )
    }

    /// Whether a signature is that of the certificate's key.
    #[cfg(feature = "verify")]
    fn fits(&self, signature: &[u8]) -> bool {
        self.credential
            .verify(self.scheme, self.message, signature)
            .is_ok()
    }

    /// Without a verifier this is left to the caller.
    #[cfg(not(feature = "verify"))]
    fn fits(&self, _: &[u8]) -> bool {
        let _ = (self.scheme, self.message);
        true
    }
}
