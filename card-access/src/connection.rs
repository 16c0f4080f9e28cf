//! Connections to cards, and transactions on them.

use crate::Error;

/// Connection to a card: over PC/SC, NFC, a remote reader, or a recording.
///
/// [`PivToken`](crate::piv::PivToken) needs nothing else. Commands are sent in a [`CardTransaction`], which only
/// [`begin`](Self::begin) returns; a connection itself sends none.
///
/// A connection that wraps another one and counts its commands:
///
/// ```
/// use card_access::{
///     ApduLength, CardConnection, CardTransaction, Disposition, Error, NewTransaction, PinPadCommand,
/// };
///
/// struct Counted<C> {
///     card: C,
///     commands: usize,
/// }
///
/// impl<C: CardConnection> CardConnection for Counted<C> {
///     fn begin(&mut self) -> Result<NewTransaction<'_>, Error> {
///         let commands = &mut self.commands;
///         Ok(self.card.begin()?.map(|inner| Box::new(Counting { inner, commands })))
///     }
///     fn apdu_length(&self) -> ApduLength {
///         self.card.apdu_length()
///     }
/// }
///
/// struct Counting<'a> {
///     inner: Box<dyn CardTransaction + 'a>,
///     commands: &'a mut usize,
/// }
///
/// impl CardTransaction for Counting<'_> {
///     fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
///         *self.commands += 1;
///         self.inner.transmit(command)
///     }
///     fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
///         *self.commands += 1;
///         self.inner.transmit_with_pin_pad(command)
///     }
///     fn end(self: Box<Self>, disposition: Disposition) {
///         self.inner.end(disposition);
///     }
/// }
/// ```
///
/// No method has a default. For example, a transaction without `end` does not compile:
///
/// ```compile_fail,E0046
/// # use card_access::{CardTransaction, Error, PinPadCommand};
/// # struct Forgetful;
/// impl CardTransaction for Forgetful {
///     fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
/// #       todo!()
///     }
///     fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error> {
/// #       todo!()
///     }
/// }
/// ```
pub trait CardConnection: Send {
    /// Begins a transaction. No other program can use the card until it ends.
    ///
    /// The caller selects the application afterwards, so a reset by another program in between does no harm. After a reset, the
    /// connection is re-established here, and the result says so.
    ///
    /// # Errors
    ///
    /// Errors of [`CardTransaction::transmit`], and [`Busy`](crate::ErrorKind::Busy) while another program holds the card.
    fn begin(&mut self) -> Result<NewTransaction<'_>, Error>;

    /// Longest APDUs that both card and reader support.
    fn apdu_length(&self) -> ApduLength;
}

/// A new transaction, and whether the card is certainly the one of the previous transaction.
pub enum NewTransaction<'a> {
    /// The connection was re-established because another program reset the card. It may be another card: the caller verifies
    /// its identity before it sends a PIN.
    Reconnected(Box<dyn CardTransaction + 'a>),
    /// The connection is unchanged since the previous transaction, or this is the first one.
    SameCard(Box<dyn CardTransaction + 'a>),
}

impl<'a> NewTransaction<'a> {
    /// Wraps the transaction in another one.
    #[must_use]
    pub fn map<'b>(
        self,
        wrap: impl FnOnce(Box<dyn CardTransaction + 'a>) -> Box<dyn CardTransaction + 'b>,
    ) -> NewTransaction<'b> {
        match self {
            Self::Reconnected(transaction) => NewTransaction::Reconnected(wrap(transaction)),
            Self::SameCard(transaction) => NewTransaction::SameCard(wrap(transaction)),
        }
    }
}

/// Transaction with a card.
pub trait CardTransaction {
    /// Sends one command APDU and returns the response APDU (ISO/IEC 7816-3 section 12), status word included.
    ///
    /// # Errors
    ///
    /// [`Removed`](crate::ErrorKind::Removed), [`CardReset`](crate::ErrorKind::CardReset) or
    /// [`TimedOut`](crate::ErrorKind::TimedOut) if no response came. A status word that reports an error is a response.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error>;

    /// Lets the user type the PIN on the reader, which inserts it into the command, sends it and returns the response.
    ///
    /// # Errors
    ///
    /// Errors of [`transmit`](Self::transmit), and [`Unsupported`](crate::ErrorKind::Unsupported) if the reader has no PIN pad.
    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error>;

    /// Ends the transaction. Errors are ignored: the caller could not act on them.
    fn end(self: Box<Self>, disposition: Disposition);
}

/// State in which a transaction leaves the card, in PC/SC's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// Left as it is.
    Leave,
    /// Reset, because a verified PIN could not be cleared otherwise.
    Reset,
}

/// Length fields of APDUs (ISO/IEC 7816-3 section 12.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApduLength {
    /// Three bytes: a response arrives in one piece.
    Extended,
    /// One byte: longer commands and responses are chained.
    Short,
}

/// Command into which the reader inserts the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinPadCommand<'a> {
    /// The command, with padding in place of the PIN.
    pub template: &'a [u8],
    /// Minimum number of characters.
    pub min: u8,
    /// Maximum number of characters.
    pub max: u8,
}

impl<'a> PinPadCommand<'a> {
    /// Creates a command with a PIN of `min` to `max` characters.
    #[must_use]
    pub fn new(template: &'a [u8], min: u8, max: u8) -> Self {
        Self { template, min, max }
    }
}
