//! Cards through the system's PC/SC service: pcsc-lite on Linux, the system's own on macOS and Windows.

mod connection;
mod failure;
mod features;
mod progress;
mod reader;
mod readers;
mod service;
mod token;
mod visit;
mod watch;

use std::{ffi::CStr, thread, time::Duration};

use connection::Connection;
use progress::Progress;
use readers::{Reader, Readers};
use token::PcscToken;
use watch::Occupancy;

use crate::{
    Backend, Error, ErrorKind, Event, ListRequest, Listing, Monitor, Provider, Token, TokenId, TokenInfo,
    TokenSource,
    piv::{BY_MODEL, Identifiers, ObjectCache, PivToken},
    slot::Hex,
    spans,
};

/// Cards of the PC/SC service.
///
/// ```no_run
/// use card_access::{Provider, pcsc::PcscProvider, piv::ObjectCache};
///
/// let patient = 2 * PcscProvider::DEFAULT_TIME_LIMIT;
/// let seen_before = ObjectCache::new(); // certificates, for other providers to share
/// let mut cards = PcscProvider::new().with_cache(seen_before.clone()).with_time_limit(patient);
/// for token in cards.tokens()?.found {
///     println!("{} in {}", token.name, token.id.place());
///     if let Some(chuid) = cards.identifiers(&token.id)?.chuid {
///         println!("expiration date: {}", chuid.expiration_date().unwrap_or("unknown"));
///     }
/// }
/// # Ok::<(), card_access::Error>(())
/// ```
pub struct PcscProvider {
    cache: ObjectCache,
    limit: Duration,
    readers: Readers,
}

impl PcscProvider {
    /// Time limit for a single answer of a card or reader, unless it was [set](Self::with_time_limit). RSA on a slow card takes
    /// seconds, and a user needs some to touch a key.
    pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(30);

    /// Creates a provider. The service is not asked before the first call.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limit: Self::DEFAULT_TIME_LIMIT,
            readers: Readers::new(),
            cache: ObjectCache::new(),
        }
    }

    /// Shares a cache of certificates with other providers. Without it, the provider has its own cache.
    #[must_use]
    pub fn with_cache(self, cache: ObjectCache) -> Self {
        Self { cache, ..self }
    }

    /// Sets the time limit for a single answer. A whole operation may take at most twenty times as long.
    #[must_use]
    pub fn with_time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Reads the identifiers of a PIV card.
    ///
    /// # Errors
    ///
    /// Errors of [`open`](Provider::open).
    pub fn identifiers(&mut self, id: &TokenId) -> Result<Identifiers, Error> {
        spans::on("identifiers", id, || {
            let mut token = self.open_piv(id)?;
            let answer = token.connection.run(PivToken::identifiers);
            answer.map_err(|error| error.with_location(id.place()))
        })
    }

    fn list(&mut self) -> Result<Listing<TokenInfo>, Error> {
        let (limit, cache) = (self.limit, &self.cache.clone());
        let (readers, context) = (self.readers.list()?, &spans::Context::current());
        // Readers are slow, but independent of each other: they are asked in parallel.
        thread::scope(|scope| {
            let asked: Vec<_> = readers
                .iter()
                .map(|reader| {
                    (
                        reader,
                        scope.spawn(|| context.run(|| inspect(reader, cache, limit, Progress::default()))),
                    )
                })
                .collect();
            let mut listing = Listing::default();
            for (reader, answer) in asked {
                let answer = answer
                    .join()
                    .unwrap_or_else(|_| Err(ErrorKind::CardFailed.into()));
                listing.record(watch::text(&reader.name), answer);
            }
            Ok(listing)
        })
    }

    fn open_piv(&self, id: &TokenId) -> Result<PcscToken, Error> {
        let reader = watch::name(id.place())?;
        let here = |error: Error| error.with_location(id.place());
        let mut token = connect(&reader, &self.cache, self.limit, Progress::default()).map_err(here)?;
        if let Some(expected) = id.identity() {
            let (identity, other_card) = identify(&mut token).map_err(here)?;
            if identity != expected {
                return Err(here(other_card));
            }
        }
        Ok(token)
    }
}

