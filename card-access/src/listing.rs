//! Listings: results, and the places that could not be read.

use crate::Error;

/// Results of a listing, and the places that could not be read. One bad token or object never hides the good ones.
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
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Listing<T> {
    /// Entries that could be read.
    pub found: Vec<T>,
    /// Places that could not be read, with the reason.
    pub problems: Vec<Problem>,
}

/// A place that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Problem {
    /// Reader, PKCS#11 slot or key slot.
    pub place: String,
    /// Reason.
    pub error: Error,
}

impl Problem {
    /// Creates a problem at a place.
    #[must_use]
    pub fn new(place: impl Into<String>, error: impl Into<Error>) -> Self {
        Self {
            place: place.into(),
            error: error.into(),
        }
    }
}

impl<T> Listing<T> {
    /// Adds a result to the entries or to the problems.
    pub fn record(&mut self, place: impl Into<String>, result: Result<T, Error>) {
        match result {
            Ok(found) => self.found.push(found),
            Err(error) => self.problems.push(Problem::new(place, error)),
        }
    }

    /// Appends another listing.
    pub fn append(&mut self, mut other: Self) {
        self.found.append(&mut other.found);
        self.problems.append(&mut other.problems);
    }
}

impl<T> From<Vec<T>> for Listing<T> {
    /// Returns a listing without problems.
    fn from(found: Vec<T>) -> Self {
        Self {
            found,
            problems: Vec::new(),
        }
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
