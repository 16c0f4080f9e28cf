//! The thread behind a [`Connection`](super::connection::Connection): it alone speaks with PC/SC.

use std::{
    ffi::{CStr, CString},
    sync::mpsc::{Receiver, Sender},
    thread,
    time::Duration,
};

use pcsc::{Card, Context, Disposition, Protocol, Protocols, Scope, ShareMode, Transaction};

use super::{
    connection::Job,
    failure::failure,
    features::{self, Features},
    progress::{GivenUp, Phase, Progress},
    reader, watch,
};
use crate::{
    Backend, Error, ErrorKind, Leave, Lengths, PinPad, PinPadCommand, TokenId, TokenInfo, Transport,
    piv::{ObjectCache, PivToken},
};

/// The thread: connects, does one operation after the other, and leaves the card.
pub(super) fn serve(
    reader: &CString,
    cache: ObjectCache,
    greet: &Sender<Result<TokenInfo, Error>>,
    inbox: &Receiver<Job>,
    progress: &Progress,
) {
    // Others may be in the middle of something with the card, which connecting waits for.
    progress.enter(Phase::Beginning);
    let (mut card, traits) = match connect(reader) {
        Ok(connected) => connected,
        Err(error) => {
            let _ = greet.send(Err(failure(error)));
            return;
        }
    };
    let info = describe(reader, &traits);
    if greet.send(Ok(info.clone())).is_ok() {
        let mut buffer = Vec::new();
        let mut known = PivToken::new(NoCard, info).with_cache(cache);
        while let Ok(job) = inbox.recv() {
            let on_card = OnCard {
                state: State::Before(&mut card),
                reconnected: false,
                buffer: &mut buffer,
                traits: &traits,
                progress,
            };
            let mut token = known.on(on_card);
            job(&mut token);
            known = token.on(NoCard);
        }
    }
    // Dropping a `Card` resets it, which would disturb others. One that can't be disconnected is gone.
    if let Err((card, _)) = card.card.disconnect(Disposition::LeaveCard) {
        std::mem::forget(card);
    }
}

/// A card, and how it and the reader speak, until a reset.
struct Connected {
    card: Card,
    protocol: Option<Protocol>,
}

/// What is known from the connecting.
struct Traits {
    atr: Vec<u8>,
    features: Features,
}

fn connect(reader: &CStr) -> Result<(Connected, Traits), pcsc::Error> {
    let context = Context::establish(Scope::User)?;
    let card = context.connect(reader, ShareMode::Shared, Protocols::ANY)?;
    let status = card.status2_owned()?;
    let atr = status.atr().to_vec();
    let features = Features::of(&card, features::extended_lengths(&atr).is_some());
    let protocol = status.protocol2();
    Ok((Connected { card, protocol }, Traits { atr, features }))
}

/// What reader and card show without a command.
fn describe(reader: &CStr, traits: &Traits) -> TokenInfo {
    let name = watch::text(reader);
    let mut info = TokenInfo::new(
        TokenId::whatever_is_in(Backend::PcSc, name.clone()),
        reader::product(&name, &traits.atr),
    );
    info.form = reader::form(&name, &traits.atr);
    info.pin_pad = traits
        .features
        .verify_pin_direct
        .map_or(PinPad::Absent, |_| PinPad::Present);
    info.interface = reader::interface(&name, &traits.atr);
    info.reader = Some(name);
    info
}

/// Between two operations.
struct NoCard;

impl Transport for NoCard {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::CardFailed.into())
    }
}

/// The card during one operation, which has one transaction.
pub(super) struct OnCard<'a> {
    state: State<'a>,
    reconnected: bool,
    /// For responses; made at the first one and used again.
    buffer: &'a mut Vec<u8>,
    traits: &'a Traits,
    progress: &'a Progress,
}

enum State<'a> {
    Before(&'a mut Connected),
    During(Transaction<'a>, Option<Protocol>),
    After,
}

impl OnCard<'_> {
    /// The card's answer to reset (ISO/IEC 7816-3 section 8).
    pub(super) fn atr(&self) -> &[u8] {
        &self.traits.atr
    }
}

