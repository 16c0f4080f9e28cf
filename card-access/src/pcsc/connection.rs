//! One connection to one card, bounded in time.
//!
//! PC/SC's calls block for as long as a card or another program pleases: `SCardTransmit` has no time-out, and
//! `SCardCancel` does not reach it. So a thread of its own holds the connection, and the caller waits for its answer
//! only so long. A thread that is given up leaves the card and ends as soon as PC/SC lets go of it.

use std::{
    ffi::CString,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    features::{self, PAD_SECONDS},
    service::{Answer, Greeting, Request, serve},
};
use crate::{Error, ErrorKind, Leave, Lengths, PinPad, PinPadCommand, Transport};

/// A connection in shared mode. It leaves the card as it is when it is dropped.
pub(super) struct Connection {
    line: Option<Line>,
    greeting: Greeting,
    limit: Duration,
}

struct Line {
    requests: Sender<Request>,
    answers: Receiver<Answer>,
}

impl Connection {
    /// Connects to the card in a reader; no call takes longer than `limit`.
    pub(super) fn open(reader: CString, limit: Duration) -> Result<Self, Error> {
        let (requests, inbox) = channel();
        let (outbox, answers) = channel();
        let (greet, greeted) = channel();
        thread::Builder::new()
            .name(String::from("card-access"))
            .spawn(move || serve(&reader, &greet, &inbox, &outbox))
            .map_err(|error| Error::from(ErrorKind::CardFailed).said(error.to_string(), 0))?;
        let greeting = greeted.recv_timeout(limit).map_err(|_| ErrorKind::TimedOut)??;
        Ok(Self {
            line: Some(Line { requests, answers }),
            greeting,
            limit,
        })
    }

    /// The card's answer to reset (ISO/IEC 7816-3 section 8).
    pub(super) fn atr(&self) -> &[u8] {
        &self.greeting.atr
    }

    /// Whether the PIN can be typed on the reader.
    pub(super) fn pin_pad(&self) -> PinPad {
        self.greeting
            .features
            .verify_pin_direct
            .map_or(PinPad::Absent, |_| PinPad::Present)
    }

    fn ask(&mut self, request: Request, late: ErrorKind) -> Answer {
        if let Some(line) = &self.line {
            // A thread that ended shows in the answer.
            let _ = line.requests.send(request);
        }
        self.answer(self.limit, late)
    }

    /// The answer to the last request, or the given kind of error when it does not come in time.
    fn answer(&mut self, limit: Duration, late: ErrorKind) -> Answer {
        let Some(line) = &self.line else {
            return Err(ErrorKind::TimedOut.into());
        };
        match line.answers.recv_timeout(limit) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                self.line = None;
                Err(late.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(ErrorKind::Removed.into()),
        }
    }
}

impl Transport for Connection {
    fn begin(&mut self) -> Result<(), Error> {
        self.ask(Request::Begin, ErrorKind::Busy).map(drop)
    }

    fn end(&mut self, leave: Leave) {
        // What cannot be ended was ended by the service already.
        let _ = self.ask(Request::End(leave), ErrorKind::TimedOut);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.ask(
            Request::Transmit(Zeroizing::new(command.to_vec())),
            ErrorKind::TimedOut,
        )
    }

    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        let structure = features::pin_verify_structure(command.template, command.min, command.max);
        let Some(line) = self.line.as_ref().filter(|_| self.pin_pad() == PinPad::Present) else {
            return Err(ErrorKind::Unsupported {
                what: "typing the PIN on this reader",
            }
            .into());
        };
        let _ = line.requests.send(Request::VerifyPin(structure));
        // The reader itself gives up when the user does nothing.
        self.answer(
            self.limit + Duration::from_secs(PAD_SECONDS.into()),
            ErrorKind::TimedOut,
        )
    }

    fn lengths(&self) -> Lengths {
        /// Data and length fields of the longest commands here: a signature's input for RSA-4096.
        const NEEDED: u32 = 1024;
        let reader = self
            .greeting
            .features
            .max_apdu
            .is_some_and(|longest| longest >= NEEDED);
        match features::extended_lengths(self.atr()) {
            Some(()) if reader => Lengths::Extended,
            _ => Lengths::Short,
        }
    }
}
