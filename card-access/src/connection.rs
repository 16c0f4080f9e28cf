//! Connections to cards, and transactions on them.

use crate::Error;

/// A connection to a card: PC/SC, NFC, a remote reader, a recording.
///
/// [`PivToken`](crate::piv::PivToken) needs nothing else. Commands are sent in a [`CardTransaction`], which only
/// [`begin`](Self::begin) gives; a connection by itself sends none.
///
/// A connection around another one, which counts the commands:
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
/// Nothing has a default: a transaction that cannot be ended, for example, does not compile.
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
    /// Begins a transaction: until its end no other program reaches the card.
    ///
    /// The caller selects the application afterwards, so a reset by another program in between does no harm. After one, the
    /// connection is established anew here, and the result says so.
    ///
    /// # Errors
    ///
    /// Those of [`CardTransaction::transmit`], and [`Busy`](crate::ErrorKind::Busy) while another program holds the card.
    fn begin(&mut self) -> Result<NewTransaction<'_>, Error>;

    /// The longest APDUs that both card and reader take.
    fn apdu_length(&self) -> ApduLength;
}

/// A transaction that has begun, and whether the card in it is certainly the one of the transaction before.
pub enum NewTransaction<'a> {
    /// The connection was established anew, because another program had reset the card. Another card may be there: before it gets
    /// a PIN, the caller makes sure that it is the same one.
    Reconnected(Box<dyn CardTransaction + 'a>),
    /// The connection is that of the transaction before, or this is the first one.
    SameCard(Box<dyn CardTransaction + 'a>),
}

impl<'a> NewTransaction<'a> {
    /// Puts another transaction around the one that has begun.
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

/// A transaction with a card.
pub trait CardTransaction {
    /// Sends one command APDU and returns the response APDU (ISO/IEC 7816-3 section 12), status word included.
    ///
    /// # Errors
    ///
    /// [`Removed`](crate::ErrorKind::Removed), [`CardReset`](crate::ErrorKind::CardReset) or
    /// [`TimedOut`](crate::ErrorKind::TimedOut) if no response came. A status word that reports an error is a response.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error>;

    /// Lets the user type the PIN on the reader, which fills it into the command, sends it and returns the response.
    ///
    /// # Errors
    ///
    /// Those of [`transmit`](Self::transmit), and [`Unsupported`](crate::ErrorKind::Unsupported) if the reader has no keys.
    fn transmit_with_pin_pad(&mut self, command: PinPadCommand<'_>) -> Result<Vec<u8>, Error>;

    /// Ends the transaction. Errors are ignored: the caller could not act on them.
    fn end(self: Box<Self>, disposition: Disposition);
}

/// State in which a transaction leaves the card, in PC/SC's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// As it is.
    Leave,
    /// Reset, because a verified PIN could not be forgotten in another way.
    Reset,
}

/// Length fields of APDUs (ISO/IEC 7816-3 section 12.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApduLength {
    /// Three bytes: a response in one piece.
    Extended,
    /// One byte: longer commands and responses are chained.
    Short,
}

/// A command whose PIN the reader fills in.
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
    /// A command with a PIN of `min` to `max` characters.
    #[must_use]
    pub fn new(template: &'a [u8], min: u8, max: u8) -> Self {
        Self { template, min, max }
    }
}
