//! Bytes to a card and back.

use crate::{Error, ErrorKind};

/// Bytes to a card and back: PC/SC, NFC, a remote reader, a script.
///
/// [`PivToken`](crate::piv::PivToken) needs no more than this of the world. One around another, which counts the commands:
///
/// ```
/// use card_access::{Error, Leave, Lengths, PinPadCommand, Transport};
///
/// struct Counted<T> {
///     card: T,
///     commands: usize,
/// }
///
/// impl<T: Transport> Transport for Counted<T> {
///     fn begin(&mut self) -> Result<(), Error> {
///         self.card.begin()
///     }
///     fn reconnected(&self) -> bool {
///         self.card.reconnected()
///     }
///     fn end(&mut self, leave: Leave) {
///         self.card.end(leave);
///     }
///     fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
///         self.commands += 1;
///         self.card.transmit(command)
///     }
///     fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
///         self.commands += 1;
///         self.card.transmit_with_pin_pad(command)
///     }
///     fn lengths(&self) -> Lengths {
///         self.card.lengths()
///     }
/// }
/// ```
pub trait Transport: Send {
    /// Begins a transaction: until its end no other program reaches the card.
    ///
    /// Whoever calls selects the application anew afterwards, so that a reset in between does no harm, and asks
    /// [`reconnected`](Self::reconnected).
    ///
    /// # Errors
    ///
    /// Those of [`transmit`](Self::transmit), and [`Busy`](ErrorKind::Busy) while another program holds the card.
    fn begin(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Whether the last [`begin`](Self::begin) had to connect anew, because another program had reset the card. There may be
    /// another card then: whoever has a PIN for the one before makes sure first that it is still there.
    fn reconnected(&self) -> bool {
        false
    }

    /// Ends the transaction. There is nothing that a caller could do about a failure, so none is told.
    fn end(&mut self, leave: Leave) {
        let _ = leave;
    }

    /// Sends one command APDU and returns the response APDU (ISO/IEC 7816-3 section 12), status word included.
    ///
    /// # Errors
    ///
    /// [`Removed`](ErrorKind::Removed), [`CardReset`](ErrorKind::CardReset) or [`TimedOut`](ErrorKind::TimedOut)
    /// when no response came. A status word that tells of an error is a response.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error>;

    /// Lets the user type the PIN on the reader, which fills it into the command and sends that.
    ///
    /// # Errors
    ///
    /// Those of [`transmit`](Self::transmit), and [`Unsupported`](ErrorKind::Unsupported) where no reader has keys for it.
    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
        let _ = command;
        Err(ErrorKind::Unsupported {
            what: "typing the PIN on the reader",
        }
        .into())
    }

    /// The longest APDUs that both card and reader take.
    fn lengths(&self) -> Lengths {
        Lengths::Short
    }
}

/// How to leave a card at the end of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// As it is.
    AsIs,
    /// Reset, because there was no other way to forget a verified PIN.
    Reset,
}

/// The lengths of APDUs (ISO/IEC 7816-3 section 12.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// Three-byte length fields: a response in one piece.
    Extended,
    /// One-byte length fields: longer commands and responses are chained.
    Short,
}

/// A command whose PIN the reader fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinPadCommand<'a> {
    /// The command with its PIN block all padding.
    pub template: &'a [u8],
    /// The fewest characters of a PIN.
    pub min: u8,
    /// The most characters of a PIN.
    pub max: u8,
}
