//! Commands and responses: ISO/IEC 7816-4 section 5, as used by SP 800-73-5 part 2 section 2.

use zeroize::Zeroizing;

use super::status::Status;
use crate::{ApduLength, CardTransaction, Disposition, Error, ErrorKind, PinPadCommand, Traffic, spans};

/// Command APDU, before it is divided for the transport.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) instruction: u8,
    pub(super) p1: u8,
    pub(super) p2: u8,
    pub(super) data: &'a [u8],
    pub(super) answer: Answer,
}

/// Whether a command expects response data.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Data,
    StatusOnly,
}

/// Response APDU, assembled from its parts.
pub(super) struct Response {
    pub(super) data: Vec<u8>,
    pub(super) status: Status,
}

impl Response {
    /// Data of a command that succeeded, or the error that `meaning` assigns to its status word.
    pub(super) fn data(self, meaning: impl FnOnce(Status) -> Error) -> Result<Vec<u8>, Error> {
        if self.status.is_success() {
            Ok(self.data)
        } else {
            Err(meaning(self.status))
        }
    }

    /// Success of a command without response data, or the error that `meaning` assigns to its status word.
    pub(super) fn success(self, meaning: impl FnOnce(Status) -> Error) -> Result<(), Error> {
        match self.status {
            Status::OK => Ok(()),
            status => Err(meaning(status)),
        }
    }
}

/// Maximum length of a response. The longest PIV object, apart from the security object, is under 16 KiB.
const MAX_RESPONSE: usize = 64 * 1024;
/// Maximum number of parts of a response. Even cards with little memory fill most of each; one that returns a byte at a time
/// would go on for hours.
const MAX_PIECES: usize = 1024;
const MAX_SHORT_DATA: usize = 255;
/// An expected length of 0 requests as much as the length field can express.
const MAX_EXPECTED: u8 = 0;
const GET_RESPONSE: u8 = 0xc0;
const CHAINING: u8 = 0x10;

/// Transaction that counts its commands, and chains those that are too long.
pub(super) struct Channel<'a> {
    transaction: Box<dyn CardTransaction + 'a>,
    length: ApduLength,
    traffic: &'a mut Traffic,
}

impl<'a> Channel<'a> {
    pub(super) fn new(
        transaction: Box<dyn CardTransaction + 'a>,
        length: ApduLength,
        traffic: &'a mut Traffic,
    ) -> Self {
        Self {
            transaction,
            length,
            traffic,
        }
    }

    /// Ends the transaction.
    pub(super) fn end(self, disposition: Disposition) {
        self.transaction.end(disposition);
    }

    /// Sends a command and assembles the response. An error status is an `Ok` response.
    ///
    /// Success with data that was not requested is not a valid response. With an error the data is discarded: the status word
    /// matters, above all after a PIN.
    pub(super) fn send(&mut self, command: Command<'_>) -> Result<Response, Error> {
        let first = self.begin(command)?;
        let response = self.finish(first)?;
        match command.answer {
            Answer::StatusOnly if response.status == Status::OK && !response.data.is_empty() => {
                Err(malformed("response with data that was not requested"))
            }
            _ => Ok(response),
        }
    }

