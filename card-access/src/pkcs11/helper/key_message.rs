//! Requests about keys in a token.

use super::pin_value::{put_pin, take_pin};
use super::value;
use super::wire::{Frame, Reader, Writer};
use crate::owned_pin_entry::OwnedPinEntry;
use crate::pkcs11::key_types::{KeyPurpose, Oaep};
use crate::pkcs11::token_keys::TokenKeys;
use crate::{Error, PinEntry, Scheme};

/// First byte of the request.
pub(super) const KEYS: u8 = b'y';

/// Request for one key.
pub(super) struct KeyRequest {
    pub(super) id: Vec<u8>,
    pub(super) operation: KeyOperation,
    pub(super) pin: Option<OwnedPinEntry>,
}

pub(super) enum KeyOperation {
    Decrypt { padding: Oaep, encrypted: Vec<u8> },
    Delete,
    Make { label: String, purpose: KeyPurpose },
    Sign { scheme: Scheme, message: Vec<u8> },
}

impl KeyRequest {
    pub(super) fn to_frame(&self) -> Frame {
        let mut to = Writer::default();
        to.byte(KEYS);
        to.bytes(&self.id);
        to.list(self.pin.iter(), |to, pin| put_pin(to, pin.borrow()));
        match &self.operation {
            KeyOperation::Decrypt { padding, encrypted } => {
                to.byte(b'd');
                value::put_one_of(&mut to, padding, &PADDINGS);
                to.bytes(encrypted);
            }
            KeyOperation::Delete => to.byte(b'x'),
            KeyOperation::Make { label, purpose } => {
                to.byte(b'g');
                to.text(label);
                value::put_one_of(&mut to, purpose, &PURPOSES);
            }
            KeyOperation::Sign { scheme, message } => {
                to.byte(b's');
                value::put_scheme(&mut to, *scheme);
                to.bytes(message);
            }
        }
        to.finish()
    }

    /// Reads what follows the first byte.
    pub(super) fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            id: from.bytes()?.to_vec(),
            pin: from.list(take_pin)?.pop(),
            operation: match from.byte()? {
                b'd' => KeyOperation::Decrypt {
                    padding: value::take_one_of(from, &PADDINGS)?,
                    encrypted: from.bytes()?.to_vec(),
                },
                b'x' => KeyOperation::Delete,
                b'g' => KeyOperation::Make {
                    label: from.text()?.to_owned(),
                    purpose: value::take_one_of(from, &PURPOSES)?,
                },
                b's' => KeyOperation::Sign {
                    scheme: value::take_scheme(from)?,
                    message: from.bytes()?.to_vec(),
                },
                _ => return None,
            },
        })
    }

    /// Carries out the request, and writes its result.
    pub(super) fn carry_out(&self, keys: &TokenKeys, to: &mut Writer) -> Result<(), Error> {
        let pin: Option<PinEntry<'_>> = self.pin.as_ref().map(OwnedPinEntry::borrow);
        match &self.operation {
            KeyOperation::Decrypt { padding, encrypted } => {
                to.bytes(&keys.decrypt(&self.id, *padding, encrypted, pin)?);
            }
            KeyOperation::Delete => keys.delete(&self.id, pin)?,
            KeyOperation::Make { label, purpose } => {
                let public = keys.make(&self.id, label, *purpose, pin)?;
                to.bytes(public.modulus());
                to.bytes(public.exponent());
            }
            KeyOperation::Sign { scheme, message } => {
                to.bytes(&keys.sign(&self.id, *scheme, message, pin)?);
            }
        }
        Ok(())
    }
}

const PADDINGS: [Oaep; 2] = [Oaep::Sha1, Oaep::Sha256];

const PURPOSES: [KeyPurpose; 2] = [KeyPurpose::Decrypt, KeyPurpose::Sign];