impl Default for PcscProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for PcscProvider {
    fn backend(&self) -> Backend {
        Backend::PcSc
    }

    fn monitor(&mut self) -> Box<dyn Monitor> {
        Box::new(PcscMonitor {
            cache: self.cache.clone(),
            limit: self.limit,
            readers: Readers::new(),
        })
    }

    /// An empty reader is a problem of the listing, with [`NoCard`](ErrorKind::NoCard).
    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        spans::list(Backend::PcSc.code(), || self.list())
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        spans::on("open", id, || self.open_piv(id)).map(spans::token)
    }

    /// A service that stops or is missing is reported as an event, once, and so is its return.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        self.readers.wait(timeout)
    }
}

/// Each reader is a source.
struct PcscMonitor {
    cache: ObjectCache,
    limit: Duration,
    readers: Readers,
}

impl Monitor for PcscMonitor {
    fn place(&self) -> String {
        String::from("smart card service")
    }

    fn sources(&mut self) -> Result<Vec<TokenSource>, Error> {
        let source = |reader: Reader| {
            let (place, revision) = (watch::text(&reader.name), reader.revision);
            let (cache, limit) = (self.cache.clone(), self.limit);
            let source = TokenSource::new(place, move |request| list(&reader, &cache, limit, request));
            match revision {
                Some(revision) => source.with_revision(revision),
                None => source,
            }
        };
        Ok(self.readers.list()?.into_iter().map(source).collect())
    }

    fn timeout_error(&self) -> ErrorKind {
        ErrorKind::ServiceSilent
    }

    fn notifies(&self) -> bool {
        true
    }

    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        self.readers.wait(timeout)
    }
}

/// Token of a reader. An empty reader or an unsupported card is a result; everything else is a failure, after which the reader
/// is asked again.
fn list(
    reader: &Reader,
    cache: &ObjectCache,
    limit: Duration,
    request: &ListRequest,
) -> Result<Listing<TokenInfo>, Error> {
    let mut listing = Listing::default();
    match inspect(reader, cache, limit, Progress::of(request)) {
        Err(error) if *error.kind() != ErrorKind::UnknownCard && reader.occupancy == Occupancy::Occupied => {
            return Err(error);
        }
        answer => listing.record(watch::text(&reader.name), answer),
    }
    Ok(listing)
}

/// Reads the token of a reader.
fn inspect(
    reader: &Reader,
    cache: &ObjectCache,
    limit: Duration,
    progress: Progress,
) -> Result<TokenInfo, Error> {
    let here = |error: Error| error.with_location(watch::text(&reader.name));
    if reader.occupancy == Occupancy::Empty {
        return Err(here(ErrorKind::NoCard.into()));
    }
    let mut token = connect(&reader.name, cache, limit, progress).map_err(here)?;
    identify(&mut token).map_err(here)?;
    Ok(token.info)
}

fn connect(
    reader: &CStr,
    cache: &ObjectCache,
    limit: Duration,
    progress: Progress,
) -> Result<PcscToken, Error> {
    let (connection, info) = Connection::open(reader.to_owned(), cache.clone(), limit, progress)?;
    Ok(PcscToken { connection, info })
}

/// Reads the card's identity and records it. The error is for a caller who expected another identity.
fn identify(token: &mut PcscToken) -> Result<(String, Error), Error> {
    let (identity, other_card, info) = token.connection.run(|token| {
        // A card without an identity of its own can be distinguished by its model only.
        let identity = token
            .identify()?
            .unwrap_or_else(|| format!("{BY_MODEL}{}", Hex(token.connection().atr())));
        let info = token.info_mut();
        info.id = TokenId::new(Backend::PcSc, info.id.place(), identity.clone());
        let info = info.clone();
        Ok((identity, token.other_card(), info))
    })?;
    token.info = info;
    Ok((identity, other_card))
}
