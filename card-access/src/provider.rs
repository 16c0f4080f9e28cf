//! A backend: one way of reaching tokens.

use std::time::Duration;

use crate::{Backend, Error, Event, Monitor, Token, TokenId, TokenInfo};

/// A backend: the PC/SC service, PKCS#11 modules, key files, memory.
///
/// Its own methods block until the slowest of its readers or modules has answered, which suits programs that use a single
/// one. [`Cards`](crate::Cards) puts several backends together, and asks each of their [sources](crate::Source) by itself.
pub trait Provider: Send {
    /// The kind of backend.
    fn backend(&self) -> Backend;

    /// Whether a token is one of this backend's, as far as its id tells. No token is asked.
    fn owns(&self, id: &TokenId) -> bool {
        id.backend() == self.backend()
    }

    /// What [`Cards`](crate::Cards) follows this backend with. The provider opens tokens independently of it.
    fn monitor(&mut self) -> Box<dyn Monitor>;

    /// The tokens present now, and the places whose token could not be read. Blocks until every source has answered or
    /// failed.
    ///
    /// # Errors
    ///
    /// Only what concerns the provider as a whole, such as [`NoService`](crate::ErrorKind::NoService) or
    /// [`NoReader`](crate::ErrorKind::NoReader). What concerns one reader or slot is a [`Problem`] of the listing.
    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error>;

    /// Opens exactly the token that was listed.
    ///
    /// # Errors
    ///
    /// [`OtherCard`](crate::ErrorKind::OtherCard) when another card is now in its place, and
    /// [`NoCard`](crate::ErrorKind::NoCard) when the place is empty.
    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error>;

    /// Waits until a token or a reader comes or goes, at most for `timeout`; an empty answer means that nothing did.
    ///
    /// # Errors
    ///
    /// Only what makes watching impossible. That a service does not run is an [`Event`], not an error.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error>;
}

/// What was found, beside what could not be read: one bad token or object never hides the good ones.
///
/// ```
/// use card_access::{Error, ErrorKind, Listing};
///
/// let mut listing = Listing::default();
/// listing.record("9a", Ok("a certificate"));
/// listing.record("9c", Err(Error::from(ErrorKind::Malformed { what: "certificate object" })));
///
/// let mut all = Listing::default();
/// all.append(listing);
/// assert_eq!(all.found, ["a certificate"]);
/// assert_eq!(all.problems[0].place, "9c");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Listing<T> {
    /// Everything that could be read.
    pub found: Vec<T>,
    /// Everything that could not, with its reason.
    pub problems: Vec<Problem>,
}

/// One place that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Problem {
    /// The reader, PKCS#11 slot or key slot.
    pub place: String,
    /// What was wrong there.
    pub error: Error,
}

impl<T> Listing<T> {
    /// Adds a result: to what was found, or to the problems.
    pub fn record(&mut self, place: impl Into<String>, result: Result<T, Error>) {
        match result {
            Ok(found) => self.found.push(found),
            Err(error) => self.problems.push(Problem {
                place: place.into(),
                error,
            }),
        }
    }

    /// Adds another listing to this one.
    pub fn append(&mut self, mut other: Self) {
        self.found.append(&mut other.found);
        self.problems.append(&mut other.problems);
    }
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            problems: Vec::new(),
        }
    }
}
