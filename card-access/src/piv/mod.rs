//! PIV card application: NIST [SP 800-73-5](https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final), over any connection.
//!
//! A token over your own connection:
//!
//! ```
//! use card_access::{
//!     Backend, CardConnection, Error, Hash, Pin, PinEntry, Scheme, Token, TokenId, TokenInfo,
//!     piv::PivToken,
//! };
//!
//! fn sign(card: impl CardConnection, pin: &Pin, message: &[u8]) -> Result<Vec<u8>, Error> {
//!     let id = TokenId::any_at(Backend::PcSc, "remote reader");
//!     let mut token = PivToken::new(card, TokenInfo::new(id, "PIV card"));
//!     let credential = token.credential(&"9a".parse().expect("a slot"))?;
//!     let scheme = Scheme::RsaPkcs1(Hash::Sha256);
//!     token.sign(&credential, scheme, message, Some(PinEntry::typed(pin)))
//! }
//! ```

mod apdu;
mod capability;
mod known;
mod objects;
mod pin;
mod session;
mod sign;
mod signature;
mod status;
mod token;
mod yubico;

pub use capability::{CapabilityContainer, CardIdentifier};
pub use known::{KnownCards, KnownCardsError};
pub use objects::Chuid;

use crate::{CardConnection, Error, TokenInfo, TokenKind, Traffic, connection::NewTransaction, spans};
use apdu::Channel;
use objects::Tag;
#[cfg(feature = "pcsc")]
pub(crate) use session::BY_MODEL;
use session::{CardState, Session};
#[cfg(feature = "pcsc")]
pub(crate) use signature::{Prepare, SignOrder};

/// Application identifier without its version (SP 800-73-5 part 1 section 2.2).
const APPLICATION: [u8; 9] = [0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];

/// Card with the PIV application, over any [`CardConnection`].
///
/// Every call is one transaction. It begins by making sure that the application is selected and, after a reset by another
/// program, that the card is the same. It ends with the PIN cleared. Over PC/SC, [`Token::prepare`](crate::Token::prepare) keeps
/// a transaction open.
pub struct PivToken<C> {
    connection: C,
    state: CardState,
    traffic: Traffic,
}

/// Identifiers of a card; `None` for those that are absent or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identifiers {
    /// Cardholder unique identifier: GUID, FASC-N, expiration date.
    pub chuid: Option<Chuid>,
    /// Card capability container.
    pub capability_container: Option<CapabilityContainer>,
}

impl<C: CardConnection> PivToken<C> {
    /// Creates a token from a connection. Nothing is sent yet.
    #[must_use]
    pub fn new(connection: C, info: TokenInfo) -> Self {
        Self {
            connection,
            state: CardState::new(info),
            traffic: Traffic::default(),
        }
    }

    /// Sets the cards seen before.
    #[must_use]
    pub fn with_known_cards(mut self, known: KnownCards) -> Self {
        self.state.known = known;
        self
    }

    /// Reads the cardholder unique identifier, which identifies the card.
    ///
    /// # Errors
    ///
    /// [`UnknownCard`](crate::ErrorKind::UnknownCard) if the card has no PIV application.
    pub fn chuid(&mut self) -> Result<Option<Chuid>, Error> {
        self.transaction(|session| {
            let interface = session.state.info.interface.value();
            let object = objects::read(&mut session.channel, Tag::CHUID, interface)?;
            Ok(object.map(|object| Chuid::parse(&object)))
        })
    }

    /// Reads the identifiers of the card.
    ///
    /// # Errors
    ///
    /// Errors of [`chuid`](Self::chuid).
    pub fn identifiers(&mut self) -> Result<Identifiers, Error> {
        self.transaction(|session| {
            let chuid = objects::read_optional(&mut session.channel, Tag::CHUID)?;
            let container = objects::read_optional(&mut session.channel, Tag::CAPABILITY_CONTAINER)?;
            Ok(Identifiers {
                chuid: chuid.map(|object| Chuid::parse(&object)),
                capability_container: container.map(|object| CapabilityContainer::parse(&object)),
            })
        })
    }

    /// Reads the identity of the card and records it in its [`TokenInfo`]: the GUID of its CHUID, or the FASC-N, or else the
    /// serial number; `None` if it has none of these.
    ///
    /// # Errors
    ///
    /// Errors of [`chuid`](Self::chuid).
    pub fn identify(&mut self) -> Result<Option<String>, Error> {
        self.transaction(|session| {
            let identity = session.read_chuid_identity()?;
            // Only a card without a CHUID or a security key is asked for more: others may not tolerate unknown commands.
            let security_key = session.state.info.kind.value() == Some(TokenKind::SecurityKey);
            let serial = if security_key || identity.is_none() {
                session.state.info.firmware =
                    yubico::version(&mut session.channel)?.map(|v| format!("{}.{}.{}", v[0], v[1], v[2]));
                session.read_serial()?
            } else {
                None
            };
            let identity = identity.or_else(|| serial.clone());
            session.state.info.serial = serial.or_else(|| identity.clone());
            Ok(identity)
        })
    }

    /// Connection to the card.
    pub fn connection(&self) -> &C {
        &self.connection
    }

    /// Returns the connection.
    #[must_use]
    pub fn into_connection(self) -> C {
        self.connection
    }

    /// Properties of the card, which the caller may complete.
    pub fn info_mut(&mut self) -> &mut TokenInfo {
        &mut self.state.info
    }

    /// Error for a card without the expected identity: the identity could not be read, or it is another card.
    #[cfg(feature = "pcsc")]
    pub(crate) fn other_card(&self) -> Error {
        self.state.other_card()
    }

    fn place(&self) -> String {
        self.state.info.id.place().to_owned()
    }

    /// Number of commands and bytes so far.
    pub(crate) fn sent(&self) -> Traffic {
        self.traffic
    }

    /// Begins a transaction, selects the application, runs `body`, and ends the transaction.
    fn transaction<R>(
        &mut self,
        body: impl FnOnce(&mut Session<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let place = self.place();
        spans::transaction(&place, || {
            let length = self.connection.apdu_length();
            let (transaction, reconnected) = match self.connection.begin()? {
                NewTransaction::Reconnected(transaction) => (transaction, true),
                NewTransaction::SameCard(transaction) => (transaction, false),
            };
            let channel = Channel::new(transaction, length, &mut self.traffic);
            let mut session = Session::new(channel, &mut self.state);
            let started = if reconnected {
                session.restart()
            } else {
                session.select()
            };
            let result = started.and_then(|()| body(&mut session));
            session.end();
            result.map_err(|error| error.with_location(&place))
        })
    }
}
