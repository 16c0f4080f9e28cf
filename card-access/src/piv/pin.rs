//! PIN of the card application: SP 800-73-5 part 2 sections 3.2.1 to 3.2.3.

use zeroize::Zeroizing;

use super::apdu::{Answer, Channel, Command, Response};
use super::status::{LENGTH, SHORT_LENGTH, Status};
use crate::{
    Error, ErrorKind, FinalTryPolicy, Interface, Pin, PinEntry, PinPadCommand, PinSource, PinStatus,
    ShortPinPolicy,
};

/// Reference of a PIN (SP 800-73-5 part 1 table 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Application,
    Global,
}

const VERIFY: u8 = 0x20;
const CHANGE_REFERENCE_DATA: u8 = 0x24;
const RESET_RETRY_COUNTER: u8 = 0x2c;

/// PIN blocks have eight bytes, padded with FF (SP 800-73-5 part 2 section 2.4.3).
const BLOCK: usize = 8;
const PADDING: u8 = 0xff;
const MIN: u8 = 6;
const MAX: u8 = 8;
/// Shortest PIN of known cards, accepted with [`ShortPinPolicy::Allow`].
const MIN_SHORT: u8 = 4;

/// VERIFY without data: reads the number of tries left and spends none.
pub(super) fn status(card: &mut Channel<'_>, reference: Reference) -> Result<PinStatus, Error> {
    Ok(ask(card, reference)?.pin_status())
}

fn ask(card: &mut Channel<'_>, reference: Reference) -> Result<Status, Error> {
    Ok(card.send(command(VERIFY, 0x00, reference, &[]))?.status)
}

/// One try at the PIN, checked as far as possible without the card.
pub(super) struct Attempt {
    /// `None` if the user types it on the reader.
    block: Option<Zeroizing<[u8; BLOCK]>>,
    final_try: FinalTryPolicy,
    short_pin: ShortPinPolicy,
    /// Interface of the card, which can be the reason of a refusal.
    interface: Option<Interface>,
}

impl Attempt {
    /// Refuses a PIN of invalid form.
    pub(super) fn new(entry: PinEntry<'_>, interface: Option<Interface>) -> Result<Self, Error> {
        let block = match entry.source() {
            PinSource::OnReader => None,
            PinSource::Typed(pin) => Some(block(pin, entry.short_pin())?),
        };
        Ok(Self {
            block,
            final_try: entry.final_try(),
            short_pin: entry.short_pin(),
            interface,
        })
    }

    /// Whether the try may be the last one.
    pub(super) fn final_try(&self) -> FinalTryPolicy {
        self.final_try
    }

    /// Reads the counter and refuses a try that may be the last one, unless the caller permits it.
    pub(super) fn check_final_try(&self, card: &mut Channel<'_>, reference: Reference) -> Result<(), Error> {
        if self.final_try == FinalTryPolicy::Allow {
            return Ok(());
        }
        let mut answer = ask(card, reference)?;
        if answer.pin_status() == PinStatus::Verified {
            // A verified PIN hides its counter, which the card reports again after a logout.
            match logout(card, reference) {
                Err(error) if error.is_final() => return Err(error),
                Err(_) => {}
                Ok(()) => answer = ask(card, reference)?,
            }
        }
        let status = match answer.pin_status() {
            PinStatus::Verified => PinStatus::Unknown,
            // The PIN would be refused in the same way.
            PinStatus::Unknown if self.interface == Some(Interface::Contactless) => {
                return Err(answer.pin_error(self.interface));
            }
            status => status,
        };
        status
            .check_try(self.final_try)
            .map_err(|kind| answer.error_of(kind))
    }

    /// VERIFY: makes the try.
    pub(super) fn verify(&self, card: &mut Channel<'_>, reference: Reference) -> Result<(), Error> {
        match &self.block {
            Some(block) => card
                .send(command(VERIFY, 0x00, reference, &**block))?
                .success(|status| status.pin_error(self.interface)),
            None => self
                .verify_on_pad(card, reference)?
                .success(|status| status.pin_pad_error(self.interface)),
        }
    }

    fn verify_on_pad(&self, card: &mut Channel<'_>, reference: Reference) -> Result<Response, Error> {
        let Command {
            instruction, p1, p2, ..
        } = command(VERIFY, 0x00, reference, &[]);
        let mut template = vec![0x00, instruction, p1, p2, MAX];
        template.extend([PADDING; BLOCK]);
        card.send_with_pin_pad(PinPadCommand {
            template: &template,
            min: min(self.short_pin),
            max: MAX,
        })
    }

    /// CHANGE REFERENCE DATA: makes the try, and sets the new PIN if it was correct.
    pub(super) fn change(
        &self,
        card: &mut Channel<'_>,
        reference: Reference,
        new: &Pin,
    ) -> Result<(), Error> {
        self.replace(card, command(CHANGE_REFERENCE_DATA, 0x00, reference, &[]), new)
    }

    /// RESET RETRY COUNTER: a try at the PUK, whose counter cannot be read.
    pub(super) fn unblock(&self, card: &mut Channel<'_>, new: &Pin) -> Result<(), Error> {
        self.replace(
            card,
            command(RESET_RETRY_COUNTER, 0x00, Reference::Application, &[]),
            new,
        )
    }

    fn replace(&self, card: &mut Channel<'_>, command: Command<'_>, new: &Pin) -> Result<(), Error> {
        let Some(current) = &self.block else {
            return Err(ErrorKind::Unsupported {
                what: "changing the PIN on the reader",
            }
            .into());
        };
        // Both in one buffer that is wiped, without an intermediate copy.
        let mut blocks = Zeroizing::new([0; 2 * BLOCK]);
        let (first, second) = blocks.split_at_mut(BLOCK);
        first.copy_from_slice(&**current);
        second.copy_from_slice(&*block(new, self.short_pin)?);
        card.send(Command {
            data: &*blocks,
            ..command
        })?
        .success(|status| status.pin_error(self.interface))
    }
}

/// VERIFY with P1 = FF: the card clears the verification of the PIN.
pub(super) fn logout(card: &mut Channel<'_>, reference: Reference) -> Result<(), Error> {
    card.send(command(VERIFY, 0xff, reference, &[]))?
        .success(Status::error)
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

fn min(short_pin: ShortPinPolicy) -> u8 {
    match short_pin {
        ShortPinPolicy::Allow => MIN_SHORT,
        ShortPinPolicy::Refuse => MIN,
    }
}

/// Encodes a PIN for the card. SP 800-73-5 requires digits; some cards accept any ASCII characters.
fn block(pin: &Pin, short_pin: ShortPinPolicy) -> Result<Zeroizing<[u8; BLOCK]>, Error> {
    let characters = pin.as_bytes();
    if !(usize::from(min(short_pin))..=usize::from(MAX)).contains(&characters.len()) {
        let rule = match short_pin {
            ShortPinPolicy::Allow => SHORT_LENGTH,
            ShortPinPolicy::Refuse => LENGTH,
        };
        return Err(ErrorKind::PinFormat { rule }.into());
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
