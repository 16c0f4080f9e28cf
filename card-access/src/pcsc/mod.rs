//! Cards through the system's PC/SC service: pcsc-lite's on Linux, the system's own on macOS and Windows.

mod connection;
mod failure;
mod features;
mod progress;
mod reader;
mod service;
mod token;
mod watch;

use std::{
    ffi::CStr,
    thread,
    time::{Duration, Instant},
};

use connection::Connection;
use service::OnCard;
use token::PcscToken;
use watch::{Occupancy, Watch};

use crate::{
    Backend, Error, ErrorKind, Event, Listing, Provider, Token, TokenId, TokenInfo,
    piv::{BY_MODEL, Identifiers, ObjectCache, PivToken},
    slot::Hex,
};

/// The cards of the PC/SC service.
///
/// ```no_run
/// use card_access::{Provider, pcsc::PcscProvider, piv::ObjectCache};
///
/// let patient = 2 * PcscProvider::TIME_LIMIT;
/// let seen_before = ObjectCache::new(); // certificates, for other providers to share
/// let mut cards = PcscProvider::new().cache(seen_before.clone()).time_limit(patient);
/// for token in cards.tokens()? {
///     println!("{} in {}", token.name, token.id.place());
///     if let Some(chuid) = cards.identifiers(&token.id)?.chuid {
///         println!("it ends on {}", chuid.expiration_date().unwrap_or("a day that it does not tell"));
///     }
/// }
/// # Ok::<(), card_access::Error>(())
/// ```
pub struct PcscProvider {
    cache: ObjectCache,
    limit: Duration,
    watching: Watching,
}

/// How far the watch over the readers has come.
enum Watching {
    /// There is no service, and that was told.
    Lost,
    NotYet,
    On(Watch),
}

impl PcscProvider {
    /// No single answer of a card or reader is awaited longer than this, unless
    /// [told otherwise](Self::time_limit). RSA on a slow card takes seconds, and a user needs some to touch a key.
    pub const TIME_LIMIT: Duration = Duration::from_secs(30);

    /// The service is not asked before the first call.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limit: Self::TIME_LIMIT,
            watching: Watching::NotYet,
            cache: ObjectCache::new(),
        }
    }

    /// Shares a cache of certificates with others, or brings one of an earlier provider along. Without it, the provider
    /// has a cache of its own.
    #[must_use]
    pub fn cache(self, cache: ObjectCache) -> Self {
        Self { cache, ..self }
    }

    /// Waits at most so long for any single answer, and at most twenty times as long for an operation as a whole.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Reads what a PIV card says of itself beside its keys.
    ///
    /// # Errors
    ///
    /// As [`open`](Provider::open).
    pub fn identifiers(&mut self, id: &TokenId) -> Result<Identifiers, Error> {
        // As a function of its own, it is one for every lifetime of the card.
        fn read(card: &mut PivToken<OnCard<'_>>) -> Result<Identifiers, Error> {
            card.identifiers()
        }
        let mut token = self.open_piv(id)?;
        let answer = token.connection.run(read);
        answer.map_err(|error| error.with_location(id.place()))
    }

    fn open_piv(&self, id: &TokenId) -> Result<PcscToken, Error> {
        let reader = watch::name(id.place())?;
        let here = |error: Error| error.with_location(id.place());
        let mut token = connect(&reader, &self.cache, self.limit).map_err(here)?;
        #[cfg(feature = "tracing")]
        tracing::debug!(reader = id.place(), "connected to a card");
        if let Some(expected) = id.identity() {
            let (identity, other_card) = identify(&mut token).map_err(here)?;
            if identity != expected {
                return Err(here(other_card));
            }
        }
        Ok(token)
    }

    /// Waits for a service that is not there.
    fn wait_for_service(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        const PAUSE: Duration = Duration::from_millis(200);
        let begun = Instant::now();
        loop {
            match Watch::start() {
                Ok(watch) => {
                    self.watching = Watching::On(watch);
                    return Ok(vec![Event::ServiceStarted]);
                }
                Err(error) if *error.kind() != ErrorKind::NoService => return Err(error),
                Err(_) => {}
            }
            match timeout.checked_sub(begun.elapsed()) {
                Some(left) if !left.is_zero() => thread::sleep(left.min(PAUSE)),
                _ => return Ok(Vec::new()),
            }
        }
    }
}

impl Default for PcscProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for PcscProvider {
    /// An empty reader is a problem of the listing, with [`NoCard`](ErrorKind::NoCard).
    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        let (limit, cache) = (self.limit, &self.cache.clone());
        // A new watch each time: an old one would not survive a restart of the service.
        let watch = Watch::start()?;
        let readers: Vec<_> = watch
            .readers()
            .map(|(name, state)| (name.clone(), state))
            .collect();
        // Whoever was told that the service stopped is still to be told that it is back.
        if !matches!(self.watching, Watching::Lost) {
            self.watching = Watching::On(watch);
        }
        if readers.is_empty() {
            return Err(ErrorKind::NoReader.into());
        }
        // Readers are slow, each for itself: they are asked side by side.
        thread::scope(|scope| {
            let asked: Vec<_> = readers
                .iter()
                .map(|(name, state)| (name, scope.spawn(move || inspect(name, *state, cache, limit))))
                .collect();
            let mut listing = Listing::default();
            for (name, answer) in asked {
                let answer = answer
                    .join()
                    .unwrap_or_else(|_| Err(ErrorKind::CardFailed.into()));
                listing.file(watch::text(name), answer);
            }
            Ok(listing)
        })
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        Ok(Box::new(self.open_piv(id)?))
    }

    /// A service that goes away or is not there is an event, once, and so is its coming.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let events = match &mut self.watching {
            Watching::Lost => return self.wait_for_service(timeout),
            Watching::NotYet => Watch::start().and_then(|mut watch| {
                let events = watch.wait(timeout);
                self.watching = Watching::On(watch);
                events
            }),
            Watching::On(watch) => watch.wait(timeout),
        };
        match events {
            Err(error) if *error.kind() == ErrorKind::NoService => {
                self.watching = Watching::Lost;
                Ok(vec![Event::ServiceStopped])
            }
            events => events,
        }
    }
}

/// What is in a reader.
fn inspect(
    reader: &CStr,
    state: Occupancy,
    cache: &ObjectCache,
    limit: Duration,
) -> Result<TokenInfo, Error> {
    if state == Occupancy::Empty {
        return Err(Error::from(ErrorKind::NoCard).with_location(watch::text(reader)));
    }
    let here = |error: Error| error.with_location(watch::text(reader));
    let mut token = connect(reader, cache, limit).map_err(here)?;
    identify(&mut token).map_err(here)?;
    Ok(token.info)
}

fn connect(reader: &CStr, cache: &ObjectCache, limit: Duration) -> Result<PcscToken, Error> {
    let (connection, info) = Connection::open(reader.to_owned(), cache.clone(), limit)?;
    Ok(PcscToken { connection, info })
}

/// Reads what tells the card from others, and notes it. The error is for whoever expected another identity.
fn identify(token: &mut PcscToken) -> Result<(String, Error), Error> {
    let (identity, other_card, info) = token.connection.run(|token| {
        // A card that shows nothing of the kind is told from others no better than by its model.
        let identity = token
            .identify()?
            .unwrap_or_else(|| format!("{BY_MODEL}{}", Hex(token.transport().atr())));
        let info = token.info_mut();
        info.id = TokenId::new(Backend::PcSc, info.id.place(), identity.clone());
        let info = info.clone();
        Ok((identity, token.other_card(), info))
    })?;
    token.info = info;
    Ok((identity, other_card))
}
