//! Messages between caller and helper: requests and answers as frames.

use super::key_message::{KEYS, KeyRequest};
use super::pin_value::{put_pin, take_pin};
use super::value::{self, take_credential, take_id};
use super::wire::{Frame, Reader, Writer};
use crate::owned_pin_entry::OwnedPinEntry;
use crate::pkcs11::Module;
use crate::uri::Pkcs11Uri;
use crate::{Credential, Error, PinEntry, Scheme, TokenId};

/// First message of a helper, which reveals a program that is not one.
pub(super) const GREETING: &[u8] = b"card-access PKCS#11 helper 1";

/// Request to a helper.
pub(super) enum Request {
    Credentials,
    CredentialsAfterLogin(OwnedPinEntry),
    /// Last request to a helper with keys: ends the use of its module.
    FinalizeKeys,
    Keys(KeyRequest),
    /// First request: the module, and the tokens that are meant.
    Load {
        module: Module,
        uri: Box<Pkcs11Uri>,
    },
    Open(TokenId),
    OpenKeys(TokenId),
    PinStatus,
    Policy(Credential),
    Schemes(Credential),
    Sign {
        credential: Credential,
        scheme: Scheme,
        message: Vec<u8>,
        pin: Option<OwnedPinEntry>,
    },
    Tokens,
    Uri(TokenId),
}

impl Request {
    pub(super) fn take(frame: &[u8]) -> Option<Self> {
        let mut from = Reader(frame);
        let request = match from.byte()? {
            b'c' => Self::Credentials,
            b'a' => Self::CredentialsAfterLogin(take_pin(&mut from)?),
            b'l' => {
                let path = value::take_path(&mut from)?;
                Self::Load {
                    module: Module::new(path),
                    uri: Box::new(from.text()?.parse().ok()?),
                }
            }
            b'f' => Self::FinalizeKeys,
            b'o' => Self::Open(take_id(&mut from)?),
            b'e' => Self::OpenKeys(take_id(&mut from)?),
            KEYS => Self::Keys(KeyRequest::take(&mut from)?),
            b'm' => Self::Schemes(take_credential(&mut from)?),
            b'k' => Self::Policy(take_credential(&mut from)?),
            b'p' => Self::PinStatus,
            b's' => Self::Sign {
                credential: take_credential(&mut from)?,
                scheme: value::take_scheme(&mut from)?,
                message: from.bytes()?.to_vec(),
                pin: match from.byte()? {
                    0 => None,
                    _ => Some(take_pin(&mut from)?),
                },
            },
            b't' => Self::Tokens,
            b'u' => Self::Uri(take_id(&mut from)?),
            _ => return None,
        };
        from.0.is_empty().then_some(request)
    }
}

pub(super) fn credentials() -> Frame {
    just(b'c')
}

pub(super) fn credentials_after_login(pin: PinEntry<'_>) -> Frame {
    let mut to = Writer::default();
    to.byte(b'a');
    put_pin(&mut to, pin);
    to.finish()
}

pub(super) fn load(module: &Module, uri: &Pkcs11Uri) -> Frame {
    let mut to = Writer::default();
    to.byte(b'l');
    value::put_path(&mut to, module.path());
    to.text(&uri.to_string());
    to.finish()
}

pub(super) fn open(id: &TokenId) -> Frame {
    let mut to = Writer::default();
    to.byte(b'o');
    value::put_id(&mut to, id);
    to.finish()
}

pub(super) fn finalize_keys() -> Frame {
    just(b'f')
}

pub(super) fn open_keys(id: &TokenId) -> Frame {
    let mut to = Writer::default();
    to.byte(b'e');
    value::put_id(&mut to, id);
    to.finish()
}

pub(super) fn schemes(credential: &Credential) -> Frame {
    let mut to = Writer::default();
    to.byte(b'm');
    value::put_credential(&mut to, credential);
    to.finish()
}

pub(super) fn pin_status() -> Frame {
    just(b'p')
}

pub(super) fn sign(
    credential: &Credential,
    scheme: Scheme,
    message: &[u8],
    pin: Option<PinEntry<'_>>,
) -> Frame {
    let mut to = Writer::default();
    to.byte(b's');
    value::put_credential(&mut to, credential);
    value::put_scheme(&mut to, scheme);
    to.bytes(message);
    to.byte(pin.is_some().into());
    if let Some(entry) = pin {
        put_pin(&mut to, entry);
    }
    to.finish()
}

pub(super) fn tokens() -> Frame {
    just(b't')
}

pub(super) fn uri(id: &TokenId) -> Frame {
    let mut to = Writer::default();
    to.byte(b'u');
    value::put_id(&mut to, id);
    to.finish()
}

pub(super) fn policy(credential: &Credential) -> Frame {
    let mut to = Writer::default();
    to.byte(b'k');
    value::put_credential(&mut to, credential);
    to.finish()
}

/// An answer: what was asked for, or why not.
pub(super) fn answer<T>(result: Result<T, Error>, put: impl FnOnce(&mut Writer, &T)) -> Frame {
    let mut to = Writer::default();
    match result {
        Ok(found) => {
            to.byte(1);
            put(&mut to, &found);
        }
        Err(error) => {
            to.byte(0);
            value::put_error(&mut to, &error);
        }
    }
    to.finish()
}

/// Decodes what [`answer`] encoded; `None` for anything else.
pub(super) fn take_answer<T>(
    frame: &[u8],
    take: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Option<Result<T, Error>> {
    let mut from = Reader(frame);
    let answer = match from.byte()? {
        0 => Err(value::take_error(&mut from)?),
        _ => Ok(take(&mut from)?),
    };
    from.0.is_empty().then_some(answer)
}

fn just(request: u8) -> Frame {
    let mut to = Writer::default();
    to.byte(request);
    to.finish()
}
