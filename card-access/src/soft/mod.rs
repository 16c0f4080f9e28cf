//! Cards in memory, for tests: keys, a PIN counter, insertion and removal, planned faults.
//!
//! ```
//! use card_access::{
//!     ErrorKind, Hash, Pin, PinEntry, PivSlot, Provider, Scheme,
//!     soft::{Call, Fault, SoftCard, SoftProvider},
//! };
//!
//! let issued = rcgen::generate_simple_self_signed(["alice".to_owned()])?;
//! let pin = Pin::new("123456".to_owned());
//! let card = SoftCard::new("Alice's card", pin.clone())
//!     .with_key(PivSlot::Authentication, issued.cert.der().clone(), &issued.signing_key.serialize_der())?
//!     .with_fault(Call::Sign, Fault::Reset);
//!
//! let mut cards = SoftProvider::new();
//! cards.insert(card);
//! let listed = cards.tokens()?.found.remove(0);
//! let mut token = cards.open(&listed.id)?;
//! let credential = token.credential(&"9a".parse()?)?;
//! assert_eq!(token.pin_status()?.tries_left(), Some(SoftCard::MAX_TRIES));
//!
//! let scheme = Scheme::EcdsaRaw(Hash::Sha256);
//! let first = token.sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)));
//! assert_eq!(first.unwrap_err().kind(), &ErrorKind::CardReset);
//! let second = token.sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)))?;
//! assert_eq!(second.len(), 64);
//!
//! let card = cards.remove("Alice's card").ok_or("no such card")?;
//! assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::Removed);
//! cards.insert(card.with_tries_left(1));
//! let mut again = cards.open(&listed.id)?;
//! let refused = again.sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)));
//! assert_eq!(refused.unwrap_err().kind(), &ErrorKind::FinalTryRefused);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod card;
mod fault;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use card::SoftCard;
pub use fault::{Call, Fault};

use crate::{
    Backend, Confidence, Credential, Error, ErrorKind, Event, Interface, Listing, Monitor, Pin, PinEntry,
    PinStatus, Provider, Scheme, Token, TokenId, TokenInfo, TokenKind, TokenSource, spans,
};

/// Cards in memory. Clones share them, so that a test can remove a card while another thread signs.
#[derive(Clone, Default)]
pub struct SoftProvider(Arc<World>);

#[derive(Default)]
struct World {
    state: Mutex<State>,
    happened: Condvar,
}

#[derive(Default)]
struct State {
    inserted: Vec<Inserted>,
    events: Vec<Event>,
    insertions: u64,
    /// Incremented when a card is inserted or removed.
    revision: u64,
}

/// A card and the number of its insertion: a card that is inserted again is a new one for those who had opened it.
struct Inserted {
    insertion: u64,
    card: SoftCard,
}

impl SoftProvider {
    /// Creates readers without cards.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Inserts a card, in place of one of the same name.
    pub fn insert(&self, card: SoftCard) {
        drop(self.remove(card.name()));
        let mut state = self.0.state();
        let place = card.name().to_owned();
        state.insertions += 1;
        state.revision += 1;
        let insertion = state.insertions;
        state.inserted.push(Inserted { insertion, card });
        state.events.push(Event::Inserted { place });
        self.0.happened.notify_all();
    }

    /// Removes a card, which can be inserted again.
    #[expect(clippy::must_use_candidate, reason = "the card need not be put back")]
    pub fn remove(&self, name: &str) -> Option<SoftCard> {
        let removed = self.0.state().remove(|inserted| inserted.card.name() == name);
        self.0.happened.notify_all();
        removed
    }
}

impl World {
    fn tokens(&self) -> Listing<TokenInfo> {
        let state = self.state();
        let tokens = state.inserted.iter().map(|inserted| info(&inserted.card));
        Listing {
            found: tokens.collect(),
            problems: Vec::new(),
        }
    }

    fn wait(&self, timeout: Duration) -> Vec<Event> {
        let nothing_yet = |state: &mut State| state.events.is_empty();
        let waited = self
            .happened
            .wait_timeout_while(self.state(), timeout, nothing_yet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.events)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, which: impl Fn(&Inserted) -> bool) -> Option<SoftCard> {
        let index = self.inserted.iter().position(which)?;
        let Inserted { card, .. } = self.inserted.remove(index);
        self.revision += 1;
        self.events.push(Event::Removed {
            place: card.name().to_owned(),
        });
        Some(card)
    }
}

impl Provider for SoftProvider {
    fn backend(&self) -> Backend {
        Backend::Soft
    }

    fn monitor(&mut self) -> Box<dyn Monitor> {
        Box::new(SoftMonitor(Arc::clone(&self.0)))
    }

    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        spans::list(Backend::Soft.code(), || Ok(self.0.tokens()))
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let opened = spans::on("open", id, || {
            let mut state = self.0.state();
            let here = |inserted: &&mut Inserted| inserted.card.name() == id.place();
            let inserted = state.inserted.iter_mut().find(here).ok_or(ErrorKind::NoCard)?;
            inserted.card.meet_fault(Call::Open)?;
            Ok(SoftToken {
                world: Arc::clone(&self.0),
                insertion: inserted.insertion,
                info: info(&inserted.card),
            })
        });
        opened.map(spans::token)
    }

    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        Ok(self.0.wait(timeout))
    }
}

/// All cards in memory form one source.
struct SoftMonitor(Arc<World>);

impl Monitor for SoftMonitor {
    fn place(&self) -> String {
        String::from("memory")
    }

    fn sources(&mut self) -> Result<Vec<TokenSource>, Error> {
        let world = Arc::clone(&self.0);
        let revision = world.state().revision;
        let source = TokenSource::new(self.place(), move |_| Ok(world.tokens()));
        Ok(vec![source.with_revision(revision)])
    }

    fn notifies(&self) -> bool {
        true
    }

    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        Ok(self.0.wait(timeout))
    }
}

fn info(card: &SoftCard) -> TokenInfo {
    let mut info = TokenInfo::new(TokenId::new(Backend::Soft, card.name(), card.name()), card.name());
    info.kind = Confidence::Reported(TokenKind::Virtual);
    info.interface = Confidence::Reported(Interface::None);
    info
}

/// Open card in memory.
struct SoftToken {
    world: Arc<World>,
    insertion: u64,
    info: TokenInfo,
}

impl SoftToken {
    /// Accesses the card, unless it was removed since it was opened. A planned removal happens here.
    fn with_card<R>(&self, body: impl FnOnce(&mut SoftCard) -> Result<R, Error>) -> Result<R, Error> {
        let mut state = self.world.state();
        let this = |inserted: &Inserted| inserted.insertion == self.insertion;
        let inserted = state
            .inserted
            .iter_mut()
            .find(|inserted| this(inserted))
            .ok_or(ErrorKind::Removed)?;
        let result = body(&mut inserted.card).map_err(|error| error.with_location(self.info.id.place()));
        if result
            .as_ref()
            .is_err_and(|error| *error.kind() == ErrorKind::Removed)
        {
            state.remove(this);
            self.world.happened.notify_all();
        }
        result
    }
}

impl Token for SoftToken {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.with_card(|card| {
            card.meet_fault(Call::Credentials)?;
            Ok(Listing {
                found: card.credentials(),
                problems: Vec::new(),
            })
        })
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.with_card(|card| {
            card.meet_fault(Call::PinStatus)?;
            Ok(card.pin_status())
        })
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        self.with_card(|card| card.sign(credential, scheme, message, pin))
    }

    fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        self.with_card(|card| card.change_pin(current, new))
    }
}
