//! Commands that Yubico added to the application and other manufacturers adopted: the [serial
//! number](https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/serial.html), the
//! [version](https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/version.html) and
//! [metadata](https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/metadata.html). Other cards refuse them.

use super::{
    apdu::{Answer, Channel, Command},
    objects::unless_final,
    status::Status,
};
use crate::{Confidence, Error, KeyPolicy, PinPolicy, PivSlot, TouchPolicy, tlv};

const GET_METADATA: u8 = 0xf7;
const GET_SERIAL: u8 = 0xf8;
const GET_VERSION: u8 = 0xfd;

/// Serial number, as printed on the key.
pub(super) fn serial(card: &mut Channel<'_>) -> Result<Option<u32>, Error> {
    let answer = ask(card, GET_SERIAL, 0)?;
    Ok(answer
        .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())
        .map(u32::from_be_bytes))
}

/// Firmware version.
pub(super) fn version(card: &mut Channel<'_>) -> Result<Option<[u8; 3]>, Error> {
    Ok(ask(card, GET_VERSION, 0)?.and_then(|bytes| bytes.try_into().ok()))
}

/// PIN and touch policy of a slot's key; `None` if there is no metadata.
pub(super) fn policy(card: &mut Channel<'_>, slot: PivSlot) -> Result<Option<KeyPolicy>, Error> {
    const POLICY: u32 = 0x02;
    let answer = ask(card, GET_METADATA, slot.key_reference())?;
    let policy = answer.as_deref().and_then(|metadata| tlv::find(metadata, POLICY));
    let Some(&[pin, touch]) = policy else {
        return Ok(None);
    };
    let pin = match pin {
        1 => Confidence::Reported(PinPolicy::Never),
        2 => Confidence::Reported(PinPolicy::Once),
        3 => Confidence::Reported(PinPolicy::EveryUse),
        _ => Confidence::Unknown,
    };
    let touch = match touch {
        1 => Confidence::Reported(TouchPolicy::Never),
        2 => Confidence::Reported(TouchPolicy::EveryUse),
        3 => Confidence::Reported(TouchPolicy::Cached),
        _ => Confidence::Unknown,
    };
    Ok(Some(KeyPolicy::new(pin, touch)))
}

/// Response of a card that supports the command.
fn ask(card: &mut Channel<'_>, instruction: u8, p2: u8) -> Result<Option<Vec<u8>>, Error> {
    let command = Command {
        instruction,
        p1: 0,
        p2,
        data: &[],
        answer: Answer::Data,
    };
    let response = card.send(command).map(Some).or_else(unless_final)?;
    Ok(response
        .filter(|response| response.status == Status::OK)
        .map(|response| response.data))
}
