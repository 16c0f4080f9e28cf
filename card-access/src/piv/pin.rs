//! The PIN of the card application: SP 800-73-5 part 2 sections 3.2.1 to 3.2.3.

use zeroize::Zeroizing;

use super::apdu::{self, Answer, Channel, Command, Response};
use crate::{
    Error, ErrorKind, FinalTry, Pin, PinEntry, PinSource, PinStatus, Transport, transport::PinPadCommand,
};

/// Which PIN (SP 800-73-5 part 1 table 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Application,
    Global,
}

const VERIFY: u8 = 0x20;
const CHANGE_REFERENCE_DATA: u8 = 0x24;
const RESET_RETRY_COUNTER: u8 = 0x2c;

/// PIN blocks are eight bytes, filled up with FF (SP 800-73-5 part 2 section 2.4.3).
const BLOCK: usize = 8;
const PADDING: u8 = 0xff;
const MIN: u8 = 6;
const MAX: u8 = 8;

/// VERIFY without data: tells the tries left and spends none.
pub(super) fn status<T: Transport>(card: &mut Channel<T>, reference: Reference) -> Result<PinStatus, Error> {
    Ok(card
        .send(command(VERIFY, 0x00, reference, &[]))?
        .status
        .pin_status())
}

/// VERIFY: one try, unless the counter says that it must not be made.
pub(super) fn verify<T: Transport>(
    card: &mut Channel<T>,
    reference: Reference,
    entry: PinEntry<'_>,
) -> Result<(), Error> {
    let block = match entry.source() {
        PinSource::OnReader => None,
        PinSource::Typed(pin) => Some(block(pin)?),
    };
    spare_final_try(card, reference, entry.final_try())?;
    let response = match block {
        Some(block) => card.send(command(VERIFY, 0x00, reference, &*block))?,
        None => verify_on_pad(card, reference)?,
    };
    response.data().map(drop)
}

/// VERIFY with P1 = FF: the card forgets that the PIN was verified.
pub(super) fn logout<T: Transport>(card: &mut Channel<T>, reference: Reference) -> Result<(), Error> {
    card.send(command(VERIFY, 0xff, reference, &[]))?.data().map(drop)
}

/// CHANGE REFERENCE DATA, from the current PIN to the new one.
pub(super) fn change<T: Transport>(
    card: &mut Channel<T>,
    reference: Reference,
    current: PinEntry<'_>,
    new: &Pin,
) -> Result<(), Error> {
    let blocks = two_blocks(current, new)?;
    spare_final_try(card, reference, current.final_try())?;
    card.send(command(CHANGE_REFERENCE_DATA, 0x00, reference, &blocks))?
        .data()
        .map(drop)
}

/// RESET RETRY COUNTER with the PUK. The PUK's own counter can't be read beforehand.
pub(super) fn unblock<T: Transport>(
    card: &mut Channel<T>,
    puk: PinEntry<'_>,
    new: &Pin,
) -> Result<(), Error> {
    let blocks = two_blocks(puk, new)?;
    card.send(command(
        RESET_RETRY_COUNTER,
        0x00,
        Reference::Application,
        &blocks,
    ))?
    .data()
    .map(drop)
}

fn command(instruction: u8, p1: u8, reference: Reference, data: &[u8]) -> Command<'_> {
    let p2 = match reference {
        Reference::Application => 0x80,
        Reference::Global => 0x00,
    };
    Command {
        instruction,
        p1,
        p2,
        data,
        answer: Answer::StatusOnly,
    }
}

/// Asks the counter first, unless even the final try is allowed.
fn spare_final_try<T: Transport>(
    card: &mut Channel<T>,
    reference: Reference,
    final_try: FinalTry,
) -> Result<(), Error> {
    if final_try == FinalTry::Allow {
        return Ok(());
    }
    match status(card, reference)? {
        PinStatus::Blocked => Err(ErrorKind::PinBlocked.into()),
        PinStatus::FinalTry => Err(ErrorKind::FinalTryRefused.into()),
        _ => Ok(()),
    }
}

fn verify_on_pad<T: Transport>(card: &mut Channel<T>, reference: Reference) -> Result<Response, Error> {
    let Command {
        instruction, p1, p2, ..
    } = command(VERIFY, 0x00, reference, &[]);
    let mut template = vec![0x00, instruction, p1, p2, MAX];
    template.extend([PADDING; BLOCK]);
    let answer = card.transport.transmit_with_pin_pad(PinPadCommand {
        template: &template,
        min: MIN,
        max: MAX,
    })?;
    card.count(template.len(), answer.len());
    apdu::split(answer)
}

/// A PIN as the card takes it. SP 800-73-5 has digits; cards exist that take any ASCII characters.
fn block(pin: &Pin) -> Result<Zeroizing<[u8; BLOCK]>, Error> {
    let characters = pin.as_bytes();
    if !(usize::from(MIN)..=usize::from(MAX)).contains(&characters.len()) {
        return Err(ErrorKind::PinFormat {
            rule: "it has 6 to 8 characters",
        }
        .into());
    }
    if !characters.iter().all(u8::is_ascii_graphic) {
        return Err(ErrorKind::PinFormat {
            rule: "it has digits, or at least ASCII characters",
        }
        .into());
    }
    let mut block = Zeroizing::new([PADDING; BLOCK]);
    for (place, character) in block.iter_mut().zip(characters) {
        *place = *character;
    }
    Ok(block)
}

fn two_blocks(first: PinEntry<'_>, second: &Pin) -> Result<Zeroizing<Vec<u8>>, Error> {
    let PinSource::Typed(first) = first.source() else {
        return Err(ErrorKind::Unsupported {
            what: "changing the PIN on the reader",
        }
        .into());
    };
    let mut blocks = Zeroizing::new(Vec::with_capacity(2 * BLOCK));
    blocks.extend_from_slice(&*block(first)?);
    blocks.extend_from_slice(&*block(second)?);
    Ok(blocks)
}
