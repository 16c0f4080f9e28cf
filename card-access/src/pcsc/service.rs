//! Thread behind a [`Connection`](super::connection::Connection), the only one that calls PC/SC.

use std::{
    ffi::{CStr, CString},
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    thread,
    time::Duration,
};

use pcsc::{Card, Context, Protocol, Protocols, Scope, ShareMode, Transaction};

use super::{
    failure::failure,
    features::{self, ControlCode, Features},
    progress::{GivenUp, Phase, Progress},
    reader,
    sized::sized,
    watch,
};
use crate::{
    ApduLength, Backend, CardConnection, CardTransaction, Disposition, Error, ErrorKind, NewTransaction,
    PinPad, PinPadCommand, TokenId, TokenInfo,
    piv::{KnownCards, PivToken},
};

/// Operation on the card. It sends its result to the caller itself.
pub(super) type Job = Box<dyn FnOnce(&mut PivToken<PcscConnection>) + Send>;

/// Body of the thread: connects, runs one operation after the other, and leaves the card.
pub(super) fn serve(
    reader: &CString,
    known: KnownCards,
    started: &Sender<Result<TokenInfo, Error>>,
    inbox: &Receiver<Job>,
    progress: &Arc<Progress>,
) {
    // Connecting waits for another program's transaction.
    progress.enter(Phase::Beginning);
    let connection = match PcscConnection::open(reader, Arc::clone(progress)) {
        Ok(connection) => connection,
        Err(error) => {
            let _ = started.send(Err(failure(error)));
            return;
        }
    };
    let info = connection.describe(reader);
    let mut token = PivToken::new(connection, info.clone()).with_known_cards(known);
    if started.send(Ok(info)).is_ok() {
        while let Ok(job) = inbox.recv() {
            job(&mut token);
        }
    }
    token.into_connection().leave();
}

/// Connection to a card in shared mode.
pub(super) struct PcscConnection {
    card: Card,
    /// Protocol between card and reader, until a reset.
    protocol: Option<Protocol>,
    atr: Vec<u8>,
    features: Features,
    progress: Arc<Progress>,
    /// Buffer for responses; allocated for the first one and reused.
    buffer: Vec<u8>,
}

impl PcscConnection {
    fn open(reader: &CStr, progress: Arc<Progress>) -> Result<Self, pcsc::Error> {
        let context = Context::establish(Scope::User)?;
        let card = context.connect(reader, ShareMode::Shared, Protocols::ANY)?;
        let status = sized(|| card.status2_owned())?;
        let atr = status.atr().to_vec();
        let features = Features::of(&card, features::extended_lengths(&atr).is_some());
        Ok(Self {
            card,
            protocol: status.protocol2(),
            atr,
            features,
            progress,
            buffer: Vec::new(),
        })
    }

    /// Properties of reader and card that need no command.
    fn describe(&self, reader: &CStr) -> TokenInfo {
        let name = watch::text(reader);
        let mut info = TokenInfo::new(
            TokenId::any_at(Backend::PcSc, name.clone()),
            reader::product(&name, &self.atr),
        );
        info.kind = reader::form(&name, &self.atr);
        info.pin_pad = self
            .features
            .verify_pin_direct
            .map_or(PinPad::Absent, |_| PinPad::Present);
        info.interface = reader::interface(&name, &self.atr);
        info.reader = Some(name);
        info
    }

    /// Answer to reset of the card (ISO/IEC 7816-3 section 8).
    pub(super) fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// Leaves the card as it is. Dropping a `pcsc::Card` would reset it, which would disturb other programs.
    fn leave(self) {
        if let Err((card, _)) = self.card.disconnect(pcsc::Disposition::LeaveCard) {
            // If disconnecting fails, the card is gone.
            std::mem::forget(card);
        }
    }
}