impl Transport for OnCard<'_> {
    fn begin(&mut self) -> Result<(), Error> {
        let State::Before(card) = std::mem::replace(&mut self.state, State::After) else {
            return Err(ErrorKind::CardFailed.into());
        };
        self.progress.try_enter(Phase::Beginning)?;
        let (transaction, protocol) = begin(card, &mut self.reconnected).map_err(failure)?;
        self.state = State::During(transaction, protocol);
        Ok(())
    }

    fn reconnected(&self) -> bool {
        self.reconnected
    }

    fn end(&mut self, leave: Leave) {
        let State::During(transaction, _) = std::mem::replace(&mut self.state, State::After) else {
            return;
        };
        let disposition = match leave {
            Leave::AsIs => Disposition::LeaveCard,
            Leave::Reset => Disposition::ResetCard,
        };
        self.progress.enter(Phase::Transmitting);
        // A transaction that failed to end is dropped, which tries once more and leaves the card.
        let _ = transaction.end(disposition);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let State::During(transaction, protocol) = &mut self.state else {
            return Err(ErrorKind::CardFailed.into());
        };
        self.progress.try_enter(Phase::Transmitting)?;
        self.buffer.resize(pcsc::MAX_BUFFER_SIZE_EXTENDED, 0);
        let command = match protocol {
            Some(Protocol::T0) => without_expected_length(command),
            _ => command,
        };
        match transaction.transmit(command, self.buffer) {
            Ok(answer) => Ok(answer.to_vec()),
            Err(pcsc::Error::NotTransacted) if has_left(transaction) => {
                Err(Error::from(ErrorKind::Removed).with_vendor_code("SCARD_E_NOT_TRANSACTED", 0x8010_0016))
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Lets the reader ask for the PIN, send the command and give its response.
    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        let unsupported = ErrorKind::Unsupported {
            what: "typing the PIN on this reader",
        };
        let code = self.traits.features.verify_pin_direct.ok_or(unsupported)?;
        let State::During(transaction, _) = &mut self.state else {
            return Err(ErrorKind::CardFailed.into());
        };
        let structure = features::pin_verify_structure(command.template, command.min, command.max);
        self.progress.try_enter(Phase::AtPinPad)?;
        let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE];
        let answer = transaction.control(code, &structure, &mut buffer);
        Ok(answer.map_err(failure)?.to_vec())
    }

    fn lengths(&self) -> Lengths {
        /// Data and length fields of the longest commands here: a signature's input for RSA-4096.
        const NEEDED: u32 = 1024;
        let reader = self
            .traits
            .features
            .max_apdu
            .is_some_and(|longest| longest >= NEEDED);
        match features::extended_lengths(&self.traits.atr) {
            Some(()) if reader => Lengths::Extended,
            _ => Lengths::Short,
        }
    }
}

impl From<GivenUp> for Error {
    fn from(_: GivenUp) -> Self {
        ErrorKind::TimedOut.into()
    }
}

/// Begins a transaction. After another program's reset, PC/SC wants a reconnection first; that is done once.
///
/// pcsc-lite marks all handles of a reader for a reset, those of a card that was taken out before too. So what is connected to is
/// whatever card is there, which `reconnected` tells.
fn begin<'a>(
    connected: &'a mut Connected,
    reconnected: &mut bool,
) -> Result<(Transaction<'a>, Option<Protocol>), pcsc::Error> {
    let protocol = connected.protocol;
    match connected.card.transaction2() {
        Ok(transaction) => Ok((transaction, protocol)),
        Err((card, pcsc::Error::ResetCard)) => {
            *reconnected = true;
            card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)?;
            connected.protocol = card.status2_owned()?.protocol2();
            let protocol = connected.protocol;
            let transaction = card.transaction2().map_err(|(_, error)| error)?;
            Ok((transaction, protocol))
        }
        Err((_, error)) => Err(error),
    }
}

/// Whether an exchange that failed did so because the card is gone: the service looks at its readers every 0.4 s only.
fn has_left(transaction: &Transaction<'_>) -> bool {
    const LOOKS: u32 = 6;
    const PAUSE: Duration = Duration::from_millis(100);
    (0..LOOKS).any(|_| {
        thread::sleep(PAUSE);
        matches!(
            transaction.status2_owned(),
            Err(pcsc::Error::NoSmartcard | pcsc::Error::ReaderUnavailable | pcsc::Error::RemovedCard)
        )
    })
}

/// T=0 has no command with both data and an expected length: the card says what there is (ISO/IEC 7816-3 section 12.2.1).
fn without_expected_length(command: &[u8]) -> &[u8] {
    match command {
        [_, _, _, _, lc, rest @ ..] if *lc > 0 && rest.len() == usize::from(*lc) + 1 => {
            command.split_last().map_or(command, |(_, shorter)| shorter)
        }
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use super::without_expected_length;

    #[test]
    fn only_the_case_with_data_and_length_loses_its_length() {
        for (command, sent) in [
            (
                &[0, 0xa4, 4, 0, 2, 0xa0, 0, 0][..],
                &[0, 0xa4, 4, 0, 2, 0xa0, 0][..],
            ),
            (&[0, 0x20, 0, 0x80, 1, 0xff], &[0, 0x20, 0, 0x80, 1, 0xff]),
            (&[0, 0xc0, 0, 0, 0], &[0, 0xc0, 0, 0, 0]),
            (&[0, 0x20, 0, 0x80], &[0, 0x20, 0, 0x80]),
        ] {
            assert_eq!(without_expected_length(command), sent);
        }
    }
}
