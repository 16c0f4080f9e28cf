//! Replacement of the spans without the feature `tracing`: does nothing.

use crate::{Error, Listing, Token, TokenId};

pub(crate) fn token(token: impl Token + 'static) -> Box<dyn Token> {
    Box::new(token)
}

pub(crate) fn list<T>(
    _backend: &'static str,
    body: impl FnOnce() -> Result<Listing<T>, Error>,
) -> Result<Listing<T>, Error> {
    body()
}

pub(crate) fn cards<T>(body: impl FnOnce() -> T, _counts: impl FnOnce(&T) -> [usize; 3]) -> T {
    body()
}

pub(crate) fn on<T>(
    _name: &'static str,
    _id: &TokenId,
    body: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    body()
}

pub(crate) fn source<T>(
    _place: &str,
    body: impl FnOnce() -> Result<Listing<T>, Error>,
) -> Result<Listing<T>, Error> {
    body()
}

pub(crate) fn transaction<T>(_place: &str, body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    body()
}

pub(crate) fn failed(_error: &Error) {}

pub(crate) fn command(_header: &[u8], _sent: usize, _received: usize, _status: impl std::fmt::Debug) {}

/// Nothing, to be carried to another thread.
#[derive(Clone)]
pub(crate) struct Context;

impl Context {
    pub(crate) fn current() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as with spans")]
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        body()
    }
}