impl CardConnection for PcscConnection {
    /// After a reset by another program, PC/SC requires a reconnection, which is done once.
    ///
    /// pcsc-lite marks all handles of a reader after a reset, including those of a card that was removed before. So the new
    /// connection is to whichever card is present.
    fn begin(&mut self) -> Result<NewTransaction<'_>, Error> {
        self.progress.try_enter(Phase::Beginning)?;
        let (transaction, is_new) = match self.card.transaction2() {
            Ok(transaction) => (transaction, false),
            Err((card, pcsc::Error::ResetCard)) => {
                card.reconnect(ShareMode::Shared, Protocols::ANY, pcsc::Disposition::LeaveCard)
                    .map_err(failure)?;
                self.protocol = sized(|| card.status2_owned()).map_err(failure)?.protocol2();
                let transaction = card.transaction2().map_err(|(_, error)| failure(error))?;
                (transaction, true)
            }
            Err((_, error)) => return Err(failure(error)),
        };
        let transaction = Box::new(PcscTransaction {
            transaction,
            protocol: self.protocol,
            verify_pin_direct: self.features.verify_pin_direct,
            progress: &self.progress,
            buffer: &mut self.buffer,
        });
        Ok(if is_new {
            NewTransaction::Reconnected(transaction)
        } else {
            NewTransaction::SameCard(transaction)
        })
    }

    fn apdu_length(&self) -> ApduLength {
        /// Data and length fields of the longest command here: the input of an RSA-4096 signature.
        const NEEDED: u32 = 1024;
        let reader = self.features.max_apdu.is_some_and(|longest| longest >= NEEDED);
        match features::extended_lengths(&self.atr) {
            Some(()) if reader => ApduLength::Extended,
            _ => ApduLength::Short,
        }
    }
}

/// Transaction of one operation. Dropping it without an end leaves the card as it is.
struct PcscTransaction<'a> {
    transaction: Transaction<'a>,
    protocol: Option<Protocol>,
    verify_pin_direct: Option<ControlCode>,
    progress: &'a Progress,
    buffer: &'a mut Vec<u8>,
}

impl CardTransaction for PcscTransaction<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.progress.try_enter(Phase::Transmitting)?;
        self.buffer.resize(pcsc::MAX_BUFFER_SIZE_EXTENDED, 0);
        let command = match self.protocol {
            Some(Protocol::T0) => without_expected_length(command),
            _ => command,
        };
        match self.transaction.transmit(command, self.buffer) {
            Ok(answer) => {
                self.progress.count(command.len(), answer.len());
                Ok(answer.to_vec())
            }
            Err(pcsc::Error::NotTransacted) if has_left(&self.transaction) => {
                Err(Error::from(ErrorKind::Removed).with_vendor_code("SCARD_E_NOT_TRANSACTED", 0x8010_0016))
            }
            Err(error) => Err(failure(error)),
        }
    }

    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        let unsupported = ErrorKind::Unsupported {
            what: "typing the PIN on this reader",
        };
        let code = self.verify_pin_direct.ok_or(unsupported)?;
        let structure = features::pin_verify_structure(command.template, command.min, command.max);
        self.progress.try_enter(Phase::AtPinPad)?;
        let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE];
        let answer = self.transaction.control(code, &structure, &mut buffer);
        let answer = answer.map_err(failure)?;
        self.progress.count(command.template.len(), answer.len());
        Ok(answer.to_vec())
    }

    fn end(self: Box<Self>, disposition: Disposition) {
        let disposition = match disposition {
            Disposition::Leave => pcsc::Disposition::LeaveCard,
            Disposition::Reset => pcsc::Disposition::ResetCard,
        };
        self.progress.enter(Phase::Transmitting);
        // A transaction that failed to end is dropped, which tries once more and leaves the card.
        let _ = self.transaction.end(disposition);
    }
}

impl From<GivenUp> for Error {
    fn from(_: GivenUp) -> Self {
        ErrorKind::TimedOut.into()
    }
}

/// Whether an exchange failed because the card is gone: the service polls its readers only every 0.4 s.
fn has_left(transaction: &Transaction<'_>) -> bool {
    const LOOKS: u32 = 6;
    const PAUSE: Duration = Duration::from_millis(100);
    (0..LOOKS).any(|_| {
        thread::sleep(PAUSE);
        matches!(
            sized(|| transaction.status2_owned()),
            Err(pcsc::Error::NoSmartcard | pcsc::Error::ReaderUnavailable | pcsc::Error::RemovedCard)
        )
    })
}

/// T=0 has no command with both data and an expected length: the card announces its response (ISO/IEC 7816-3 section 12.2.1).
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
