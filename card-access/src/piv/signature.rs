//! Signatures in one transaction, whose result is returned before the logout.

use super::{PivToken, pin::Attempt, session::Session, sign::Task, status::Status, token::piv_slot};
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

/// A signature, ready for the card.
struct Signature {
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
        let signed = self
            .signature(credential, scheme, message, pin)
            .and_then(|signature| {
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

    /// Prepares a signature and calls `wait` with the state of the PIN; it may take its time, and the transaction stays open
    /// meanwhile. Then signs as the order says, or not at all if there is none.
    ///
    /// # Errors
    ///
    /// What happens before `wait` is called. Later errors go where the order says.
    #[cfg(feature = "pcsc")]
    pub(crate) fn sign_held(
        &mut self,
        credential: &Credential,
        wait: impl FnOnce(PinStatus) -> Option<SignOrder>,
    ) -> Result<(), Error> {
        let slot = piv_slot(credential.slot())?;
        let interface = self.state.info.interface.value();
        let place = self.place();
        self.transaction(|session| {
            session.expect_credential(slot, credential)?;
            let reference = session.primary_pin()?;
            let status = super::pin::status(&mut session.channel, reference)?;
            let Some(order) = wait(status) else { return Ok(()) };
            // Nobody listens to an operation that was given up.
            let answer = |result: Result<Vec<u8>, Error>| {
                let _ = order
                    .answer
                    .send(result.map_err(|error| error.with_location(&place)));
            };
            let entry = order.entry.as_ref().map(OwnedPinEntry::borrow);
            let signed = order.context.run(|| {
                Signature::new(slot, credential, order.scheme, &order.message, entry, interface)?.run(
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

    fn signature(
        &self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Signature, Error> {
        let slot = piv_slot(credential.slot())?;
        let interface = self.state.info.interface.value();
        Signature::new(slot, credential, scheme, message, pin, interface)
    }
}

impl Signature {
    fn new(
        slot: PivSlot,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
        interface: Option<crate::Interface>,
    ) -> Result<Self, Error> {
        Ok(Self {
            slot,
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
            answer(task.run(&mut session.channel, slot, Status::key_error_without_pin));
            return Ok(());
        };
        let interface = session.state.info.interface.value();
        session.unlocked(attempt, known, |session, reference| {
            let verified = attempt.verify(&mut session.channel, reference);
            answer(
                verified.and_then(|()| {
                    task.run(&mut session.channel, slot, |status| status.key_error(interface))
                }),
            );
            Ok(())
        })
    }
}
