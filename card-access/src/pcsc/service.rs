//! The thread behind a [`Connection`](super::connection::Connection): it alone speaks with PC/SC.

use std::{
    ffi::CString,
    sync::mpsc::{Receiver, Sender},
    thread,
    time::Duration,
};

use pcsc::{Card, Context, Disposition, Protocol, Protocols, Scope, ShareMode, Transaction};
use zeroize::Zeroizing;

use super::{failure::failure, features::Features};
use crate::{Error, ErrorKind, Leave};

/// What the caller asks of the thread.
pub(super) enum Request {
    Begin,
    End(Leave),
    Transmit(Zeroizing<Vec<u8>>),
    /// The structure for the reader's PIN pad.
    VerifyPin(Vec<u8>),
}

/// Response bytes; empty for what has no response.
pub(super) type Answer = Result<Vec<u8>, Error>;

/// What is known from the connecting.
#[derive(Default)]
pub(super) struct Greeting {
    pub(super) atr: Vec<u8>,
    pub(super) features: Features,
}

/// The thread: connects, serves one transaction after the other, and leaves the card.
pub(super) fn serve(
    reader: &CString,
    greet: &Sender<Result<Greeting, Error>>,
    inbox: &Receiver<Request>,
    outbox: &Sender<Answer>,
) {
    let (mut card, greeting) = match connect(reader) {
        Ok(connected) => connected,
        Err(error) => {
            let _ = greet.send(Err(failure(error)));
            return;
        }
    };
    let features = greeting.features;
    let mut heard = greet.send(Ok(greeting)).is_ok();
    while heard {
        let answer = match inbox.recv() {
            Err(_) => break,
            Ok(Request::Begin) => match begin(&mut card) {
                Ok(transaction) => {
                    heard = outbox.send(Ok(Vec::new())).is_ok();
                    serve_transaction(transaction, features, inbox, outbox)
                }
                Err(error) => Err(failure(error)),
            },
            Ok(Request::End(_)) => Ok(Vec::new()),
            Ok(Request::Transmit(_) | Request::VerifyPin(_)) => Err(ErrorKind::CardFailed.into()),
        };
        heard = heard && outbox.send(answer).is_ok();
    }
    // Dropping a `Card` resets it, which would disturb others. One that can't be disconnected is gone.
    if let Err((card, _)) = card.disconnect(Disposition::LeaveCard) {
        std::mem::forget(card);
    }
}

/// Serves until the transaction is to end, or nobody listens any more; the answer is the one to its end.
fn serve_transaction(
    mut transaction: Transaction<'_>,
    features: Features,
    inbox: &Receiver<Request>,
    outbox: &Sender<Answer>,
) -> Answer {
    let protocol = transaction
        .status2_owned()
        .ok()
        .and_then(|status| status.protocol2());
    loop {
        let answer = match inbox.recv() {
            Err(_) | Ok(Request::End(Leave::AsIs)) => return end(transaction, Disposition::LeaveCard),
            Ok(Request::End(Leave::Reset)) => return end(transaction, Disposition::ResetCard),
            Ok(Request::Begin) => Ok(Vec::new()),
            Ok(Request::Transmit(command)) => transmit(&mut transaction, protocol, &command),
            Ok(Request::VerifyPin(structure)) => verify_pin(&transaction, features, &structure),
        };
        if outbox.send(answer).is_err() {
            return end(transaction, Disposition::LeaveCard);
        }
    }
}

fn connect(reader: &CString) -> Result<(Card, Greeting), pcsc::Error> {
    let context = Context::establish(Scope::User)?;
    let card = context.connect(reader, ShareMode::Shared, Protocols::ANY)?;
    let atr = card.status2_owned()?.atr().to_vec();
    let features = Features::of(&card);
    Ok((card, Greeting { atr, features }))
}

/// Begins a transaction. After another program's reset, PC/SC wants a reconnection first; that is done once.
fn begin(card: &mut Card) -> Result<Transaction<'_>, pcsc::Error> {
    match card.transaction2() {
        Ok(transaction) => Ok(transaction),
        Err((card, pcsc::Error::ResetCard)) => {
            card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)?;
            card.transaction2().map_err(|(_, error)| error)
        }
        Err((_, error)) => Err(error),
    }
}

fn end(transaction: Transaction<'_>, disposition: Disposition) -> Answer {
    // A transaction that failed to end is dropped, which tries once more and leaves the card.
    transaction
        .end(disposition)
        .map(|()| Vec::new())
        .map_err(|(_, error)| failure(error))
}

fn transmit(transaction: &mut Transaction<'_>, protocol: Option<Protocol>, command: &[u8]) -> Answer {
    let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
    let command = match protocol {
        Some(Protocol::T0) => without_expected_length(command),
        _ => command,
    };
    match transaction.transmit(command, &mut buffer) {
        Ok(answer) => Ok(answer.to_vec()),
        Err(pcsc::Error::NotTransacted) if has_left(transaction) => {
            Err(Error::from(ErrorKind::Removed).said("SCARD_E_NOT_TRANSACTED", 0x8010_0016))
        }
        Err(error) => Err(failure(error)),
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

/// Lets the reader ask for the PIN, send the command and give its response.
fn verify_pin(transaction: &Transaction<'_>, features: Features, structure: &[u8]) -> Answer {
    let unsupported = ErrorKind::Unsupported {
        what: "typing the PIN on this reader",
    };
    let code = features.verify_pin_direct.ok_or(unsupported)?;
    let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE];
    let answer = transaction
        .control(code, structure, &mut buffer)
        .map_err(failure)?;
    Ok(answer.to_vec())
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
