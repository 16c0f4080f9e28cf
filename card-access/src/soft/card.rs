//! Cards in memory: PIN counter, keys, planned faults.

use rustls_pki_types::CertificateDer;

use super::fault::{Call, Fault, Plan};
use crate::{
    Credential, Error, ErrorKind, FinalTryPolicy, Pin, PinEntry, PinSource, PinStatus, PivSlot, Scheme, Slot,
    private_key::{Encoding, PrivateKey},
};

/// Card in memory, before it is [inserted](super::SoftProvider::insert).
pub struct SoftCard {
    name: String,
    pin: Pin,
    tries_left: u8,
    keys: Vec<(Credential, PrivateKey)>,
    plan: Plan,
}

impl SoftCard {
    /// Number of PIN tries of a new card.
    pub const MAX_TRIES: u8 = 3;

    /// Creates a card without keys. The name is also that of its reader.
    #[must_use]
    pub fn new(name: impl Into<String>, pin: Pin) -> Self {
        Self {
            name: name.into(),
            pin,
            tries_left: Self::MAX_TRIES,
            keys: Vec::new(),
            plan: Plan::default(),
        }
    }

    /// Adds a key with its certificate.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if `pkcs8` (RFC 5958, DER) is not the key of the certificate.
    pub fn with_key(
        mut self,
        slot: PivSlot,
        certificate: CertificateDer<'static>,
        pkcs8: &[u8],
    ) -> Result<Self, Error> {
        let credential = Credential::new(Slot::Piv(slot), format!("{} {slot}", self.name), certificate)?;
        let key = PrivateKey::read(Encoding::Pkcs8, pkcs8, &credential).ok_or(ErrorKind::Malformed {
            what: "private key for the certificate",
        })?;
        self.keys.push((credential, key));
        Ok(self)
    }

    /// Sets the number of tries left.
    #[must_use]
    pub fn with_tries_left(self, tries_left: u8) -> Self {
        Self { tries_left, ..self }
    }

    /// Plans a fault for the next call of a kind. Several faults for one kind occur one after the other.
    #[must_use]
    pub fn with_fault(mut self, call: Call, fault: Fault) -> Self {
        self.plan.add(call, fault);
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn credentials(&self) -> Vec<Credential> {
        self.keys
            .iter()
            .map(|(credential, _)| credential.clone())
            .collect()
    }

    pub(super) fn pin_status(&self) -> PinStatus {
        PinStatus::from_tries_left(self.tries_left)
    }

    /// Takes the planned fault for this call. Returns those that affect only the result; others are errors.
    pub(super) fn meet_fault(&mut self, call: Call) -> Result<Option<Fault>, Error> {
        let Some(fault) = self.plan.take(call) else {
            return Ok(None);
        };
        fault.error().map_or(Ok(Some(fault)), Err)
    }

    pub(super) fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let fault = self.meet_fault(Call::Sign)?;
        let unsupported = ErrorKind::Unsupported {
            what: "the scheme with this key",
        };
        if !credential.algorithm().schemes().contains(&scheme) {
            return Err(unsupported.into());
        }
        // The card authentication key needs no PIN, as on any PIV card.
        if *credential.slot() != Slot::Piv(PivSlot::CardAuthentication) || pin.is_some() {
            self.verify(pin.ok_or(ErrorKind::PinRequired)?)?;
        }
        let key = self
            .keys
            .iter()
            .find(|(held, _)| held == credential)
            .map(|(_, key)| key);
        let mut signature = key
            .ok_or(ErrorKind::NoCredential)?
            .sign(scheme, message)
            .ok_or(unsupported)?;
        if fault == Some(Fault::WrongSignature) {
            signature.iter_mut().rev().take(1).for_each(|last| *last ^= 1);
        }
        Ok(signature)
    }

    pub(super) fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        self.verify(current)?;
        self.pin = new.clone();
        Ok(())
    }

    fn verify(&mut self, entry: PinEntry<'_>) -> Result<(), Error> {
        let PinSource::Typed(pin) = entry.source() else {
            return Err(ErrorKind::Unsupported {
                what: "typing the PIN on the reader",
            }
            .into());
        };
        match (self.tries_left, entry.final_try()) {
            (0, _) => return Err(ErrorKind::PinBlocked.into()),
            (1, FinalTryPolicy::Refuse) => return Err(ErrorKind::FinalTryRefused.into()),
            _ => {}
        }
        if pin.as_bytes() == self.pin.as_bytes() {
            self.tries_left = Self::MAX_TRIES;
            Ok(())
        } else {
            self.tries_left -= 1;
            Err(ErrorKind::WrongPin {
                tries_left: Some(self.tries_left),
            }
            .into())
        }
    }
}
