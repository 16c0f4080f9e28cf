//! Cards through the system's PC/SC service: pcsc-lite on Linux, the system's own on macOS and Windows.

mod connection;
mod failure;
mod features;
mod progress;
mod reader;
mod readers;
mod service;
mod sized;
mod token;
mod visit;
mod watch;

use std::{ffi::CStr, sync::mpsc::channel, thread, time::Duration};

use connection::Connection;
use progress::Progress;
use readers::{Reader, Readers};
use token::PcscToken;
use watch::Occupancy;

use crate::{
    Backend, Error, ErrorKind, Event, ListRequest, Listing, Monitor, Provider, Token, TokenId, TokenInfo,
    TokenSource,
    piv::{BY_MODEL, Identifiers, KnownCards, PivToken},
    slot::Hex,
    spans,
};

/// Cards of the PC/SC service.
///
/// ```no_run
/// use card_access::{Provider, pcsc::PcscProvider, piv::KnownCards};
///
/// let patient = 2 * PcscProvider::DEFAULT_TIME_LIMIT;
/// let seen_before = KnownCards::new(); // or those of earlier runs: `KnownCards::from_bytes`
/// let mut cards = PcscProvider::new().with_known_cards(seen_before.clone()).with_time_limit(patient);
/// for token in cards.tokens()?.found {
///     println!("{} in {}", token.name, token.id.place());
///     if let Some(chuid) = cards.identifiers(&token.id)?.chuid {
///         println!("expiration date: {}", chuid.expiration_date().unwrap_or("unknown"));
///     }
/// }
/// # Ok::<(), card_access::Error>(())
/// ```
pub struct PcscProvider {
    known: KnownCards,
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
            known: KnownCards::new(),
        }
    }

    /// Sets the cards seen before, in this run of the program or in earlier ones. Other providers may have the same.
    #[must_use]
    pub fn with_known_cards(self, known: KnownCards) -> Self {
        Self { known, ..self }
    }

    /// Sets the time limit for a single answer. A whole operation may take at most twenty times as long.
    #[must_use]
    pub fn with_time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Names of the readers that contain a card, whether it is a PIV card or not. No command is sent to the cards.
    ///
    /// The only card can be opened by the name of its reader, which saves the commands of a listing:
    ///
    /// ```no_run
    /// use card_access::{Backend, Error, ErrorKind, Provider, Token, TokenId, pcsc::PcscProvider};
    ///
    /// fn only_card() -> Result<Box<dyn Token>, Error> {
    ///     let mut cards = PcscProvider::new();
    ///     match &*cards.occupied_readers()? {
    ///         [reader] => cards.open(&TokenId::any_at(Backend::PcSc, reader)),
    ///         _ => Err(ErrorKind::NoCard.into()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoReader`](ErrorKind::NoReader), [`NoService`](ErrorKind::NoService), or [`ServiceSilent`](ErrorKind::ServiceSilent) if the
    /// service does not answer within the time limit.
    pub fn occupied_readers(&self) -> Result<Vec<String>, Error> {
        let (sender, answer) = channel();
        let asking = thread::Builder::new()
            .name(String::from("card-access"))
            .spawn(move || {
                // The receiver is gone after the time limit.
                let _ = sender.send(Readers::new().list());
            })
            .map_err(|error| Error::from(ErrorKind::CardFailed).with_source(error))?;
        let readers = answer
            .recv_timeout(self.limit)
            .map_err(|_| ErrorKind::ServiceSilent)?;
        // It has released its connection to the service when it ends.
        let _ = asking.join();
        let readers = readers?.into_iter();
        let occupied = readers.filter(|reader| reader.occupancy == Occupancy::Occupied);
        Ok(occupied.map(|reader| watch::text(&reader.name)).collect())
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
        let (limit, known) = (self.limit, &self.known.clone());
        let (readers, context) = (self.readers.list()?, &spans::Context::current());
        // Readers are slow, but independent of each other: they are asked in parallel.
        thread::scope(|scope| {
            let asked: Vec<_> = readers
                .iter()
                .map(|reader| {
                    (
                        reader,
                        scope.spawn(|| context.run(|| inspect(reader, known, limit, Progress::default()))),
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
        let mut token = connect(&reader, &self.known, self.limit, Progress::default()).map_err(here)?;
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
            known: self.known.clone(),
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
    known: KnownCards,
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
            let (known, limit) = (self.known.clone(), self.limit);
            let source = TokenSource::new(place, move |request| list(&reader, &known, limit, request));
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
    known: &KnownCards,
    limit: Duration,
    request: &ListRequest,
) -> Result<Listing<TokenInfo>, Error> {
    let mut listing = Listing::default();
    match inspect(reader, known, limit, Progress::of(request)) {
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
    known: &KnownCards,
    limit: Duration,
    progress: Progress,
) -> Result<TokenInfo, Error> {
    let here = |error: Error| error.with_location(watch::text(&reader.name));
    if reader.occupancy == Occupancy::Empty {
        return Err(here(ErrorKind::NoCard.into()));
    }
    let mut token = connect(&reader.name, known, limit, progress).map_err(here)?;
    identify(&mut token).map_err(here)?;
    Ok(token.info)
}

fn connect(
    reader: &CStr,
    known: &KnownCards,
    limit: Duration,
    progress: Progress,
) -> Result<PcscToken, Error> {
    let (connection, info) = Connection::open(reader.to_owned(), known.clone(), limit, progress)?;
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
