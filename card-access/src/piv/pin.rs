//! The PIN of the card application: SP 800-73-5 part 2 sections 3.2.1 to 3.2.3.

use zeroize::Zeroizing;

use super::apdu::{self, Answer, Channel, Command, Response};
use super::status::LENGTH;
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

/// One try at the PIN, checked as far as that goes without the card.
pub(super) struct Attempt {
    /// None when the user types it on the reader.
    block: Option<Zeroizing<[u8; BLOCK]>>,
    final_try: FinalTry,
}

impl Attempt {
    /// Refuses a PIN that can't be one.
    pub(super) fn new(entry: PinEntry<'_>) -> Result<Self, Error> {
        let block = match entry.source() {
            PinSource::OnReader => None,
            PinSource::Typed(pin) => Some(block(pin)?),
        };
        Ok(Self {
            block,
            final_try: entry.final_try(),
        })
    }

    /// Asks the counter whether the try may be made, unless even the final one is allowed.
    pub(super) fn spare_final_try<T: Transport>(
        &self,
        card: &mut Channel<T>,
        reference: Reference,
    ) -> Result<(), Error> {
        if self.final_try == FinalTry::Allow {
            return Ok(());
        }
        match status(card, reference)? {
            PinStatus::Blocked => Err(ErrorKind::PinBlocked.into()),
            PinStatus::FinalTry => Err(ErrorKind::FinalTryRefused.into()),
            _ => Ok(()),
        }
    }

    /// VERIFY: makes the try.
    pub(super) fn verify<T: Transport>(
        &self,
        card: &mut Channel<T>,
        reference: Reference,
    ) -> Result<(), Error> {
        let response = match &self.block {
            Some(block) => card.send(command(VERIFY, 0x00, reference, &**block))?,
            None => verify_on_pad(card, reference)?,
        };
        response.data().map(drop)
    }

    /// CHANGE REFERENCE DATA: makes the try, and sets the new PIN if it was right.
    pub(super) fn change<T: Transport>(
        &self,
        card: &mut Channel<T>,
        reference: Reference,
        new: &Pin,
    ) -> Result<(), Error> {
        self.replace(card, command(CHANGE_REFERENCE_DATA, 0x00, reference, &[]), new)
    }

    /// RESET RETRY COUNTER: a try at the PUK, whose counter can't be read beforehand.
    pub(super) fn unblock<T: Transport>(&self, card: &mut Channel<T>, new: &Pin) -> Result<(), Error> {
        self.replace(
            card,
            command(RESET_RETRY_COUNTER, 0x00, Reference::Application, &[]),
            new,
        )
    }

    fn replace<T: Transport>(
        &self,
        card: &mut Channel<T>,
        command: Command<'_>,
        new: &Pin,
    ) -> Result<(), Error> {
        let Some(current) = &self.block else {
            return Err(ErrorKind::Unsupported {
                what: "changing the PIN on the reader",
            }
            .into());
        };
        // Side by side in memory that is wiped, with no copy on the way.
        let mut blocks = Zeroizing::new([0; 2 * BLOCK]);
        let (first, second) = blocks.split_at_mut(BLOCK);
        first.copy_from_slice(&**current);
        second.copy_from_slice(&*block(new)?);
        card.send(Command {
            data: &*blocks,
            ..command
        })?
        .data()
        .map(drop)
    }
}

/// VERIFY with P1 = FF: the card forgets that the PIN was verified.
pub(super) fn logout<T: Transport>(card: &mut Channel<T>, reference: Reference) -> Result<(), Error> {
    card.send(command(VERIFY, 0xff, reference, &[]))?.data().map(drop)
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
        return Err(ErrorKind::PinFormat { rule: LENGTH }.into());
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
