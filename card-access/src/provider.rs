//! A backend: one way of reaching tokens.

use std::time::Duration;

use crate::{Backend, Error, Event, Listing, Monitor, Token, TokenId, TokenInfo};

/// A backend: the PC/SC service, PKCS#11 modules, key files, memory.
///
/// Its own methods block until the slowest of its readers or modules has answered, which suits programs that use a single
/// one. [`Cards`](crate::Cards) puts several backends together, and asks each of their [sources](crate::TokenSource) by itself.
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
    /// [`NoReader`](crate::ErrorKind::NoReader). What concerns one reader or slot is a [`Problem`](crate::Problem) of the listing.
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