    /// Fetches the rest of a response after its first part. Cards discard what is not fetched.
    pub(super) fn finish(&mut self, mut response: Response) -> Result<Response, Error> {
        const MORE: Command<'_> = Command {
            instruction: GET_RESPONSE,
            p1: 0,
            p2: 0,
            data: &[],
            answer: Answer::Data,
        };
        let mut pieces = 0;
        while let Some(length) = response.status.bytes_available() {
            pieces += 1;
            let mut piece = self.transmit(&encode_short(0, MORE, &[], Some(length)))?;
            if let Some(corrected) = piece.status.corrected_length() {
                piece = self.transmit(&encode_short(0, MORE, &[], Some(corrected)))?;
            }
            // A card that announces more data but returns none would go on without end.
            if piece.data.is_empty() && piece.status.bytes_available().is_some() {
                return Err(malformed("chained response"));
            }
            response.data.extend(piece.data);
            response.status = piece.status;
            if response.data.len() > MAX_RESPONSE || pieces > MAX_PIECES {
                return Err(malformed("response: it is too long"));
            }
        }
        Ok(response)
    }

    /// Sends a command, chained if necessary, and returns the first part of the response.
    ///
    /// In command chaining (ISO/IEC 7816-4 section 5.3.3) every part but the last is only acknowledged.
    pub(super) fn begin(&mut self, command: Command<'_>) -> Result<Response, Error> {
        if self.length == ApduLength::Extended {
            let response = self.transmit(&encode_extended(command, MAX_EXPECTED))?;
            return match (command.answer, response.status.corrected_length()) {
                (Answer::Data, Some(corrected)) => self.transmit(&encode_extended(command, corrected)),
                _ => Ok(response),
            };
        }
        let mut rest = command.data;
        while let Some((piece, after)) = rest
            .split_at_checked(MAX_SHORT_DATA)
            .filter(|(_, after)| !after.is_empty())
        {
            let response = self.transmit(&encode_short(CHAINING, command, piece, None))?;
            if response.status != Status::OK {
                return Ok(response);
            }
            rest = after;
        }
        let length = match command.answer {
            Answer::Data => Some(MAX_EXPECTED),
            Answer::StatusOnly => None,
        };
        let response = self.transmit(&encode_short(0, command, rest, length))?;
        // Only a command that requests data can have requested the wrong amount: a PIN is never sent twice.
        match length.and(response.status.corrected_length()) {
            Some(corrected) => self.transmit(&encode_short(0, command, rest, Some(corrected))),
            None => Ok(response),
        }
    }

    fn transmit(&mut self, bytes: &[u8]) -> Result<Response, Error> {
        let answer = self.transaction.transmit(bytes)?;
        self.traffic.count(bytes.len(), answer.len());
        let response = split(answer)?;
        spans::command(bytes, bytes.len(), response.data.len(), response.status);
        Ok(response)
    }

    /// Lets the user type the PIN on the reader, which sends the command.
    pub(super) fn send_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Response, Error> {
        let answer = self.transaction.transmit_with_pin_pad(command)?;
        self.traffic.count(command.template.len(), answer.len());
        split(answer)
    }
}

fn malformed(what: &'static str) -> Error {
    ErrorKind::Malformed { what }.into()
}

/// Response data and the status word after it (ISO/IEC 7816-4 section 5.1).
fn split(mut answer: Vec<u8>) -> Result<Response, Error> {
    match (answer.pop(), answer.pop()) {
        (Some(sw2), Some(sw1)) => Ok(Response {
            data: answer,
            status: Status::new(sw1, sw2),
        }),
        // Drivers return nothing if the card is removed during a command.
        (None, _) => Err(ErrorKind::Removed.into()),
        (Some(_), None) => Err(malformed("response of one byte")),
    }
}

/// Part of a command with one-byte length fields. It may contain a PIN, so it is wiped.
fn encode_short(class: u8, command: Command<'_>, data: &[u8], le: Option<u8>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(6 + data.len()));
    bytes.extend([class, command.instruction, command.p1, command.p2]);
    if let Some(lc) = u8::try_from(data.len()).ok().filter(|lc| *lc > 0) {
        bytes.push(lc);
        bytes.extend(data);
    }
    bytes.extend(le);
    bytes
}

/// Whole command with extended length fields.
fn encode_extended(command: Command<'_>, le: u8) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(9 + command.data.len()));
    bytes.extend([0, command.instruction, command.p1, command.p2]);
    let lc = u16::try_from(command.data.len()).unwrap_or(u16::MAX);
    if lc > 0 {
        bytes.push(0);
        bytes.extend(lc.to_be_bytes());
        bytes.extend(command.data);
    }
    if let Answer::Data = command.answer {
        bytes.extend((lc == 0).then_some(0));
        bytes.extend([0, le]);
    }
    bytes
}
