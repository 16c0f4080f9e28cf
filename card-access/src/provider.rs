//! Backends.

use std::time::Duration;

use crate::{Backend, Error, Event, Listing, Monitor, Token, TokenId, TokenInfo};

/// A backend: the PC/SC service, PKCS#11 modules, key files, memory.
///
/// The methods block until the slowest reader or module has answered, which suits programs with a single backend.
/// [`Cards`](crate::Cards) combines several backends, and asks each of their [sources](crate::TokenSource) separately.
pub trait Provider: Send {
    /// Kind of backend.
    fn backend(&self) -> Backend;

    /// Whether an identifier belongs to this backend. No token is asked.
    fn owns(&self, id: &TokenId) -> bool {
        id.backend() == self.backend()
    }

    /// Monitor through which [`Cards`](crate::Cards) follows this backend. The provider opens tokens independently of it.
    fn monitor(&mut self) -> Box<dyn Monitor>;

    /// Tokens present now, and the places whose token could not be read. Blocks until every source has answered or failed.
    ///
    /// # Errors
    ///
    /// Fails only for what concerns the provider as a whole, such as [`NoService`](crate::ErrorKind::NoService) or
    /// [`NoReader`](crate::ErrorKind::NoReader). A failure of one reader or slot is a [`Problem`](crate::Problem) of the
    /// listing.
    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error>;

    /// Opens a token, exactly the one that was listed.
    ///
    /// # Errors
    ///
    /// [`OtherCard`](crate::ErrorKind::OtherCard) if another card has taken its place, and [`NoCard`](crate::ErrorKind::NoCard)
    /// if the place is empty.
    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error>;

    /// Waits until a token or a reader comes or goes, at most for `timeout`. An empty result means that nothing changed.
    ///
    /// # Errors
    ///
    /// Fails only if watching is impossible. A service that is not running is an [`Event`], not an error.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error>;
}
